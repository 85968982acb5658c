import type { Word } from "../recogniser/types";
import { bare, replaceWords } from "./timed";

/**
 * Makes the replacer of `custom_spelling_config.spelling_dictionary`: wherever a variant stands, without regard to case,
 * the wanted text is written. Longer variants go first.
 * @param dictionary wanted text -> variants, each of one or more words
 * @returns changes the words of one utterance in place
 */
export function speller(dictionary: Record<string, string[]>): (words: Word[]) => void {
  const byFirst = new Map<string, { parts: string[]; wanted: string }[]>();
  for (const [wanted, variants] of Object.entries(dictionary)) {
    for (const variant of variants) {
      const parts = variant.split(/\s+/).map(bare).filter(Boolean);
      if (parts[0] === undefined || wanted.trim() === "") continue;
      const list = byFirst.get(parts[0]) ?? [];
      list.push({ parts, wanted: wanted.trim() });
      byFirst.set(parts[0], list);
    }
  }
  for (const list of byFirst.values()) list.sort((a, b) => b.parts.length - a.parts.length);
  return (words) => {
    const spoken = words.map(({ word }) => bare(word));
    // From the end, so that the indices before stay right.
    for (let index = words.length - 1; index >= 0; index -= 1) {
      const found = byFirst
        .get(spoken[index] as string)
        ?.find(({ parts }) => parts.every((part, offset) => spoken[index + offset] === part));
      if (found === undefined) continue;
      replaceWords(words, index, found.parts.length, found.wanted);
      spoken.splice(index, found.parts.length, ...found.wanted.split(/\s+/).map(() => ""));
    }
  };
}
