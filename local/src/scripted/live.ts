import { createHash } from "node:crypto";
import type { LiveListener, LiveStream, LiveStreamSettings, LiveUtterance } from "../live/recogniser";
import type { Line, Script } from "../scripts";
import { utterancesOf } from "./speech";

/** Hz, of what comes. */
const RATE = 16_000;
/** Samples of a window, which is loud or is not: 20 ms. */
const WINDOW = 320;
/** Above it, a window's mean square is speech. */
const LOUD = 1e-4;
/** Seconds of speech between two partials. */
const EVERY = 0.4;

/** Speech of one channel that has not ended. Times in windows from the start. */
interface Spoken {
  number: number;
  from: number;
  to: number;
  hash: ReturnType<typeof createHash>;
  told: number;
}

/** One channel: loud stretches are utterances, whatever is in them. */
class Channel {
  readonly #settings: LiveStreamSettings;
  readonly #listener: LiveListener;
  readonly #index: number;
  readonly #lines: Line[];
  #rest = new Float32Array(0);
  #window = 0;
  #count = 0;
  #spoken: Spoken | undefined;

  constructor(settings: LiveStreamSettings, listener: LiveListener, index: number, lines: Line[]) {
    this.#settings = settings;
    this.#listener = listener;
    this.#index = index;
    this.#lines = lines;
  }

  hear(samples: Float32Array): void {
    const all = new Float32Array(this.#rest.length + samples.length);
    all.set(this.#rest);
    all.set(samples, this.#rest.length);
    let at = 0;
    for (; at + WINDOW <= all.length; at += WINDOW) this.#step(all.subarray(at, at + WINDOW));
    this.#rest = all.slice(at);
  }

  finish(): void {
    if (this.#spoken !== undefined) this.#end(this.#spoken);
  }

  #step(window: Float32Array): void {
    let energy = 0;
    for (const sample of window) energy += sample * sample;
    const isLoud = energy / WINDOW > LOUD;
    this.#window += 1;
    if (isLoud) this.#speak(window);
    const spoken = this.#spoken;
    if (spoken === undefined) return;
    const seconds = (windows: number) => (windows * WINDOW) / RATE;
    const { endpointing, maximum_duration_without_endpointing: most } = this.#settings;
    const isSilent = !isLoud && seconds(this.#window - spoken.to) >= endpointing;
    if (isSilent || seconds(this.#window - spoken.from) >= most) this.#end(spoken);
    else if (this.#settings.partials && seconds(spoken.to - spoken.told) >= EVERY) this.#partial(spoken);
  }

  #speak(window: Float32Array): void {
    const from = this.#window - 1;
    if (this.#spoken === undefined) {
      this.#spoken = { number: this.#count, from, to: from, hash: createHash("sha256"), told: from };
      this.#count += 1;
      this.#listener.speechStart(timeOf(from), this.#index);
    }
    this.#spoken.to = this.#window;
    this.#spoken.hash.update(Int16Array.from(window, (sample) => Math.round(sample * 32_767)));
  }

  #partial(spoken: Spoken): void {
    spoken.told = spoken.to;
    const whole = this.#utterance(spoken, "…");
    // A text is heard word by word, two a second.
    const words = whole.words.slice(0, Math.max(1, Math.floor(timeOf(spoken.to - spoken.from) * 2)));
    const text = words.map(({ word }) => word).join("");
    this.#listener.partial({ ...whole, text, words });
  }

  #end(spoken: Spoken): void {
    this.#spoken = undefined;
    this.#listener.speechEnd(timeOf(spoken.to), this.#index);
    this.#listener.final(this.#utterance(spoken, spoken.hash.digest("hex").slice(0, 8)));
  }

  #utterance({ number, from, to }: Spoken, identity: string): LiveUtterance {
    const line = this.#lines[number] ?? `speech ${identity}`;
    const said = { text: typeof line === "string" ? line : line.text, channel: this.#index };
    const [utterance] = utterancesOf([{ ...said, start: timeOf(from), end: timeOf(to) }], timeOf(to));
    const id = `${String(this.#index).padStart(2, "0")}_${String(number).padStart(8, "0")}`;
    const language = this.#settings.language ?? "en";
    const empty = { text: "", start: timeOf(from), end: timeOf(to), channel: this.#index, confidence: 0, words: [] };
    const { words, ...rest } = utterance ?? empty;
    return { ...rest, id, language, words, text: words.map(({ word }) => word).join("") };
  }
}

/** Seconds of so many windows. */
function timeOf(windows: number): number {
  return Math.round((windows * WINDOW * 1000) / RATE) / 1000;
}

/**
 * A stream that takes each loud stretch for an utterance: of the script its next line, else `speech` and the first
 * digits of the sound's sha256, so that what is lost or comes twice shows.
 * @param script `text` says what is heard, line by line of each channel
 */
export function scriptedStream(
  settings: LiveStreamSettings & { script?: Script },
  listener: LiveListener,
  text: Exclude<Script["text"], undefined> | undefined,
): LiveStream {
  const { script = {}, channels } = settings;
  const said = script.text ?? text;
  if (typeof said === "function") throw new Error("A text that is a function cannot be heard live");
  const lines = said === undefined ? [] : [said].flat();
  const linesOf = (index: number) => lines.filter((line) => typeof line === "string" || (line.channel ?? 0) === index);
  const heard = Array.from({ length: channels }, (_, index) => new Channel(settings, listener, index, linesOf(index)));
  let isClosed = false;
  return {
    write(sound) {
      if (isClosed) return;
      for (const [index, channel] of heard.entries()) channel.hear(sound[index] as Float32Array);
    },
    async finish() {
      if (!isClosed) for (const channel of heard) channel.finish();
    },
    close() {
      isClosed = true;
    },
  };
}
