import type { Utterance, Word } from "../recogniser/types";
import { rounded } from "../result/timed";
import type { Line } from "../scripts";

const CONFIDENCE = 0.95;

/** Spreads the words of a text evenly over a stretch of time, in seconds. */
function wordsOf(text: string, start: number, end: number): Word[] {
  const parts = text.split(/\s+/).filter(Boolean);
  const share = (end - start) / Math.max(parts.length, 1);
  return parts.map((part, index) => ({
    word: ` ${part}`,
    start: rounded(start + share * index),
    end: rounded(start + share * (index + 0.9)),
    confidence: CONFIDENCE,
  }));
}

/**
 * Makes utterances of lines: those without a place share the time evenly, in their order.
 * @param duration of the audio in seconds
 */
export function utterancesOf(lines: Line[], duration: number): Utterance[] {
  const share = duration / Math.max(lines.length, 1);
  return lines.flatMap((line, index) => {
    const said = typeof line === "string" ? { text: line } : line;
    const start = said.start ?? rounded(share * index);
    const words = wordsOf(said.text, start, said.end ?? share * (index + 0.95));
    if (words.length === 0) return [];
    const end = words.at(-1)?.end ?? start;
    return [{ text: said.text, start, end, confidence: CONFIDENCE, channel: said.channel ?? 0, words }];
  });
}
