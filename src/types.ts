// The API's shapes come from the official SDK's generated types, as types alone: nothing of it is installed with the nodes.
import type {
  PreRecordedV2AudioUploadResponse,
  PreRecordedV2Response,
  PreRecordedV2TranscriptionResult,
} from "@gladiaio/sdk";

/** Answer of `POST /v2/upload`. */
export type UploadAnswer = PreRecordedV2AudioUploadResponse;

/** Answer of `POST /v2/pre-recorded`. */
export interface CreateAnswer {
  id: string;
  result_url: string;
}

/** What a job found; every part but `metadata` may be missing. */
export type JobResult = PreRecordedV2TranscriptionResult;

/** A job as `GET /v2/pre-recorded/{id}` gives it; fields that the API adds later stay in it untouched. */
export type Job = PreRecordedV2Response;

/** Whether a job is over, well or badly: nothing about it changes any more. */
export function isFinal(job: Job): job is Job & { status: "done" | "error" } {
  return job.status === "done" || job.status === "error";
}

export type Utterance = NonNullable<JobResult["transcription"]>["utterances"][number];
export type Word = Utterance["words"][number];

/** One page of jobs, newest first. */
export interface JobPage {
  items: Job[];
  next: string | null;
}
