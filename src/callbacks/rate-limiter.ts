import { pause } from "../http/retry";

/** Lets things through at a rate: some at once, then so many a second, in the order in which they came. */
export class RateLimiter {
  readonly #burst: number;
  readonly #interval: number;
  /** When as many as `burst` may go at once again, by `performance.now()`. */
  #fullAt = 0;

  /**
   * @param burst how many may go at once
   * @param perSecond how many may go each second after that
   */
  constructor(burst: number, perSecond: number) {
    this.#burst = burst;
    this.#interval = 1000 / perSecond;
  }

  /** Resolves when the caller may go on. @throws the signal's reason */
  async take(signal: AbortSignal): Promise<void> {
    const now = performance.now();
    this.#fullAt = Math.max(this.#fullAt, now) + this.#interval;
    const wait = this.#fullAt - now - this.#burst * this.#interval;
    if (wait > 0) await pause(wait, signal);
    signal.throwIfAborted();
  }
}
