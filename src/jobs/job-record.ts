import type { Job } from "../types";

export type JobState = "waiting" | "uploading" | "queued" | "processing" | "done" | "error" | "cancelled";

/** What is told of one job, from the moment its message came. */
export interface JobRecord {
  /** Ours; a job has no id before Gladia made it. */
  key: string;
  id?: string | undefined;
  /** A live session; undefined for a recording. */
  kind?: "live" | undefined;
  /** Which one it is, from 1, of the live sessions in which one speaker went on, past the limit of one session. */
  part?: number | undefined;
  /** The node that works on it; empty: none of ours. */
  node: string;
  state: JobState;
  /** `Date.now()`. */
  began: number;
  ended?: number | undefined;
  /** Seconds of audio. */
  duration?: number | undefined;
  /** Seconds that Gladia billed. */
  billed?: number | undefined;
  filename?: string | undefined;
  /** The first words of the transcript. */
  text?: string | undefined;
  error?: string | undefined;
  /** Whose key reads it; undefined for the account's own. */
  customer?: string | undefined;
  /** A message waits for it, which can be cancelled. */
  held: boolean;
}

/**
 * What the editor is told of changes. Everybody who may see statuses hears it, so that it holds no names and no words:
 * who may read jobs asks for them.
 */
export interface JobNews {
  jobs: { key: string; state: JobState }[];
  /** Keys. */
  gone: string[];
  /** The account was removed. */
  removed?: true;
}

/** Characters kept of a transcript and of an error. */
const MAX_WORDS = 120;
export const MAX_ERROR = 500;

export const isOver = ({ state }: JobRecord) => state === "done" || state === "error" || state === "cancelled";

/** A copy of a text's beginning: what `slice` gives would keep the whole text in memory. */
export const beginning = (text: string, length: number) => text.slice(0, length).split("").join("");

/** What a job itself tells. */
export function readJob({ result, file }: Job): Pick<JobRecord, "duration" | "billed" | "filename" | "text"> {
  const { metadata } = result ?? {};
  const text: unknown = result?.transcription?.full_transcript;
  return {
    duration: metadata?.audio_duration ?? file?.audio_duration ?? undefined,
    billed: metadata?.billing_time,
    filename: file?.filename ?? undefined,
    text: typeof text === "string" ? beginning(text, MAX_WORDS) : undefined,
  };
}

/** What changes of a record that is over when somebody waits for its job again: one that is done stays done. */
export function reopened(record: JobRecord, change: Partial<JobRecord>): Partial<JobRecord> {
  const { state, ...rest } = change;
  if (state === undefined || record.state === "done") return rest;
  return { ...change, error: undefined, ended: undefined };
}
