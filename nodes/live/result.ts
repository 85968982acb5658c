import { GladiaError } from "../../src/errors";
import { pause } from "../../src/http/retry";
import type { Account } from "../../src/jobs/account";
import { jobFailure } from "../../src/jobs/failure";
import { textOf } from "../../src/output";
import { isFinal, type Job } from "../../src/types";

/** Milliseconds between two looks: the first, and the longest. */
const FIRST = 500;
const LONGEST = 10_000;

/**
 * The result of a live session that has ended; it may take some seconds until it is there.
 * @throws GladiaError GLADIA_TIMEOUT at the account's deadline, GLADIA_JOB; the signal's reason
 */
export async function fetchResult(
  account: Account,
  id: string,
  signal: AbortSignal,
): Promise<{ job: Job; text: string | undefined }> {
  const { deadline } = account.settings;
  const end = performance.now() + deadline * 1000;
  for (let wait = FIRST; ; wait = Math.min(wait * 1.5, LONGEST)) {
    const job = await account.client.getLive(id, signal);
    if (job.status === "error") throw jobFailure(job);
    if (isFinal(job)) return { job, text: textOf(job) };
    if (performance.now() + wait > end) {
      throw new GladiaError("GLADIA_TIMEOUT", "timeout-job", { id, seconds: deadline }, { id, retryable: true });
    }
    await pause(wait, signal);
  }
}
