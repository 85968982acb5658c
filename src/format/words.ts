import { Pace, TextParts } from "../turns";
import type { Utterance, Word } from "../types";
import { atomsOf } from "./captions/atoms";
import { isUnspaced } from "./captions/script";
import { joinWords, spacesOf } from "./captions/spaces";

/** A word with who says it. */
export type SpokenWord = Word & Pick<Utterance, "speaker" | "channel">;

/** Where a phrase is said. */
export interface Place {
  text: string;
  start: number;
  end: number;
  speaker?: number | undefined;
  channel?: number | undefined;
  words: Word[];
}

/** The words whose middle lies between two times, in seconds; which of the two comes first does not matter. */
export async function wordsBetween(utterances: readonly Utterance[], from: number, to: number): Promise<SpokenWord[]> {
  const pace = new Pace();
  const [first, last] = from <= to ? [from, to] : [to, from];
  const found: SpokenWord[] = [];
  for (const utterance of utterances) {
    const { speaker, channel } = utterance;
    for (const word of await wordsOf(utterance, pace)) {
      const middle = (word.start + word.end) / 2;
      if (middle >= first && middle <= last) {
        // A spread with more behind it takes five times as long, and there may be a million words.
        const one = Object.assign({}, word) as SpokenWord;
        one.channel = channel;
        if (speaker !== undefined) one.speaker = speaker;
        found.push(one);
      }
      if (pace.isDue()) await pace.turn();
    }
  }
  return found;
}

/** Words of an utterance; where it has none, those of its text, spread over its time. */
async function wordsOf(utterance: Utterance, pace: Pace): Promise<Word[]> {
  const { words, confidence } = utterance;
  if (words?.length) return words;
  const most = Number.MAX_SAFE_INTEGER;
  const atoms = await atomsOf(utterance, { most, cjk: most }, pace);
  return atoms.map(({ text, start, end, space }) => ({ word: space ? ` ${text}` : text, start, end, confidence }));
}

/** Characters of a phrase, and of a word that is compared: nobody says more in one go. */
const LONGEST = 10_000;

/**
 * All places where a phrase is said, in whole words; case and punctuation do not matter. In scripts without spaces it may
 * begin and end within a word.
 */
export async function findPhrase(utterances: readonly Utterance[], phrase: string): Promise<Place[]> {
  const pace = new Pace();
  const wanted = phrase.length > LONGEST ? "" : plain(phrase).trim();
  if (!wanted) return [];
  const isTight = isUnspaced(wanted);
  const needle = isTight ? wanted.replace(/ /g, "") : ` ${wanted} `;
  const places: Place[] = [];
  const { text, offsets, words } = await index(utterances, isTight, pace);
  const at = (offset: number) => lastBelow(offsets, offset);
  let from = text.indexOf(needle);
  while (from >= 0) {
    const begin = isTight ? from : from + 1;
    const [first, last] = [at(begin), at(begin + needle.length - (isTight ? 1 : 3))];
    const found = words.slice(first, last + 1);
    const [one, end] = [found[0], found.at(-1)];
    if (one && end) {
      const { speaker, channel, text: whole } = one.utterance;
      const inPlace = found.map(({ word }) => word);
      const who = { ...(speaker === undefined ? {} : { speaker }), channel };
      places.push({
        text: joinWords(inPlace, whole),
        start: one.word.start,
        end: end.word.end,
        ...who,
        words: inPlace,
      });
    }
    if (pace.isDue(20)) await pace.turn();
    from = text.indexOf(needle, from + needle.length - (isTight ? 0 : 1));
  }
  return places;
}

/** All that is said as one text to search in, and which word stands where. */
async function index(utterances: readonly Utterance[], isTight: boolean, pace: Pace) {
  const parts = new TextParts();
  parts.add(" ");
  const offsets: number[] = [];
  const words: { word: Word; utterance: Utterance }[] = [];
  let length = 1;
  let isOver = true;
  for (const utterance of utterances) {
    const spoken = await wordsOf(utterance, pace);
    const spaces = spacesOf(spoken, utterance.text);
    for (const [i, word] of spoken.entries()) {
      const text = plain(word.word.slice(0, LONGEST));
      const said = text.trim();
      if (pace.isDue()) await pace.turn();
      const begins = i === 0 || spaces?.[i] || /^\s/.test(word.word) || text.startsWith(" ");
      if (!isTight && begins && !isOver) {
        parts.add(" ");
        length++;
      }
      if (!said) {
        isOver ||= Boolean(begins);
        continue;
      }
      const put = isTight ? said.replace(/ /g, "") : said;
      offsets.push(length);
      words.push({ word, utterance });
      parts.add(put);
      length += put.length;
      isOver = !isTight && text.endsWith(" ");
      if (isOver) {
        parts.add(" ");
        length++;
      }
    }
  }
  parts.add(" ");
  return { text: parts.end(), offsets, words };
}

/** A text as it is compared: without case and punctuation. */
function plain(text: string): string {
  return text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/['’]/g, "")
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, " ");
}

/** The place of the last number that is not above a value. */
function lastBelow(sorted: readonly number[], value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
