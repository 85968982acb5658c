import type { Pace } from "../turns";
import type { Utterance, Word } from "../types";
import { divided, isLong } from "./divide";

type Fields = Record<string, unknown>;

/**
 * Utterances that layouts can rely on: their text is text, their times are numbers, so are those of their words. What is
 * right already is left as it is; a time that is missing is the end of what came before. An utterance of more words than
 * anybody says without a pause is parted.
 */
export async function usableUtterances(given: readonly unknown[], pace: Pace): Promise<Utterance[]> {
  let before = 0;
  const usable: Utterance[] = [];
  for (const fields of given) {
    if (!isFields(fields)) continue;
    const start = timeOf(fields["start"], before);
    const end = Math.max(start, timeOf(fields["end"], start));
    const words = Array.isArray(fields["words"]) ? await usableWords(fields["words"], start, pace) : [];
    const text = typeof fields["text"] === "string" ? fields["text"] : spoken(words).trim();
    before = end;
    const isRight =
      text === fields["text"] && start === fields["start"] && end === fields["end"] && words === fields["words"];
    const utterance = (isRight ? fields : { ...fields, text, start, end, words }) as unknown as Utterance;
    if (isLong(utterance)) for await (const part of divided(utterance, pace)) usable.push(part);
    else usable.push(utterance);
    if (pace.isDue()) await pace.turn();
  }
  return usable;
}

/** What words say together. */
export const spoken = (words: readonly Pick<Word, "word">[]): string => words.map(({ word }) => word).join("");

async function usableWords(given: unknown[], start: number, pace: Pace): Promise<Word[]> {
  let areRight = true;
  for (const word of given) {
    if (!isWord(word)) areRight = false;
    if (pace.isDue()) await pace.turn();
  }
  if (areRight) return given as Word[];
  let before = start;
  const usable: Word[] = [];
  for (const fields of given) {
    if (pace.isDue()) await pace.turn();
    if (!isFields(fields)) continue;
    const { word } = fields;
    if (typeof word !== "string" || word === "") continue;
    const begin = timeOf(fields["start"], before);
    before = Math.max(begin, timeOf(fields["end"], begin));
    usable.push({ ...fields, word, start: begin, end: before } as unknown as Word);
  }
  return usable;
}

function isWord(value: unknown): value is Word {
  if (!isFields(value)) return false;
  const { word, start, end } = value;
  return typeof word === "string" && word !== "" && Number.isFinite(start) && Number.isFinite(end);
}

const timeOf = (value: unknown, otherwise: number): number =>
  typeof value === "number" && Number.isFinite(value) ? value : otherwise;

export function isFields(value: unknown): value is Fields {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** The fields of an object; none of anything else. */
export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}
