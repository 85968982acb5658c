/** Milliseconds that a timer can wait at most. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** When a session is to stop by itself: without audio for so long, or after so long. */
export class TimeLimits {
  readonly #timers: { idle?: NodeJS.Timeout; maximum?: NodeJS.Timeout } = {};
  #lastAudio = performance.now();

  /** @param limits seconds; undefined for no limit */
  constructor(
    { idle, maximum }: { idle?: number | undefined; maximum?: number | undefined },
    stop: { onIdle(): void; onMaximum(): void },
  ) {
    if (idle !== undefined) this.#watch(idle * 1000, stop.onIdle);
    if (maximum !== undefined)
      this.#timers.maximum = setTimeout(stop.onMaximum, Math.min(maximum * 1000, LONGEST_TIMER));
  }

  /** Audio came. */
  heard(): void {
    this.#lastAudio = performance.now();
  }

  /** Nothing is to be stopped any more. */
  end(): void {
    clearTimeout(this.#timers.idle);
    clearTimeout(this.#timers.maximum);
  }

  #watch(milliseconds: number, onIdle: () => void): void {
    const look = () => {
      const left = this.#lastAudio + milliseconds - performance.now();
      if (left <= 0) onIdle();
      else wait(left + 1);
    };
    const wait = (left: number) => {
      this.#timers.idle = setTimeout(look, Math.min(left, LONGEST_TIMER));
    };
    wait(milliseconds);
  }
}
