import type { Word } from "../../types";
import { isUnspaced } from "./script";

type Spoken = Pick<Word, "word">;

/**
 * Whether a space stands before each word, for words that bring none: as it is in the text, or where their scripts set
 * one. Undefined where words bring their own.
 */
export function spacesOf(words: readonly Spoken[], text: string): boolean[] | undefined {
  if (words.length < 2 || words.some(({ word }) => /^\s|\s$/.test(word))) return undefined;
  let at = 0;
  return words.map(({ word }, i) => {
    let next = at;
    while (next < text.length && !text.startsWith(word, next) && /[\s\p{P}]/u.test(text.charAt(next))) next++;
    const before = words[i - 1]?.word;
    if (at >= 0 && text.startsWith(word, next)) {
      const divided = /\s/.test(text.slice(at, next));
      at = next + word.length;
      return before !== undefined && divided;
    }
    at = text.length + 1; // the text goes another way
    return (
      before !== undefined && !/^[\p{Pe}\p{Pf},.!?;:'’%]/u.test(word) && !(endsUnspaced(before) || startsUnspaced(word))
    );
  });
}

/** What words say together, with the spaces that they bring or, where they bring none, those of the text. */
export function joinWords(words: readonly Spoken[], text: string): string {
  const spaces = spacesOf(words, text);
  const joined = words.map(({ word }, i) => (spaces?.[i] ? ` ${word}` : word)).join("");
  return joined.replace(/\s+/g, " ").trim();
}

/** Whether a space stands between two sentences: not between two of a script that sets none. */
export const needsSpace = (one: string, two: string): boolean => !(endsUnspaced(one) && startsUnspaced(two));

/** Two texts one after the other, with a space between them where their script sets one. */
export function joinTexts(one: string, two: string): string {
  if (!one || !two) return one || two;
  return needsSpace(one, two) ? `${one} ${two}` : one + two;
}

const endsUnspaced = (text: string) => isUnspaced(text.slice(-2));
const startsUnspaced = (text: string) => isUnspaced(text.slice(0, 2));
