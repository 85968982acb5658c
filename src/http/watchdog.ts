/**
 * Ends a request that makes no progress: its `signal` aborts with `reason()` when `milliseconds` pass without
 * `touch()`, or with the outer signal's reason as soon as that one aborts.
 */
export class Watchdog {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #milliseconds: number;
  readonly #reason: () => Error;
  readonly #onOuter = () => this.#controller.abort(this.#outer?.reason);
  #timer: NodeJS.Timeout | undefined;
  #allowed: number;

  constructor(milliseconds: number, outer: AbortSignal | undefined, reason: () => Error) {
    this.#milliseconds = milliseconds;
    this.#allowed = milliseconds;
    this.#outer = outer;
    this.#reason = reason;
    this.#timer = this.#start(milliseconds);
    if (outer?.aborted) {
      this.#onOuter();
    } else {
      outer?.addEventListener("abort", this.#onOuter, { once: true });
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Progress was made. `extra`: milliseconds that the next step may take on top, for a large piece on a slow line. */
  touch(extra = 0): void {
    const allowed = this.#milliseconds + extra;
    if (this.#timer && allowed === this.#allowed) {
      this.#timer.refresh();
    } else {
      clearTimeout(this.#timer);
      this.#allowed = allowed;
      this.#timer = this.#start(allowed);
    }
  }

  /** Nothing is expected of the other side until the next `touch()`. */
  rest(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** The request is over. */
  stop(): void {
    this.rest();
    this.#outer?.removeEventListener("abort", this.#onOuter);
  }

  #start(milliseconds: number): NodeJS.Timeout {
    return setTimeout(() => this.#controller.abort(this.#reason()), Math.min(milliseconds, 2 ** 31 - 1));
  }
}
