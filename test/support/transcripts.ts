import type { Job, Utterance, Word } from "../../src/types";
import { draws } from "./draws";

const LETTERS = [
  "a",
  "bc",
  "word",
  "Grüße",
  "字幕",
  "👩‍👩‍👧",
  "supercalifragilistic-and-more-than-a-line-of-subtitles",
  "&amp;",
  "<b>",
  "-->",
];
const ENDS = ["", "", "", ",", ".", "!", '."', "。", "…"];

/** A transcript such as no speaker makes: gaps, jumps, words with and without spaces, empty ones, utterances without words. */
export function randomTranscript(seed: number): Utterance[] {
  const draw = draws(seed);
  const one = <T>(items: readonly T[]): T => items[Math.floor(draw() * items.length)] as T;
  let clock = 0;
  return Array.from({ length: 1 + Math.floor(draw() * 12) }, () => {
    const begin = one(["", " ", " ", " ", "\n ", " "]);
    const isTight = draw() < 0.1;
    const words: Word[] = Array.from({ length: Math.floor(draw() * 60) }, () => {
      const start = clock + one([0, 0, 0.05, 0.3, 1.5]);
      clock = start + one([0, 0.1, 0.4, 2]);
      const lead = draw() < 0.05 ? one(["", " ", "  "]) : begin;
      const body = draw() < 0.05 ? one(["", " ", "two words"]) : isTight ? "x" : one(LETTERS);
      return { word: `${lead}${body}${one(ENDS)}`, start, end: clock, confidence: 0.9 };
    });
    const start = draw() < 0.1 ? 0 : (words[0]?.start ?? clock);
    const text = words.map(({ word }) => word).join("");
    const kept = draw() < 0.2 ? [] : words;
    const speaker = one([undefined, 0, 1]);
    return { text, start, end: clock, confidence: 0.9, channel: one([0, 0, 1]), speaker, language: "en", words: kept };
  }) as Utterance[];
}

/** A job that is done, of so many words: what a lecture or a whole day would be. */
export function longJob(words: number, id = "long"): Job {
  const utterances: Utterance[] = [];
  for (let n = 0; n < words; n += 15) {
    const spoken = Array.from({ length: Math.min(15, words - n) }, (_, i) => {
      const start = (n + i) * 0.32;
      return { word: ` word${(n + i) % 977}${i === 14 ? "." : ""}`, start, end: start + 0.3, confidence: 0.9 };
    });
    const [{ start }, { end }] = [spoken[0] as Word, spoken.at(-1) as Word];
    const text = spoken.map(({ word }) => word).join("");
    const about = { language: "en", confidence: 0.9, channel: 0, speaker: (n / 15) % 2 };
    utterances.push({ text: text.trim(), start, end, ...about, words: spoken } as Utterance);
  }
  const full_transcript = utterances.map(({ text }) => text).join(" ");
  return { id, status: "done", result: { transcription: { full_transcript, utterances } } } as unknown as Job;
}
