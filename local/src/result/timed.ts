import type { Word } from "../recogniser/types";

/** Numbers of the API's results: seconds and confidences with three decimals. */
export function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}

/** The text of some words, without the space the first one starts with. */
export function textOfWords(words: Word[]): string {
  return words
    .map(({ word }) => word)
    .join("")
    .trim();
}

/** The mean confidence of some words, 0 of none. */
export function meanConfidence(words: Word[]): number {
  if (words.length === 0) return 0;
  return rounded(words.reduce((sum, { confidence }) => sum + confidence, 0) / words.length);
}

/** A word without case and without what surrounds it: ` "Hello,` becomes `hello`. */
export function bare(word: string): string {
  return word.toLowerCase().replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, "");
}

/**
 * Puts another text in the place of some words, keeping the punctuation around them and their time as a whole.
 * @param words all words of an utterance; changed in place
 * @param from index of the first to replace
 * @param count how many
 * @param text what to write; may hold several words, which share the time
 */
export function replaceWords(words: Word[], from: number, count: number, text: string): void {
  const old = words.slice(from, from + count);
  const [first, last] = [old[0], old.at(-1)];
  if (first === undefined || last === undefined) return;
  const before = /^\s*[^\p{L}\p{N}]*/u.exec(first.word)?.[0] ?? "";
  const after = /[^\p{L}\p{N}]*$/u.exec(last.word)?.[0] ?? "";
  const parts = text.split(/\s+/);
  const share = (last.end - first.start) / parts.length;
  const confidence = meanConfidence(old);
  const made = parts.map((part, index) => ({
    word: `${index === 0 ? before : " "}${part}${index === parts.length - 1 ? after : ""}`,
    start: parts.length === old.length ? (old[index] as Word).start : rounded(first.start + share * index),
    end: parts.length === old.length ? (old[index] as Word).end : rounded(first.start + share * (index + 1)),
    confidence: parts.length === old.length ? (old[index] as Word).confidence : confidence,
  }));
  words.splice(from, count, ...made);
}

/** Lets other work of the process go on when more than a few milliseconds have passed since the last call. */
export function yieldToLoop(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < 8) return;
    await new Promise((resolve) => setImmediate(resolve));
    since = performance.now();
  };
}
