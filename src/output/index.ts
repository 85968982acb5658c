import { GladiaError } from "../errors";
import type { Job, Utterance } from "../types";
import { makeCaptions, toSrt, toVtt } from "./captions";
import { fieldsOf, isFields, transcriptOf } from "./usable";

/** What `msg.payload` can become. */
export const OUTPUTS = ["text", "job", "utterances", "dialogue", "srt", "vtt", "translations"] as const;
export type Output = (typeof OUTPUTS)[number];

/**
 * The part of a finished job that the user wants.
 * @throws GladiaError GLADIA_RESPONSE when the job holds nothing of a transcript
 */
export function formatJob(job: Job, output: Output): unknown {
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
export function toDialogue(utterances: Utterance[]): string {
  const channels = new Set(utterances.map(({ channel }) => channel)).size;
  const lines: { who: number | undefined; text: string }[] = [];
  for (const utterance of [...utterances].sort((a, b) => a.start - b.start)) {
    const who = utterance.speaker ?? (channels > 1 ? utterance.channel : undefined);
    const last = lines.at(-1);
    const text = utterance.text.trim();
    if (last && last.who === who) last.text += ` ${text}`;
    else lines.push({ who, text });
  }
  return lines.map(({ who, text }) => `Speaker ${(who ?? 0) + 1}: ${text}`).join("\n");
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

function subtitles(job: Job, format: "srt" | "vtt"): string {
  const { utterances } = transcript(job);
  const given = fieldsOf(fieldsOf(job.result)["transcription"])["subtitles"];
  const made = (Array.isArray(given) ? given : []).find((subtitle) => fieldsOf(subtitle)["format"] === format);
  const ready = fieldsOf(made)["subtitles"];
  if (typeof ready === "string" && ready) return ready;
  const captions = makeCaptions(utterances);
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
