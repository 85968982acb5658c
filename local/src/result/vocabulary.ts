import type { Word } from "../recogniser/types";
import { bare, replaceWords } from "./timed";

/** `custom_vocabulary_config` of a request. */
export interface VocabularyConfig {
  vocabulary: (string | { value: string; intensity?: number; pronunciations?: string[]; language?: string })[];
  default_intensity?: number;
}

interface Candidate {
  value: string;
  letters: string;
  sound: string;
  /** how like a stretch of speech must be, 0 to 1 */
  threshold: number;
  /** the most words it may have been heard as */
  span: number;
}

/** Spellings that sound alike in English, made the same; the order matters. */
const SOUNDS: [RegExp, string][] = [
  [/^(?:kn|gn|pn)/, "n"],
  [/^wr/, "r"],
  [/^x/, "s"],
  [/ph/g, "f"],
  [/t?ch|tsch/g, "x"],
  [/s?c[iey]/g, "s"],
  [/dg[iey]/g, "j"],
  [/sh|s[iy](?=[ao])|t[iy](?=[ao])/g, "x"],
  [/gh(?![aeiou])/g, ""],
  [/ck|[cqk]/g, "k"],
  [/[dt]h?/g, "t"],
  [/[bp]/g, "p"],
  [/[fv]/g, "f"],
  [/[szx]/g, "s"],
  [/[gk]/g, "k"],
  [/[aeiouyhw]/g, ""],
];

/** A rough key of how a word sounds: its consonants, those that are easily mistaken made the same. */
function soundOf(letters: string): string {
  const plain = letters.normalize("NFD").replace(/[^a-z]/g, "");
  let key = plain;
  for (const [pattern, sound] of SOUNDS) key = key.replace(pattern, sound);
  const initial = /^[aeiou]/.test(plain) ? "a" : "";
  return initial + key.replace(/(.)\1+/g, "$1");
}

/** How like two texts are, 1 for the same, by the edits that lie between them. */
function likeness(a: string, b: string): number {
  const longest = Math.max(a.length, b.length);
  if (longest === 0) return 0;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const swap = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return 1 - (row[b.length] as number) / longest;
}

function candidatesOf(config: VocabularyConfig): Candidate[] {
  return config.vocabulary.flatMap((entry) => {
    const item = typeof entry === "string" ? { value: entry } : entry;
    const intensity = item.intensity ?? config.default_intensity ?? 0.5;
    return [item.value, ...(item.pronunciations ?? [])].flatMap((spelling) => {
      const parts = spelling
        .split(/[\s-]+/)
        .map(bare)
        .filter(Boolean);
      const letters = parts.join("");
      if (letters === "") return [];
      const candidate = { value: item.value.trim(), letters, sound: soundOf(letters), span: parts.length + 1 };
      return [{ ...candidate, threshold: 1 - 0.4 * intensity }];
    });
  });
}

/** How like some speech is to an entry. The letters count more, since the sound leaves out the vowels. */
function score(heard: { letters: string; sound: string }, candidate: Candidate): number {
  if (heard.letters === candidate.letters) return 1;
  // Very short words are like too many others.
  if (candidate.letters.length < 4 || candidate.sound[0] !== heard.sound[0]) return 0;
  if (Math.abs(heard.letters.length - candidate.letters.length) > candidate.letters.length / 2) return 0;
  return 0.7 * likeness(heard.letters, candidate.letters) + 0.3 * likeness(heard.sound, candidate.sound);
}

/**
 * Makes the replacer of `custom_vocabulary`: words that are written or sound nearly like an entry, or like one of its
 * pronunciations, become the entry. `intensity` 0 takes only the very same letters, 1 even a rough likeness.
 * @param breathe lets other work go on; called between comparisons
 * @returns changes the words of one utterance in place
 */
export function vocabularian(config: VocabularyConfig, breathe: () => Promise<void>): (words: Word[]) => Promise<void> {
  const candidates = candidatesOf(config);
  const widest = Math.max(0, ...candidates.map(({ span }) => span));
  return async (words) => {
    for (let index = 0; index < words.length; index += 1) {
      let best: { count: number; value: string; score: number } | undefined;
      for (let count = 1; count <= widest && index + count <= words.length; count += 1) {
        const letters = words
          .slice(index, index + count)
          .map(({ word }) => bare(word))
          .join("");
        const heard = { letters, sound: soundOf(letters) };
        for (const [turn, candidate] of candidates.entries()) {
          if (turn % 500 === 0) await breathe();
          if (count > candidate.span) continue;
          const likely = score(heard, candidate);
          if (likely >= candidate.threshold && likely > (best?.score ?? 0))
            best = { count, value: candidate.value, score: likely };
        }
      }
      if (best === undefined) continue;
      replaceWords(words, index, best.count, best.value);
      index += best.value.split(/\s+/).length - 1;
    }
  };
}
