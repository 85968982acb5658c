import { GladiaError } from "../errors";
import type { Job, Utterance } from "../types";
import { makeCaptions, toSrt, toVtt } from "./captions";

/** What `msg.payload` can become. */
export const OUTPUTS = ["text", "job", "utterances", "dialogue", "srt", "vtt", "translations"] as const;
export type Output = (typeof OUTPUTS)[number];

/**
 * The part of a finished job that the user wants.
 * @throws GladiaError GLADIA_RESPONSE when the job holds no transcript
 */
export function formatJob(job: Job, output: Output): unknown {
  switch (output) {
    case "job":
      return job;
    case "text":
      return transcriptOf(job).full_transcript;
    case "utterances":
      return transcriptOf(job).utterances;
    case "dialogue":
      return toDialogue(transcriptOf(job).utterances);
    case "srt":
    case "vtt":
      return subtitles(job, output);
    case "translations":
      return translations(job);
  }
}

/** The whole text of a job; undefined where it has none. */
export function textOf(job: Job): string | undefined {
  return job.result?.transcription?.full_transcript;
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

/** What failed within a job that is done: each add-on tells its own success (API reference, result). */
export function addOnFailures(job: Job): { name: string; message: string }[] {
  const result = (job.result ?? {}) as Record<string, unknown>;
  const transcription = (result["transcription"] ?? {}) as Record<string, unknown>;
  const parts = { ...result, sentences: result["sentences"] ?? transcription["sentences"] };
  return Object.entries(parts).flatMap(([name, part]) => {
    const { success, error } = (part ?? {}) as {
      success?: boolean;
      error?: { message?: unknown; exception?: unknown } | null;
    };
    if (success !== false) return [];
    return [{ name, message: String(error?.message ?? error?.exception ?? "no reason was given") }];
  });
}

function transcriptOf(job: Job): NonNullable<NonNullable<Job["result"]>["transcription"]> {
  const transcription = job.result?.transcription;
  if (typeof transcription?.full_transcript !== "string" || !Array.isArray(transcription.utterances)) {
    throw new GladiaError("GLADIA_RESPONSE", "response-no-transcript", { id: job.id }, { id: job.id });
  }
  return transcription;
}

function subtitles(job: Job, format: "srt" | "vtt"): string {
  const transcription = transcriptOf(job);
  const made = transcription.subtitles?.find((subtitle) => subtitle.format === format)?.subtitles;
  if (typeof made === "string" && made) return made;
  const captions = makeCaptions(transcription.utterances);
  return format === "srt" ? toSrt(captions) : toVtt(captions);
}

function translations(job: Job): Record<string, string> {
  const results = job.result?.translation?.results;
  return Object.fromEntries(
    (Array.isArray(results) ? results : []).flatMap(({ languages, full_transcript: text }) =>
      languages?.[0] && typeof text === "string" ? [[languages[0], text]] : [],
    ),
  );
}
