import type { GladiaClient } from "../client";
import { pause } from "../http/retry";
import { isFinal, type Job } from "../types";

/** Milliseconds between two looks: the first, and the longest. */
const FIRST = 500;
const LONGEST = 10_000;

/**
 * A live session that has ended: as it is when its result is there, which may take some seconds, or as it was last.
 * @param patience milliseconds until its result is not waited for any more
 * @param longest milliseconds between two looks at most
 * @throws GladiaError; the signal's reason
 */
export async function liveResult(
  client: GladiaClient,
  id: string,
  { patience, longest = LONGEST, signal }: { patience: number; longest?: number; signal?: AbortSignal },
): Promise<Job> {
  const end = performance.now() + patience;
  for (let wait = FIRST; ; wait = Math.min(wait * 1.5, longest)) {
    const job = await client.get(id, { kind: "live", signal });
    if (isFinal(job) || performance.now() + wait > end) return job;
    await pause(wait, signal);
  }
}
