/**
 * Ends a request that makes no progress: it fires with `reason()` when `milliseconds` pass without `touch()`, or with
 * the outer signal's reason as soon as that one aborts, or with another reason at an end that was set. Then `signal` aborts.
 */
export class Watchdog {
  readonly #outer: AbortSignal | undefined;
  readonly #milliseconds: number;
  readonly #reason: () => Error;
  readonly #onOuter = () => this.#fire(this.#outer?.reason as Error);
  readonly #controller = new AbortController();
  readonly #tooLong: (milliseconds: number) => Error;
  #timer: NodeJS.Timeout | undefined;
  #end: NodeJS.Timeout | undefined;
  #endAt = Number.POSITIVE_INFINITY;
  #allowed: number;
  #isOver = false;

  /** @param tooLong the reason at an end that `endIn` has set for so many milliseconds; default: the same */
  constructor(
    milliseconds: number,
    outer: AbortSignal | undefined,
    reason: () => Error,
    tooLong: (milliseconds: number) => Error = reason,
  ) {
    this.#tooLong = tooLong;
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

  /** Why it fired; undefined until then. */
  get reason(): Error | undefined {
    return this.signal.reason as Error | undefined;
  }

  /** Progress was made. `extra`: milliseconds that the next step may take on top, for a large piece on a slow line. */
  touch(extra = 0): void {
    if (this.#isOver) return; // data may still come when the answer is already judged
    const allowed = this.#milliseconds + extra;
    if (this.#timer && allowed === this.#allowed) {
      this.#timer.refresh();
    } else {
      clearTimeout(this.#timer);
      this.#allowed = allowed;
      this.#timer = this.#start(allowed);
    }
  }

  /** Fires in so many milliseconds at the latest, whatever progress is made; of several ends the first one counts. */
  endIn(milliseconds: number): void {
    const at = performance.now() + milliseconds;
    if (this.#isOver || at >= this.#endAt) return;
    this.#endAt = at;
    clearTimeout(this.#end);
    this.#end = setTimeout(() => this.#fire(this.#tooLong(milliseconds)), milliseconds);
  }

  /** Nothing is expected of the other side until the next `touch()`. */
  rest(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** The request is over. */
  stop(): void {
    this.#isOver = true;
    this.rest();
    clearTimeout(this.#end);
    this.#outer?.removeEventListener("abort", this.#onOuter);
  }

  /** The first reason stays. */
  #fire(reason: Error): void {
    this.#controller.abort(reason);
  }

  #start(milliseconds: number): NodeJS.Timeout {
    return setTimeout(() => this.#fire(this.#reason()), Math.min(milliseconds, 2 ** 31 - 1));
  }
}
