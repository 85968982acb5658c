import type { Job } from "../jobs/job";
import { rounded } from "../result/timed";
import type { LiveParts } from "./deps";
import { bytesPerSecond, formatOf } from "./format";
import { requestOf } from "./options";
import type { SessionFiles } from "./recording";
import { writeResult } from "./result";

/** What the end of a session needs. */
type Deps = Pick<LiveParts, "jobs" | "due" | "dispatch">;

/**
 * Closes a session's recording: it has its length, and can be downloaded.
 * @returns its length in seconds
 */
export async function keepRecording({ jobs }: Deps, job: Job, files: SessionFiles): Promise<number> {
  const format = formatOf(requestOf(job));
  const duration = rounded((await files.seal(format)) / bytesPerSecond(format));
  const file = { id: job.id, filename: `${job.id}.wav`, source: null, audio_duration: duration };
  await jobs.update(job, () => ({ file: { ...file, number_of_channels: format.channels } }));
  return duration;
}

/**
 * Ends a session well: its result is on disk then, and the webhook is told.
 * @param warnings told to the user in `post_session_metadata`
 */
export async function keepResult(
  { jobs, due, dispatch }: Deps,
  job: Job,
  result: object,
  files: SessionFiles,
  warnings: string[] = [],
): Promise<void> {
  await jobs.finish(job, await writeResult(result, files.messages), warnings, due("live.end_session"));
  dispatch(job);
}

/** Ends a session badly; its recording is kept. `code` 400 to 599, as in HTTP. */
export async function keepFailure(
  parts: Deps,
  job: Job,
  { code, message }: { code: number; message: string },
  files: SessionFiles,
): Promise<void> {
  await keepRecording(parts, job, files);
  await parts.jobs.fail(job, code, message, parts.due("live.end_session"));
  parts.dispatch(job);
}
