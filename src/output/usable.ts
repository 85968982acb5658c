import type { Job, Utterance, Word } from "../types";

type Fields = Record<string, unknown>;

/** What a job holds of a transcript; undefined where it holds none. Parts that are null or of another type are left out. */
export function transcriptOf(job: Job): { text: string; utterances: Utterance[] } | undefined {
  const { transcription } = fieldsOf(job.result);
  const { full_transcript: text, utterances } = fieldsOf(transcription);
  if (typeof text !== "string" && !Array.isArray(utterances)) return undefined;
  const usable = Array.isArray(utterances) ? usableUtterances(utterances) : [];
  if (typeof text === "string") return { text, utterances: usable };
  const told = usable.map((utterance) => utterance.text.trim()).filter(Boolean);
  return usable.length > 0 ? { text: told.join(" "), utterances: usable } : undefined;
}

/**
 * Utterances that layouts can rely on: their text is text, their times are numbers, so are those of their words. What is
 * right already is left as it is; a time that is missing is the end of what came before.
 */
export function usableUtterances(given: unknown[]): Utterance[] {
  let before = 0;
  return given.filter(isFields).map((fields) => {
    const start = timeOf(fields["start"], before);
    const end = Math.max(start, timeOf(fields["end"], start));
    const words = Array.isArray(fields["words"]) ? usableWords(fields["words"], start) : [];
    const spoken = () => words.map(({ word }) => word).join("");
    const text = typeof fields["text"] === "string" ? fields["text"] : spoken().trim();
    before = end;
    const isRight =
      text === fields["text"] && start === fields["start"] && end === fields["end"] && words === fields["words"];
    return (isRight ? fields : { ...fields, text, start, end, words }) as unknown as Utterance;
  });
}

function usableWords(given: unknown[], start: number): Word[] {
  if (given.every(isWord)) return given;
  let before = start;
  return given.filter(isFields).flatMap((fields) => {
    const { word } = fields;
    if (typeof word !== "string" || word === "") return [];
    const begin = timeOf(fields["start"], before);
    before = Math.max(begin, timeOf(fields["end"], begin));
    return [{ ...fields, word, start: begin, end: before } as Word];
  });
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
