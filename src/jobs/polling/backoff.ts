import type { GladiaError } from "../../errors";
import { RequestFailure } from "../../http/failure";
import { delay } from "../../http/retry";

/** Requests in a row that fail until it is the server that fails, and not one request. */
const FAILURES_TO_OPEN = 3;
const LONGEST_RETRY_AFTER_MS = 3_600_000;
const SHORTEST_PAUSE_MS = 250;

/** A circuit breaker for all requests of an account's poller. Times in milliseconds of `performance.now()`. */
export class Backoff {
  /** Nothing is asked until then. */
  pausedUntil = 0;
  #failures = 0;
  #pausedSince = 0;

  /** Nothing but failures lately: one request at a time finds out whether the server is well again. */
  get isOpen(): boolean {
    return this.#failures >= FAILURES_TO_OPEN;
  }

  succeeded(): void {
    this.#failures = 0;
  }

  /** A request that `began` then has failed: after several in a row, or when the server says so, all pause. */
  failed(error: GladiaError, began: number): void {
    const now = performance.now();
    const retryAfter = error instanceof RequestFailure ? error.retryAfter : undefined;
    if (retryAfter !== undefined) this.#pause(now + delay(0, Math.min(retryAfter, LONGEST_RETRY_AFTER_MS)));
    if (began < this.#pausedSince) return; // as old as the failures before: it says nothing new
    if (++this.#failures < FAILURES_TO_OPEN) return;
    this.#pausedSince = now;
    const doublings = Math.min(this.#failures - FAILURES_TO_OPEN, 5);
    this.#pause(now + Math.max(SHORTEST_PAUSE_MS, delay(doublings, undefined)));
  }

  #pause(until: number): void {
    this.pausedUntil = Math.max(this.pausedUntil, until);
  }
}

/** Tokens per second and job: so that no second sees requests for more than half of the jobs. */
const TOKENS_PER_JOB = 0.4;
const LEAST_PER_SECOND = 10;
const MOST_PER_SECOND = 500;
/** Seconds in which the number of jobs that counts falls by half: when all end at once, the last ones need not wait. */
const HALF_LIFE = 30;

/** Spreads the requests for single jobs when many are due at once. */
export class TokenBucket {
  #tokens = 0;
  #filledAt = 0;
  #jobs = 0;

  /** Takes a token. @param jobs how many are pending @param now `performance.now()` @returns whether there was one */
  take(jobs: number, now: number): boolean {
    const seconds = (now - this.#filledAt) / 1000;
    this.#jobs = Math.max(jobs, this.#jobs * 0.5 ** (seconds / HALF_LIFE));
    const rate = Math.min(MOST_PER_SECOND, Math.max(LEAST_PER_SECOND, TOKENS_PER_JOB * this.#jobs));
    this.#tokens = Math.min(Math.max(2, rate / 8), this.#tokens + seconds * rate);
    this.#filledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
