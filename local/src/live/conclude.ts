import type { Job, JobFile } from "../jobs/job";
import type { LiveParts } from "./parts";
import type { SessionFiles } from "./recording";
import { writeResult } from "./result";

/** What the end of a session needs. */
type Parts = Pick<LiveParts, "jobs" | "due" | "dispatch">;

/** What was recorded: its files, its length in seconds, and its channels. */
export interface Recorded {
  files: SessionFiles;
  duration: number;
  channels: number;
}

/** The recording of a session as its job shows it. */
function fileOf(id: string, { duration, channels }: Recorded): JobFile {
  return { id, filename: `${id}.wav`, source: null, audio_duration: duration, number_of_channels: channels };
}

/**
 * Ends a session well: its result is on disk then, and the webhook is told.
 * @param warnings told to the user in `post_session_metadata`
 */
export async function keepResult(
  { jobs, due, dispatch }: Parts,
  job: Job,
  result: object,
  recorded: Recorded,
  warnings: string[] = [],
): Promise<void> {
  const text = await writeResult(result, recorded.files.messages);
  await jobs.update(job, ({ id }) => ({ file: fileOf(id, recorded) }));
  await jobs.finish(job, text, warnings, due("live.end_session"));
  dispatch(job);
}

/** Ends a session badly; its recording is kept. `code` 400 to 599, as in HTTP. */
export async function keepFailure(
  { jobs, due, dispatch }: Parts,
  job: Job,
  { code, message }: { code: number; message: string },
  recorded: Recorded,
): Promise<void> {
  await jobs.update(job, ({ id }) => ({ file: fileOf(id, recorded) }));
  await jobs.fail(job, code, message, due("live.end_session"));
  dispatch(job);
}
