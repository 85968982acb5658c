import { GladiaError } from "../errors";
import { Pace, TextParts } from "../turns";
import type { Utterance } from "../types";
import { needsSpace } from "./captions/spaces";
import { liveUtterances } from "./live";
import { fieldsOf, isFields, spoken, usableUtterances } from "./usable";

type Fields = Record<string, unknown>;

/** What all formats are made from. */
export interface Transcript {
  text: string;
  utterances: Utterance[];
  /** As the API gave them; of any type. */
  sentences: unknown;
  subtitles: unknown;
  /** The result that the transcript is a part of, and its job; empty where there is none. */
  result: Fields;
  job: Fields;
}

/**
 * The transcript in a job, a result, a transcription, utterances, or the messages of a live session.
 * @param language of a translation; empty for what was spoken
 * @throws GladiaError GLADIA_CONFIG where the value holds no transcript, or no such translation; GLADIA_RESPONSE where a job
 * holds none
 */
export async function readTranscript(value: unknown, language = ""): Promise<Transcript> {
  const pace = new Pace();
  const wanted = language.trim().toLowerCase();
  const live = await liveUtterances(value, wanted, pace);
  if (live) return ofUtterances(live, pace);
  if (Array.isArray(value)) return ofUtterances(await usableUtterances(value, pace), pace);
  const { job, result, transcription } = partsOf(value);
  const part = wanted ? translationOf(result, transcription, wanted) : transcription;
  const found = await readPart(part, pace);
  if (!found) throw noTranscript(value);
  const { sentences = wanted ? undefined : result["sentences"], subtitles } = part;
  return { ...found, sentences, subtitles, result, job };
}

async function ofUtterances(utterances: Utterance[], pace: Pace): Promise<Transcript> {
  const text = await textOfUtterances(utterances, pace);
  return { text, utterances, sentences: undefined, subtitles: undefined, result: {}, job: {} };
}

/** The text and the utterances of a transcription; undefined where it has neither. */
export async function readPart(
  part: Fields,
  pace: Pace,
): Promise<{ text: string; utterances: Utterance[] } | undefined> {
  const { full_transcript: text, utterances: given } = part;
  if (typeof text !== "string" && !Array.isArray(given)) return undefined;
  const utterances = Array.isArray(given) ? await usableUtterances(given, pace) : [];
  if (typeof text === "string") return { text, utterances };
  return utterances.length > 0 ? { text: await textOfUtterances(utterances, pace), utterances } : undefined;
}

async function textOfUtterances(utterances: readonly Utterance[], pace: Pace): Promise<string> {
  const parts = new TextParts();
  let before = "";
  for (const utterance of utterances) {
    const text = utterance.text.trim();
    if (!text) continue;
    parts.add(before && needsSpace(before, text) ? ` ${text}` : text);
    before = text;
    if (pace.isDue(10)) await pace.turn();
  }
  return parts.end();
}

/** The whole text of a job, at once; undefined where it has none. */
export function wholeText(job: unknown): string | undefined {
  const { full_transcript: text, utterances } = partsOf(job).transcription;
  if (typeof text === "string") return text;
  if (!Array.isArray(utterances)) return undefined;
  const texts = utterances.filter(isFields).map(({ text, words }) => {
    if (typeof text === "string") return text.trim();
    const given = Array.isArray(words) ? words.filter((word) => typeof fieldsOf(word)["word"] === "string") : [];
    return spoken(given).trim();
  });
  return texts.length > 0 ? texts.filter(Boolean).join(" ") : undefined;
}

/** A job, its result and its transcription; whichever of these a value is. */
function partsOf(value: unknown): { job: Fields; result: Fields; transcription: Fields } {
  const fields = fieldsOf(value);
  const { result, transcription, payload, type, data } = fields;
  // What a callback carries, and what a live session ends with.
  if (isFields(payload) && !isFields(result) && !isFields(transcription)) return partsOf(payload);
  if (isFields(data) && (type === "post_final_transcript" || type === "post_transcript")) return partsOf(data);
  if (isFields(result)) return { job: fields, result, transcription: fieldsOf(result["transcription"]) };
  if (isFields(transcription)) return { job: {}, result: fields, transcription };
  if ("utterances" in fields || "full_transcript" in fields) return { job: {}, result: {}, transcription: fields };
  return { job: fields, result: {}, transcription: {} };
}

/** A translation, by a language's code. @throws GladiaError GLADIA_CONFIG */
function translationOf({ translation }: Fields, { languages }: Fields, wanted: string): Fields {
  const { results } = fieldsOf(translation);
  const made = (Array.isArray(results) ? results.filter(isFields) : []).filter(
    ({ full_transcript, utterances }) => typeof full_transcript === "string" || Array.isArray(utterances),
  );
  const codes = made.map(({ languages }) => (Array.isArray(languages) ? String(languages[0]) : ""));
  const found = made[codes.findIndex((code) => code.toLowerCase() === wanted)];
  if (found) return found;
  const [spokenFirst] = Array.isArray(languages) ? languages : [];
  const listed = codes.filter(Boolean).slice(0, 20).join(", ");
  const params = { language: wanted.slice(0, 20), languages: listed, spoken: String(spokenFirst ?? "?") };
  throw new GladiaError("GLADIA_CONFIG", listed ? "format-language" : "format-no-translation", params);
}

function noTranscript(value: unknown): GladiaError {
  const { id } = fieldsOf(value);
  if (typeof id === "string") return new GladiaError("GLADIA_RESPONSE", "response-no-transcript", { id }, { id });
  return new GladiaError("GLADIA_CONFIG", "format-source");
}
