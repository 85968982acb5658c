import type { GladiaError } from "../errors";
import { RequestFailure } from "../http/failure";
import { delay } from "../http/retry";

/** Requests in a row that fail until it is the server that is ill, and not one request. */
const SEVERAL = 3;
const MOST_PATIENCE = 3_600_000;
/** Requests for single jobs per second, as a share of the jobs: many that are due at once are spread. */
const SHARE = 0.4;
const RATE = { least: 10, most: 500 };

/** What an account holds back: all its requests while the server is ill or asks for it, and bursts at any time. */
export class Restraint {
  /** Milliseconds of `performance.now()` until which nothing is asked. */
  quietUntil = 0;
  #failures = 0;
  #quietSince = 0;
  /** How many there were lately: when all end at once, the last ones need not wait for ever. */
  #jobs = 0;
  #tokens = 0;
  #tokensAt = 0;

  /** Nothing but failures lately: one request at a time finds out whether the server is well again. */
  get isIll(): boolean {
    return this.#failures >= SEVERAL;
  }

  succeeded(): void {
    this.#failures = 0;
  }

  /** A request that `began` then has failed: after several in a row, or when the server says so, all keep quiet. */
  failed(error: GladiaError, began: number): void {
    const now = performance.now();
    const asked = error instanceof RequestFailure ? error.retryAfter : undefined;
    const until = asked === undefined ? 0 : now + delay(0, Math.min(asked, MOST_PATIENCE));
    this.quietUntil = Math.max(this.quietUntil, until);
    if (began < this.#quietSince) return; // as old as the failures before: it says nothing new
    if (++this.#failures < SEVERAL) return;
    this.#quietSince = now;
    const wait = Math.max(250, delay(Math.min(this.#failures - SEVERAL, 5), undefined));
    this.quietUntil = Math.max(this.quietUntil, now + wait);
  }

  /** How many of so many jobs may be asked for now, so that no second sees requests for more than half of them. */
  allowance(jobs: number, now: number): number {
    const seconds = (now - this.#tokensAt) / 1000;
    this.#jobs = Math.max(jobs, this.#jobs * 0.5 ** (seconds / 30));
    const rate = Math.min(RATE.most, Math.max(RATE.least, SHARE * this.#jobs));
    this.#tokens = Math.min(Math.max(2, rate / 8), this.#tokens + seconds * rate);
    this.#tokensAt = now;
    return Math.floor(this.#tokens);
  }

  /** Takes from the allowance. */
  spend(requests: number): void {
    this.#tokens -= requests;
  }
}
