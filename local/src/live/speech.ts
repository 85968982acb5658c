import type { AddOns } from "../result/addons";
import { addOn, type Forced, rewrite } from "../result/build";
import type { AddOn, SpokenUtterance } from "../result/shapes";
import { yieldToLoop } from "../result/timed";
import type { Kind } from "./messages";
import type { SessionOptions } from "./options";
import type { LiveListener, LiveUtterance } from "./recogniser";

/** Says one message of a session. */
export type Emit = (kind: Kind, type: string, content: Record<string, unknown>) => void;

/** The add-ons that are made of each final. */
const PER_UTTERANCE = ["translation", "named_entity_recognition", "sentiment_analysis"];

/** Turns what a recogniser tells of one session into its messages, one after the other. */
export class Speech implements LiveListener {
  /** the finals so far, in the order in which they came */
  readonly finals: SpokenUtterance[] = [];
  readonly #options: SessionOptions;
  readonly #addOns: AddOns;
  readonly #forced: Forced;
  readonly #emit: Emit;
  #work: Promise<void> = Promise.resolve();
  #reached = 0;

  constructor(options: SessionOptions, addOns: AddOns, forced: Forced, emit: Emit) {
    this.#options = options;
    this.#addOns = addOns;
    this.#forced = forced;
    this.#emit = emit;
  }

  /** Second of the session up to which something was told. */
  get reached(): number {
    return this.#reached;
  }

  speechStart(time: number, channel: number): void {
    this.#told(time, async () => this.#emit("speech_events", "speech_start", { data: { time, channel } }));
  }

  speechEnd(time: number, channel: number): void {
    this.#told(time, async () => this.#emit("speech_events", "speech_end", { data: { time, channel } }));
  }

  partial(heard: LiveUtterance): void {
    this.#told(heard.end, async () => {
      const utterance = await this.#rewritten(heard);
      this.#emit("partial_transcripts", "transcript", { data: { id: heard.id, is_final: false, utterance } });
    });
  }

  final(heard: LiveUtterance): void {
    this.#told(heard.end, async () => {
      const utterance = await this.#rewritten(heard);
      this.finals.push(utterance);
      this.#emit("final_transcripts", "transcript", { data: { id: heard.id, is_final: true, utterance } });
      await this.#addTo(heard.id, utterance);
    });
  }

  /** Settles when all that was told so far has been said. @throws what went wrong at it */
  async settled(): Promise<void> {
    await this.#work;
  }

  #told(time: number, say: () => Promise<void>): void {
    this.#reached = Math.max(this.#reached, time);
    this.#work = this.#work.then(say);
    // Whoever waits for the end gets it; until then it must not end the process.
    this.#work.catch(() => undefined);
  }

  /** An utterance as vocabulary and spelling want it. */
  async #rewritten({ text, start, end, confidence, channel, words, language }: LiveUtterance) {
    const recognised = { text, start, end, confidence, channel, words };
    const recognition = { duration: end, distinctChannels: 1, utterances: [recognised], warnings: [] };
    const [utterance] = await rewrite(recognition, this.#options, language, yieldToLoop());
    return { ...(utterance as SpokenUtterance), text: ` ${(utterance as SpokenUtterance).text.trimStart()}` };
  }

  async #addTo(utterance_id: string, utterance: SpokenUtterance): Promise<void> {
    const speech = { utterances: [utterance], full_transcript: utterance.text.trim(), options: this.#options };
    for (const name of PER_UTTERANCE) {
      const make = this.#addOns[name];
      if (this.#options[name] !== true || make === undefined) continue;
      const made = await addOn(name, () => make(speech), this.#forced);
      for (const data of name === "translation" ? this.#translations(made, utterance) : [{ results: made.results }]) {
        const content = made.error === null ? { utterance_id, utterance, ...data } : null;
        this.#emit("realtime_processing_events", name, { error: made.error, data: content });
      }
    }
  }

  /** What the messages of one utterance's translations hold, one for each language. */
  #translations({ results }: AddOn, utterance: SpokenUtterance): object[] {
    const { target_languages } = this.#options["translation_config"] as { target_languages: string[] };
    const translated = (results ?? []) as { languages: string[]; utterances: SpokenUtterance[] }[];
    return target_languages.map((target_language) => ({
      original_language: utterance.language,
      target_language,
      translated_utterance: translated.find(({ languages }) => languages.includes(target_language))?.utterances[0],
    }));
  }
}
