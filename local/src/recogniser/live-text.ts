import type { LiveUtterance } from "../live/recogniser";
import { isCertain, type Said } from "./recognise";
import type { Word } from "./types";

/** Words and how sure the model was of them. */
interface Part {
  words: Word[];
  confidence: number;
}

/** The text of one utterance as it comes about: settled parts, and what the last partials took the rest for. */
export class LiveText {
  readonly #settled: Part[] = [];
  readonly #work: Promise<void>[] = [];
  #before: Word[] = [];
  #agreed: Word[] = [];
  #seen: Part = { words: [], confidence: 1 };

  constructor(
    private readonly id: string,
    private readonly channel: number,
  ) {}

  /**
   * What the rest sounds like so far. Words that two looks agree on stay; what comes after them is the newer look's.
   *
   * @param offset second at which the stretch begins that was looked at
   * @returns whether there is anything new to show
   */
  look(said: Said[], offset: number): boolean {
    const part = joined(said.filter(isCertain), offset);
    const { words } = part;
    const same = prefix(this.#agreed, words);
    const last = this.#agreed.at(-1);
    const kept =
      !last || same === this.#agreed.length
        ? words
        : [...this.#agreed, ...words.filter(({ start }) => start >= last.end - OVERLAP)];
    this.#agreed = kept.slice(0, Math.max(this.#agreed.length, prefix(this.#before, kept)));
    this.#before = kept;
    const changed = textOf(kept) !== textOf(this.#seen.words);
    this.#seen = { words: kept, confidence: part.confidence };
    return changed && kept.length > 0;
  }

  /**
   * The stretch looked at so far will be what `said` gives; until then it is what it looked like before `end`.
   *
   * @param offset second at which the stretch begins
   * @param end second at which the next one begins
   */
  settle(said: Promise<Said[]>, offset: number, end: number): void {
    const index = this.#settled.length;
    this.#settled.push({ ...this.#seen, words: this.#seen.words.filter((word) => word.end <= end) });
    this.#before = [];
    this.#agreed = [];
    this.#seen = { words: [], confidence: 1 };
    const work = said.then((parts) => {
      this.#settled[index] = joined(parts.filter(isCertain), offset);
    });
    work.catch(() => {});
    this.#work.push(work);
  }

  /** Settles when all stretches are known. Rejects when one cannot be. */
  async settled(): Promise<void> {
    await Promise.all(this.#work);
  }

  /** The utterance as it is now; undefined while it has no words. */
  utterance(): LiveUtterance | undefined {
    const parts = [...this.#settled, this.#seen].filter(({ words }) => words.length > 0);
    const words = parts.flatMap((part) => part.words);
    const [first] = words;
    if (!first) return undefined;
    const sum = parts.reduce((total, part) => total + Math.log(part.confidence) * part.words.length, 0);
    return {
      id: this.id,
      start: first.start,
      end: words.at(-1)?.end ?? first.end,
      channel: this.channel,
      text: textOf(words),
      confidence: Math.exp(sum / words.length),
      language: "en",
      words,
    };
  }
}

/** Two looks may differ so much about where a word begins, in seconds. */
const OVERLAP = 0.1;

function joined(said: Said[], offset: number): Part {
  const words = said.flatMap((part) =>
    part.words.map((word) => ({ ...word, start: shifted(word.start, offset), end: shifted(word.end, offset) })),
  );
  const count = words.length || 1;
  const sum = said.reduce((total, { confidence, words: { length } }) => total + Math.log(confidence) * length, 0);
  return { words, confidence: Math.exp(sum / count) };
}

function shifted(time: number, offset: number): number {
  return Math.round((time + offset) * 1000) / 1000;
}

function textOf(words: Word[]): string {
  return words.map(({ word }) => word).join("");
}

/** How many words two lists begin with alike, but for case and punctuation. */
function prefix(a: Word[], b: Word[]): number {
  let count = 0;
  while (count < a.length && count < b.length && bare(a[count]) === bare(b[count])) count++;
  return count;
}

function bare(word: Word | undefined): string {
  return word?.word.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "") ?? "";
}
