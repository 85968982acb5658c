import { GladiaError } from "../errors";
import { Pace, sortBy, TextParts } from "../turns";
import type { Job, Utterance } from "../types";
import { makeCaptions, toSrt, toVtt } from "./captions";

/** What `msg.payload` can become. */
export const OUTPUTS = ["text", "job", "utterances", "dialogue", "srt", "vtt", "translations"] as const;
export type Output = (typeof OUTPUTS)[number];

/**
 * The part of a finished job that the user wants. A long text is made with turns of the event loop in between.
 * @throws GladiaError GLADIA_RESPONSE when the job holds no transcript
 */
export async function formatJob(job: Job, output: Output): Promise<unknown> {
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
export async function toDialogue(utterances: Utterance[]): Promise<string> {
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

async function subtitles(job: Job, format: "srt" | "vtt"): Promise<string> {
  const transcription = transcriptOf(job);
  const made = transcription.subtitles?.find((subtitle) => subtitle.format === format)?.subtitles;
  if (typeof made === "string" && made) return made;
  const captions = await makeCaptions(transcription.utterances);
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
