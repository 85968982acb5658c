import type { Word } from "../recogniser/types";
import type { SpokenUtterance } from "./shapes";
import { meanConfidence, textOfWords, yieldToLoop } from "./timed";

/** One sentence as the API's `sentences` add-on shows it. */
export interface Sentence {
  sentence: string;
  start: number;
  end: number;
  confidence: number;
  channel: number;
  speaker?: number;
  language: string;
  words: Word[];
}

/** Words that end in a full stop without ending a sentence. */
const ABBREVIATION = /^\W*(?:mr|mrs|ms|dr|st|prof|sr|jr|vs|etc|e\.g|i\.e|\p{L}(?:\.\p{L})*)\.$/iu;

/** True when a sentence ends with this word. */
export function endsSentence(word: string): boolean {
  const written = word.trim();
  return /[.?!…]["'”’)\]]*$/u.test(written) && !ABBREVIATION.test(written);
}

/**
 * Cuts utterances into sentences at their full stops, question and exclamation marks. A sentence does not reach over
 * a pause.
 * @param breathe lets other work go on; called between utterances
 */
export async function sentencesOf(
  utterances: SpokenUtterance[],
  breathe: () => Promise<void> = yieldToLoop(),
): Promise<Sentence[]> {
  const sentences: Sentence[] = [];
  for (const utterance of utterances) {
    sentences.push(...sentencesIn(utterance));
    await breathe();
  }
  return sentences;
}

/** The sentences of one utterance. */
function sentencesIn({ words, channel, speaker, language }: SpokenUtterance): Sentence[] {
  const groups: Word[][] = [[]];
  for (const word of words) {
    groups.at(-1)?.push(word);
    if (endsSentence(word.word)) groups.push([]);
  }
  return groups
    .filter((group) => group.length > 0)
    .map((group) => ({
      sentence: textOfWords(group),
      start: (group[0] as Word).start,
      end: (group.at(-1) as Word).end,
      confidence: meanConfidence(group),
      channel,
      ...(speaker === undefined ? {} : { speaker }),
      language,
      words: group,
    }));
}
