/** How far ahead of real time audio may be sent, and how far behind it may catch up at once (milliseconds). */
const AHEAD = 1000;
const BEHIND = 5000;
/** The clocks of microphones differ: what is this much faster than ours is not held back. */
const DRIFT = 1.02;

/** Holds audio back that comes faster than it was spoken, as files do. */
export class Pacer {
  readonly #bytesPerMillisecond: number;
  /** When what was sent will have been spoken (`performance.now()`). */
  #until = performance.now();
  /** Bytes that were sent once more. */
  #again = 0;

  /** @param speed how many times as fast as real time audio may be sent */
  constructor(bytesPerSecond: number, speed: number) {
    this.#bytesPerMillisecond = (bytesPerSecond * speed * DRIFT) / 1000;
  }

  /** Nothing waited to be sent until now: only so much of the pause may be caught up. */
  rested(): void {
    this.#until = Math.max(this.#until, performance.now() - BEHIND);
  }

  /** Milliseconds until the next audio may be sent. */
  get wait(): number {
    return Math.max(0, this.#until - AHEAD - performance.now());
  }

  /** Bytes that are late by real time: what waits, up to that many, does so since the connection is slow or lost. */
  get late(): number {
    return Math.max(0, (performance.now() - this.#until) * this.#bytesPerMillisecond);
  }

  /** Bytes that may have been sent by now, had nothing been sent once more, beyond what was. */
  get due(): number {
    return Math.max(0, (performance.now() + AHEAD - this.#until) * this.#bytesPerMillisecond + this.#again);
  }

  /** Real time begins now. */
  restart(): void {
    this.#until = performance.now();
  }

  /** So many bytes were sent, some of them once more, or given up. */
  passed(bytes: number, again = 0): void {
    this.#again += again;
    this.#until += bytes / this.#bytesPerMillisecond;
  }
}
