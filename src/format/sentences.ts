import { Pace } from "../turns";
import type { Utterance, Word } from "../types";
import { endOf } from "./captions/break-costs";
import { joinWords } from "./captions/spaces";
import { type Voice, voicesOf } from "./captions/voices";
import { MOST_WORDS } from "./divide";
import type { Transcript } from "./transcript";
import { fieldsOf, isFields } from "./usable";

/** A sentence, with the API's own names. */
export interface Sentence {
  sentence: string;
  start: number;
  end: number;
  language?: string | undefined;
  channel?: number | undefined;
  speaker?: number | undefined;
  words: Word[];
}

/** A pause of so many seconds ends a sentence that has no full stop. */
const PAUSE = 2;

/** The sentences that the API found where it was asked for them, else those that the punctuation shows. */
export async function sentencesOf({ sentences, utterances }: Transcript): Promise<unknown[]> {
  const { results = sentences } = fieldsOf(sentences);
  if (Array.isArray(results) && results.length > 0) {
    const found = results.filter((one) => typeof fieldsOf(one)["sentence"] === "string");
    if (found.length > 0) return found;
  }
  return madeSentences(utterances);
}

async function madeSentences(utterances: readonly Utterance[]): Promise<Sentence[]> {
  const pace = new Pace();
  const voice = await voicesOf(utterances, pace);
  const made: Sentence[] = [];
  let open: { about: Utterance; who: Voice; words: Word[]; texts: string[] } | undefined;
  const close = () => {
    const [first, last] = [open?.words[0], open?.words.at(-1)];
    if (open && first && last) {
      const { language, channel, speaker } = open.about;
      const sentence = joinWords(open.words, open.texts.join(" "));
      const who = { language, channel, ...(speaker === undefined ? {} : { speaker }) };
      if (sentence) made.push({ sentence, start: first.start, end: last.end, ...who, words: open.words });
    }
    open = undefined;
  };
  for (const utterance of utterances) {
    const who = voice(utterance);
    const { words, text, start, end } = utterance;
    if (!words?.length) {
      close();
      for (const sentence of sentencesOfText(text, start, end)) {
        const { language, channel, speaker } = utterance;
        made.push({ ...sentence, language, channel, ...(speaker === undefined ? {} : { speaker }), words: [] });
        if (pace.isDue(10)) await pace.turn();
      }
      continue;
    }
    const pause = start - (open?.words.at(-1)?.end ?? start);
    if (open && (open.who !== who || pause > PAUSE || open.words.length >= MOST_WORDS)) close();
    if (open) open.texts.push(text);
    for (const word of words) {
      open ??= { about: utterance, who, words: [], texts: [text] };
      open.words.push(word);
      if (endOf(word.word.trimEnd()) === 2) close();
      if (pace.isDue()) await pace.turn();
    }
  }
  close();
  return made;
}

const sentences = new Intl.Segmenter(undefined, { granularity: "sentence" });

/** Sentences of a text without words, spread over its time. */
function* sentencesOfText(
  text: string,
  start: number,
  end: number,
): Generator<{ sentence: string; start: number; end: number }> {
  const each = (end - start) / Math.max(1, text.length);
  for (const { segment, index } of sentences.segment(text)) {
    const sentence = segment.replace(/\s+/g, " ").trim();
    const from = start + index * each;
    if (sentence) yield { sentence, start: from, end: Math.min(end, from + segment.length * each) };
  }
}

/** Utterances and sentences as they go out one by one: what is no object is left out. */
export const asItems = (items: readonly unknown[]): object[] => items.filter(isFields);
