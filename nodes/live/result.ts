import { GladiaError } from "../../src/errors";
import type { Account } from "../../src/jobs/account";
import { jobFailure } from "../../src/jobs/failure";
import { liveResult } from "../../src/jobs/live-result";
import { textOf } from "../../src/output";
import { isFinal, type Job } from "../../src/types";

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
  const job = await liveResult(account.client, id, { patience: deadline * 1000, signal });
  if (job.status === "error") throw jobFailure(job);
  if (isFinal(job)) return { job, text: textOf(job) };
  throw new GladiaError("GLADIA_TIMEOUT", "timeout-job", { id, seconds: deadline }, { id, retryable: true });
}
