export type Status = "queued" | "processing" | "done" | "error";

/** The part of a stored file that a job shows. */
export interface JobFile {
  id: string;
  filename: string | null;
  source: string | null;
  audio_duration: number | null;
  number_of_channels: number | null;
}

/** A message to someone else's server that has not arrived yet. `id` stays the same over all tries. */
export interface Delivery {
  id: string;
  kind: "callback" | "webhook";
  event:
    | `transcription.${"created" | "success" | "error"}`
    | `live.${"start_session" | "start_recording" | "end_recording" | "end_session"}`;
}

/** One transcription, of a file or of a live session, as it lies on disk; its result lies beside it. */
export interface Job {
  id: string;
  /** counts the jobs of this engine, for a stable order within one millisecond */
  sequence: number;
  created_at: string;
  completed_at: string | null;
  status: Status;
  error_code: number | null;
  error_message: string | null;
  custom_metadata: Record<string, unknown> | null;
  /** a live session, or a file when it is not said */
  kind?: "live";
  /** the request as it was sent, without `custom_metadata`; that of a file has an `audio_url` */
  request_params: Record<string, unknown>;
  /** what the client of a live session left for those who look into it */
  debug?: Record<string, unknown>;
  file: JobFile | null;
  warnings: string[];
  deliveries: Delivery[];
}

/** True when nothing more will happen to the job. */
export function isFinal(job: Job): boolean {
  return job.status === "done" || job.status === "error";
}

/** What a job is about, by the API's word for it. */
export type JobKind = "pre-recorded" | "live";

/** The kind of a job. */
export function kindOf({ kind }: Job): JobKind {
  return kind ?? "pre-recorded";
}

/**
 * A job as the API shows it, as JSON text.
 * @param job what is known of it
 * @param result its result as JSON text, undefined while there is none
 * @param stage what the recogniser is doing just now
 */
export function jobText(job: Job, result: string | undefined, stage?: string): string {
  // The envelope has no field for either, so both go where the API puts debug data.
  const debug = {
    ...job.debug,
    ...(stage === undefined ? {} : { stage }),
    ...(job.warnings.length === 0 ? {} : { warnings: job.warnings }),
  };
  const envelope = JSON.stringify({
    id: job.id,
    request_id: `G-${job.id.slice(0, 8)}`,
    version: 2,
    status: job.status,
    created_at: job.created_at,
    completed_at: job.completed_at,
    custom_metadata: job.custom_metadata,
    error_code: job.error_code,
    post_session_metadata: debug,
    kind: kindOf(job),
    file: job.file,
    request_params: job.request_params,
  });
  // The result may be megabytes, already written as JSON: taking it apart and together again would hold the process up.
  return `${envelope.slice(0, -1)},"result":${result ?? "null"}}`;
}
