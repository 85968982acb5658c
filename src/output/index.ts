import { GladiaError } from "../errors";
import { Pace, sortBy, TextParts } from "../turns";
import type { Job, Utterance } from "../types";
import { makeCaptions, toSrt, toVtt } from "./captions";
import { fieldsOf, isFields, transcriptOf } from "./usable";

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
      return transcript(job).text;
    case "utterances":
      return transcript(job).utterances;
    case "dialogue":
      return toDialogue(transcript(job).utterances);
    case "srt":
    case "vtt":
      return subtitles(job, output);
    case "translations":
      return translations(job);
  }
}

/** The whole text of a job; undefined where it has none. */
export function textOf(job: Job): string | undefined {
  const text: unknown = job.result?.transcription?.full_transcript;
  return typeof text === "string" ? text : transcriptOf(job)?.text;
}

/** A line `Speaker 1: ...` for each change of speaker; where speakers are unknown, of channel. Speakers count from 1 for people. */
async function toDialogue(utterances: Utterance[]): Promise<string> {
  const pace = new Pace();
  const channels = new Set<number | undefined>();
  for (const { channel } of utterances) {
    channels.add(channel);
    if (pace.isDue()) await pace.turn();
  }
  const dialogue = new TextParts();
  let before: { who: number | undefined } | undefined;
  for (const utterance of await sortBy(utterances, ({ start }) => start, pace)) {
    const who = utterance.speaker ?? (channels.size > 1 ? utterance.channel : undefined);
    const text = utterance.text.trim();
    if (before?.who === who && before) dialogue.add(` ${text}`);
    else dialogue.add(`${before ? "\n" : ""}Speaker ${(who ?? 0) + 1}: ${text}`);
    before = { who };
    if (pace.isDue(10)) await pace.turn();
  }
  return dialogue.end();
}

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
function transcript(job: Job): NonNullable<ReturnType<typeof transcriptOf>> {
  const found = transcriptOf(job);
  if (!found) throw new GladiaError("GLADIA_RESPONSE", "response-no-transcript", { id: job.id }, { id: job.id });
  return found;
}

async function subtitles(job: Job, format: "srt" | "vtt"): Promise<string> {
  const { utterances } = transcript(job);
  const given = fieldsOf(fieldsOf(job.result)["transcription"])["subtitles"];
  const made = (Array.isArray(given) ? given : []).find((subtitle) => fieldsOf(subtitle)["format"] === format);
  const ready = fieldsOf(made)["subtitles"];
  if (typeof ready === "string" && ready) return ready;
  const captions = await makeCaptions(utterances);
  return format === "srt" ? toSrt(captions) : toVtt(captions);
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
