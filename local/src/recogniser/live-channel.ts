import type { LiveStreamSettings } from "../live/recogniser";
import { NEVER } from "./hear";
import { RecentSound, secondsAt, windowsIn } from "./live-sound";
import { LiveText } from "./live-text";
import type { Model } from "./model";
import type { LiveEvent } from "./protocol";
import { recognise, type Said } from "./recognise";
import { isSpeech } from "./segments";
import { FINAL, type Pause, type Turns, USUAL } from "./turns";

/** Less is a click. */
const PROOF = windowsIn(0.09);
/** Sounds at the edges of words are softer than what the detector takes for speech. */
const MARGIN = windowsIn(0.2);
/** After so much silence the utterance is recognised as if it were over: mostly it is, and then its text is there. */
const GUESS = windowsIn(0.16);
/** People pause so long within a sentence; cutting there costs words. */
const SHORTEST_END = 0.3;
/** A pause so long parts what is recognised at once, even within an utterance. */
const PAUSE = windowsIn(0.5);
/** The more is recognised at once, the longer it takes, and more than some 14 s makes the model drop words. */
const LONGEST = windowsIn(6);
/** The last part of a stretch that is cut in running speech, in which the quietest place is looked for. */
const CUT = windowsIn(2);

/** What channels of all streams have in common. */
export interface Shared {
  model: () => Promise<Model>;
  turns: Turns;
  /** Channels on which somebody is speaking. */
  talkers: Set<unknown>;
}

/** Recognition of a stretch that may turn out not to be wanted. */
interface Attempt {
  said: Promise<Said[]>;
  drop: () => void;
}

/** An utterance under way. Places are windows. */
interface Open {
  text: LiveText;
  from: number;
  /** where the stretch begins that is not settled yet */
  stretch: number;
  /** last window with speech */
  voiced: number;
  /** the stretch recognised as if the utterance were over */
  guess?: Attempt;
  partial?: Attempt;
}

/** Makes partials and finals out of one channel of a live stream, as its sound comes in. */
export class LiveChannel {
  readonly #sound = new RecentSound();
  readonly #end: number;
  readonly #maximum: number;
  readonly #attempts = new Set<Attempt>();
  #open: Open | undefined;
  #run = 0;
  #count = 0;
  #told: Promise<void> = Promise.resolve();
  #partialAt = 0;
  #partialTook = 0;

  /**
   * @param index of the channel
   * @param tell told what is heard
   * @param fail told what went wrong
   */
  constructor(
    private readonly index: number,
    private readonly settings: LiveStreamSettings,
    private readonly shared: Shared,
    private readonly tell: (event: LiveEvent) => void,
    private readonly fail: (error: unknown) => void,
  ) {
    this.#end = windowsIn(Math.max(SHORTEST_END, settings.endpointing));
    this.#maximum = windowsIn(settings.maximum_duration_without_endpointing);
  }

  /** First window whose sound may still become words. */
  get unsettled(): number {
    return this.#open?.from ?? this.#sound.length;
  }

  /** Takes the next window and how probably there is speech in it. */
  take(samples: Float32Array, probability: number): void {
    this.#sound.push(samples, probability);
    const open = this.#open;
    if (!open) {
      this.#await(probability);
      return;
    }
    const now = this.#sound.length - 1;
    const silence = now - open.voiced;
    if (isSpeech(probability, silence === 0 || silence === 1)) this.#speech(open, now);
    else if (silence >= this.#end) this.#close(open);
    else if (silence >= GUESS && !open.guess) {
      open.partial?.drop();
      open.guess = this.#attempt(FINAL, open.stretch, open.voiced + 1 + GUESS);
    }
  }

  /** Has another look at what is being said, unless there is no need or no time for it. */
  look(): void {
    const open = this.#open;
    const { talkers } = this.shared;
    if (!open || !this.settings.partials || open.guess || open.partial || talkers.size > MANY) return;
    const pause = talkers.size * Math.max(EVERY, REST * this.#partialTook);
    const from = performance.now();
    if (from - this.#partialAt < pause || this.#sound.length - open.stretch < windowsIn(0.4)) return;
    this.#partialAt = from;
    const { stretch } = open;
    const partial = this.#attempt(USUAL, stretch, this.#sound.length, () => {
      this.#partialAt = performance.now();
    });
    open.partial = partial;
    const seen = partial.said.then((said) => {
      this.#partialTook = performance.now() - this.#partialAt;
      if (this.#open !== open || open.stretch !== stretch || open.guess) return;
      if (open.text.look(said, secondsAt(stretch))) this.#tellText("partial", open.text);
    });
    const over = () => {
      if (open.partial === partial) delete open.partial;
    };
    void seen.catch(this.#unlessDropped).finally(over);
  }

  /** There is no more sound: what was said so far is all. Settles when its final was told. */
  async finish(): Promise<void> {
    if (this.#open) this.#close(this.#open);
    await this.#told;
  }

  /** Stops at once. */
  stop(): void {
    for (const attempt of this.#attempts) attempt.drop();
    this.shared.talkers.delete(this);
    this.#open = undefined;
  }

  /** Waits for speech. */
  #await(probability: number): void {
    const now = this.#sound.length - 1;
    this.#run = isSpeech(probability, this.#run > 0) ? this.#run + 1 : 0;
    this.#sound.forget(now + 1 - PROOF - MARGIN);
    if (this.#run < PROOF) return;
    const start = now + 1 - this.#run;
    this.#run = 0;
    this.shared.talkers.add(this);
    this.tell({ event: "speechStart", time: secondsAt(start), channel: this.index });
    this.#begin(Math.max(this.#sound.first, start - MARGIN), now);
  }

  #begin(from: number, voiced: number): void {
    const id = `${String(this.index).padStart(2, "0")}_${String(this.#count++).padStart(8, "0")}`;
    this.#open = { text: new LiveText(id, this.index), from, stretch: from, voiced };
  }

  /** Somebody is speaking on. */
  #speech(open: Open, now: number): void {
    if (open.guess && now - open.voiced >= PAUSE) this.#settle(open, open.guess, now - GUESS);
    else open.guess?.drop();
    delete open.guess;
    open.voiced = now;
    const length = now + 1 - open.stretch;
    const whole = now + 1 - open.from;
    if (length < LONGEST && whole < this.#maximum) return;
    const cut = this.#sound.quietest(Math.max(open.stretch + length / 2, now + 1 - CUT) | 0, now + 1);
    this.#settle(open, this.#attempt(FINAL, open.stretch, cut), cut);
    if (whole < this.#maximum) return;
    this.#tellFinal(open.text);
    this.#begin(cut, now);
  }

  /** The utterance is over. */
  #close(open: Open): void {
    const end = open.voiced + 1;
    const attempt = open.guess ?? this.#attempt(FINAL, open.stretch, Math.min(this.#sound.length, end + GUESS));
    this.tell({ event: "speechEnd", time: secondsAt(end), channel: this.index });
    this.#settle(open, attempt, this.#sound.length);
    this.#tellFinal(open.text);
    this.shared.talkers.delete(this);
    this.#open = undefined;
  }

  /** What an attempt gives is what was said in the stretch; the next one begins at a window. */
  #settle(open: Open, attempt: Attempt, next: number): void {
    open.partial?.drop();
    open.text.settle(attempt.said, secondsAt(open.stretch), secondsAt(next));
    open.stretch = next;
    this.#sound.forget(Math.min(next, this.#sound.length - MARGIN));
  }

  #tellFinal(text: LiveText): void {
    this.#told = this.#told.then(async () => {
      await text.settled();
      this.#tellText("final", text);
    });
    this.#told.catch(this.#unlessDropped);
  }

  #tellText(event: "partial" | "final", text: LiveText): void {
    const utterance = text.utterance();
    if (utterance) this.tell({ event, utterance });
  }

  /** Recognises windows `from` to before `to` when it is their turn. */
  #attempt(rank: number, from: number, to: number, onBegin: () => void = () => {}): Attempt {
    const { sound, segment } = this.#sound.stretch(from, to);
    let dropped = false;
    const unlessDropped = (pause: Pause) => async () => {
      await pause();
      if (dropped) throw new Dropped();
    };
    const said = this.shared.model().then((model) =>
      this.shared.turns.run(rank, async (pause) => {
        onBegin();
        return recognise(model, sound, segment, NEVER, unlessDropped(pause));
      }),
    );
    const attempt: Attempt = {
      said,
      drop: () => {
        dropped = true;
      },
    };
    this.#attempts.add(attempt);
    void said.catch(this.#unlessDropped).finally(() => this.#attempts.delete(attempt));
    return attempt;
  }

  readonly #unlessDropped = (error: unknown): void => {
    if (!(error instanceof Dropped)) this.fail(error);
  };
}

/** Nobody wants to know any more. */
class Dropped extends Error {}

/** A partial begins so long after the one before at the earliest, ms, and so many times as long as that took. */
const EVERY = 400;
const REST = 1.5;
/** With more talkers nobody gets partials. */
const MANY = 2;
