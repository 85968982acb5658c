import { pause } from "../../src/http/retry";
import type { Account } from "../../src/jobs/account";
import { isFinal, type Job } from "../../src/types";

/** Milliseconds between two looks at a live session that has ended, and until its result is not waited for any more. */
const LOOK = 500;
const PATIENCE = 15_000;

/**
 * A job as Gladia has it now. The result of a live session may take some seconds after its end.
 * @throws GladiaError
 */
export async function resultOf(account: Account, id: string): Promise<Job> {
  const record = account.history.ofJob(id);
  if (record?.kind !== "live") return account.client.get(id);
  const end = performance.now() + PATIENCE;
  for (;;) {
    const job = await account.client.get(id, { kind: "live" });
    if (isFinal(job) || performance.now() > end) return job;
    await pause(LOOK, AbortSignal.timeout(PATIENCE));
  }
}
