import type { Account } from "../../src/jobs/account";
import { liveResult } from "../../src/jobs/live-result";
import type { Job } from "../../src/types";

/** Milliseconds between two looks at a live session that has ended, and until its result is not waited for any more. */
const LOOK = 500;
const PATIENCE = 15_000;

/**
 * A job as Gladia has it now. The result of a live session may take some seconds after its end.
 * @throws GladiaError
 */
export async function resultOf({ client, history }: Account, id: string): Promise<Job> {
  if (history.ofJob(id)?.kind !== "live") return client.get(id);
  return liveResult(client, id, { patience: PATIENCE + LOOK, longest: LOOK });
}
