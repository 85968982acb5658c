import { setTimeout as sleep } from "node:timers/promises";
import { GladiaError } from "../errors";
import { RequestFailure } from "./failure";

const FIRST = 500;
const LONGEST = 30_000;

/** A server that asks for more patience than this (milliseconds) gets the failure reported instead. */
const MOST_PATIENCE = 300_000;

/**
 * Milliseconds to wait before try `n + 2` (n from 0): what the server asked for, else exponential with full jitter
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 */
export function delay(n: number, retryAfter: number | undefined): number {
  if (retryAfter !== undefined) {
    return retryAfter + Math.random() * 250;
  }
  return Math.random() * Math.min(LONGEST, FIRST * 2 ** n);
}

/**
 * Runs `attempt` until it succeeds, fails for good, or has been repeated `retries` times.
 * @param again whether this failure may be repeated; default: `cause.retryable`
 */
export async function retrying<T>(
  attempt: (n: number) => Promise<T>,
  options: { retries: number; signal?: AbortSignal | undefined; again?: (failure: GladiaError, n: number) => boolean },
): Promise<T> {
  const again = options.again ?? ((failure) => failure.cause.retryable);
  for (let n = 0; ; n++) {
    try {
      return await attempt(n);
    } catch (error) {
      if (!(error instanceof GladiaError) || n >= options.retries || options.signal?.aborted || !again(error, n)) {
        throw error;
      }
      const retryAfter = error instanceof RequestFailure ? error.retryAfter : undefined;
      if (retryAfter !== undefined && retryAfter > MOST_PATIENCE) {
        throw error;
      }
      await pause(delay(n, retryAfter), options.signal);
    }
  }
}

/** Waits; throws the signal's reason as soon as it aborts. */
export async function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  try {
    await sleep(milliseconds, undefined, signal ? { signal } : {});
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
