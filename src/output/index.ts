import { GladiaError } from "../errors";
import { readySubtitles } from "../format";
import { makeCaptions } from "../format/captions";
import { toSrt, toVtt } from "../format/captions/write";
import { toDialogue } from "../format/dialogue";
import { readPart, wholeText } from "../format/transcript";
import { fieldsOf, isFields } from "../format/usable";
import { Pace } from "../turns";
import type { Job, Utterance } from "../types";

/** What `msg.payload` can become. */
export const OUTPUTS = ["text", "job", "utterances", "dialogue", "srt", "vtt", "translations"] as const;
export type Output = (typeof OUTPUTS)[number];

/**
 * The part of a finished job that the user wants. A long text is made with turns of the event loop in between.
 * @throws GladiaError GLADIA_RESPONSE when the job holds nothing of a transcript
 */
export async function formatJob(job: Job, output: Output): Promise<unknown> {
  switch (output) {
    case "job":
      return job;
    case "text":
      return (await transcript(job)).text;
    case "utterances":
      return (await transcript(job)).utterances;
    case "dialogue":
      return toDialogue((await transcript(job)).utterances);
    case "srt":
    case "vtt":
      return subtitles(job, output);
    case "translations":
      return translations(job);
  }
}

/** The whole text of a job; undefined where it has none. */
export const textOf = (job: Job): string | undefined => wholeText(job);

/** Add-ons whose failures are told, and characters of what they say. */
const TOLD = 50;
const SAID = 500;

/** What failed within a job that is done: each add-on tells its own success (API reference, result). */
export function addOnFailures(job: Job): { name: string; message: string }[] {
  const result = fieldsOf(job.result);
  const sentences = result["sentences"] ?? fieldsOf(result["transcription"])["sentences"];
  const failed = Object.entries({ ...result, sentences }).filter(([, part]) => fieldsOf(part)["success"] === false);
  return failed.slice(0, TOLD).map(([name, part]) => {
    const { message, exception } = fieldsOf(fieldsOf(part)["error"]);
    const said = [message, exception].find((text) => typeof text === "string" && text !== "") as string | undefined;
    return { name: name.slice(0, SAID), message: said?.slice(0, SAID) ?? "no reason was given" };
  });
}

/** @throws GladiaError GLADIA_RESPONSE */
async function transcript(job: Job): Promise<{ text: string; utterances: Utterance[] }> {
  const found = await readPart(fieldsOf(fieldsOf(job.result)["transcription"]), new Pace());
  if (!found) throw new GladiaError("GLADIA_RESPONSE", "response-no-transcript", { id: job.id }, { id: job.id });
  return found;
}

/** The API's own where it made them. */
async function subtitles(job: Job, form: "srt" | "vtt"): Promise<string> {
  const { utterances } = await transcript(job);
  const ready = readySubtitles(fieldsOf(fieldsOf(job.result)["transcription"])["subtitles"], form);
  if (ready !== undefined) return ready;
  const captions = await makeCaptions(utterances);
  return form === "srt" ? toSrt(captions) : toVtt(captions);
}

function translations(job: Job): Record<string, string> {
  const { results } = fieldsOf(fieldsOf(job.result)["translation"]);
  return Object.fromEntries(
    (Array.isArray(results) ? results.filter(isFields) : []).flatMap(({ languages, full_transcript: text }) => {
      const [language] = Array.isArray(languages) ? languages : [];
      return typeof language === "string" && language && typeof text === "string" ? [[language, text]] : [];
    }),
  );
}
