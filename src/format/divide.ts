import type { Pace } from "../turns";
import type { Utterance, Word } from "../types";
import { joinWords } from "./captions/spaces";

/** Words, and characters of a text without words, that are worked on in one go. Nobody says as many without a pause. */
export const MOST_WORDS = 5000;
const MOST_TEXT = 50_000;
/** Characters between two words, and before the end of a part in which its text is cut between words. */
const GAP = 50;
const NEAR = 1000;

/** Whether an utterance is too long to be worked on in one go. */
export function isLong({ words, text }: Utterance): boolean {
  return words.length > MOST_WORDS || (words.length === 0 && text.length > MOST_TEXT);
}

/** The parts of a long utterance, each of them one. */
export function divided(utterance: Utterance, pace: Pace): AsyncGenerator<Utterance> {
  return utterance.words.length > 0 ? byWords(utterance, pace) : byText(utterance, pace);
}

async function* byWords(utterance: Utterance, pace: Pace): AsyncGenerator<Utterance> {
  const { words, text } = utterance;
  let at: number | undefined = 0;
  for (let from = 0; from < words.length; from += MOST_WORDS) {
    const part = words.slice(from, from + MOST_WORDS);
    const begin: number | undefined = at;
    at = at === undefined ? undefined : endIn(text, at, part);
    const said = begin === undefined || at === undefined ? joinWords(part, "") : text.slice(begin, at).trim();
    const [first, last] = [part[0] as Word, part.at(-1) as Word];
    yield { ...utterance, words: part, text: said, start: first.start, end: last.end };
    if (pace.isDue(part.length)) await pace.turn();
  }
}

/** Where words end in a text, with the punctuation behind them; undefined where it has others. */
function endIn(text: string, start: number, words: readonly Word[]): number | undefined {
  let at = start;
  for (const { word } of words) {
    const spoken = word.trim();
    const found = text.slice(at, at + GAP + spoken.length).indexOf(spoken);
    if (found < 0) return undefined;
    at += found + spoken.length;
  }
  return at + (/^\p{P}+/u.exec(text.slice(at, at + GAP))?.[0].length ?? 0);
}

/** Its time is spread over its text. */
async function* byText(utterance: Utterance, pace: Pace): AsyncGenerator<Utterance> {
  const { text, start, end } = utterance;
  const each = (end - start) / text.length;
  for (let from = 0; from < text.length; ) {
    const to = from + MOST_TEXT;
    const near = /\s\S*$/.exec(text.slice(to - NEAR, to));
    const cut = to >= text.length ? text.length : near ? to - NEAR + near.index : to - (isHalf(text, to) ? 1 : 0);
    const said = text.slice(from, cut).trim();
    yield { ...utterance, text: said, start: start + from * each, end: start + cut * each };
    from = cut;
    if (pace.isDue(MOST_TEXT / 10)) await pace.turn();
  }
}

/** Whether a cut would part a character that is written as two. */
const isHalf = (text: string, at: number) => /^[\udc00-\udfff]/.test(text.charAt(at));
