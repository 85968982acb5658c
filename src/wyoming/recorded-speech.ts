import { bufferAudio } from "../audio/buffer";
import { GladiaError } from "../errors";
import type { Account } from "../jobs/account";
import { jobFailure } from "../jobs/failure";
import type { Options } from "../options/merge";
import { textOf } from "../output";
import type { Job } from "../types";
import { wavFile } from "./audio";
import type { Heard } from "./connection";
import { inTime, type RunningSpeech } from "./speech";

/** Seconds after the speech in which its job has to be done: nobody waits longer for an answer. */
const PATIENCE = 60;

export interface RecordedSpeechOptions {
  account: Account;
  /** The node's id. */
  node: string;
  options: Options;
  onProgress(state: string, id: string | undefined): void;
  onJob(job: Job): void;
}

/**
 * Speech that is transcribed when all of it was said: as a job of the account. Nobody waits for its text after a restart, so
 * only the job's slot and price are kept over it. @throws GladiaError GLADIA_BUDGET
 */
export function recordedSpeech(options: RecordedSpeechOptions): RunningSpeech {
  const { account } = options;
  account.checkBudget();
  const parts: Buffer[] = [];
  const abort = new AbortController();
  let isEnding = false;
  let finish: () => void = () => {};
  const over = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const cancel = () => {
    abort.abort(new GladiaError("GLADIA_CANCELLED", "cancelled"));
    if (!isEnding) finish();
  };
  return {
    over,
    // The socket's buffer behind it may be larger than the chunk.
    write: (pcm) => void parts.push(Buffer.from(pcm)),
    end: () => {
      isEnding = true;
      const heard = parts.length === 0 ? Promise.resolve({ text: "" }) : transcribed(options, wavFile(parts), abort);
      heard.then(finish, finish);
      return inTime(heard, PATIENCE, cancel);
    },
    cancel,
  };
}

async function transcribed(
  { account, node, options, onProgress, onJob }: RecordedSpeechOptions,
  wav: Buffer,
  abort: AbortController,
): Promise<Heard> {
  const audio = bufferAudio(wav, "utterance.wav");
  const item = await account.begin({ node, filename: audio.name, options, isTrial: true });
  try {
    const job = await account.runTrial(item, {
      audio,
      deadline: PATIENCE,
      signal: abort.signal,
      onStage: ({ status }) => {
        account.report(item, { state: status }, abort);
        onProgress(status, undefined);
      },
      onProgress: ({ id, status }) => {
        account.report(item, { state: status, id }, abort);
        onProgress(status, id);
      },
    });
    account.history.leave(item.key, job);
    if (job.status === "error") throw jobFailure(job);
    onJob(job);
    const [language] = job.result?.transcription?.languages ?? [];
    return { text: textOf(job) ?? "", language };
  } catch (error) {
    const isCancelled = error instanceof GladiaError && error.code === "GLADIA_CANCELLED";
    account.history.fail(item.key, isCancelled, error instanceof Error ? error.message : String(error));
    throw error;
  } finally {
    account.history.suspend(item.key);
  }
}
