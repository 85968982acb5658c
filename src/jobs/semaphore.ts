import { GladiaError } from "../errors";

interface Waiting {
  enter(): void;
  onPosition: ((position: number) => void) | undefined;
}

/** How many jobs of an account may be under way at once; the others wait in the order they came. */
export class Semaphore {
  readonly #concurrency: number;
  readonly #limit: number;
  readonly #queue: Waiting[] = [];
  #busy = 0;

  /** @param limit how many may wait */
  constructor(concurrency: number, limit: number) {
    this.#concurrency = concurrency;
    this.#limit = limit;
  }

  get isBusy(): boolean {
    return this.#busy > 0;
  }

  /**
   * Waits for a slot and gives the function that frees it, which may be called more than once.
   * @param onPosition told of the place in the queue, 1 being the next
   * @throws GladiaError GLADIA_QUEUE_FULL; the signal's reason
   */
  async acquire(signal: AbortSignal, onPosition?: (position: number) => void): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#busy < this.#concurrency) {
      this.#busy++;
      return this.#release();
    }
    if (this.#queue.length >= this.#limit) {
      throw new GladiaError("GLADIA_QUEUE_FULL", "queue-full", { limit: this.#limit }, { retryable: true });
    }
    await new Promise<void>((resolve, reject) => {
      const leave = () => {
        this.#queue.splice(this.#queue.indexOf(waiting), 1);
        this.#tellPositions();
        reject(signal.reason as Error);
      };
      const waiting = {
        onPosition,
        enter: () => {
          signal.removeEventListener("abort", leave);
          resolve();
        },
      };
      signal.addEventListener("abort", leave, { once: true });
      this.#queue.push(waiting);
      onPosition?.(this.#queue.length);
    });
    return this.#release();
  }

  /** Takes a slot without waiting, for a job that is under way already. */
  occupy(): () => void {
    this.#busy++;
    return this.#release();
  }

  #release(): () => void {
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#busy--;
      while (this.#busy < this.#concurrency && this.#queue.length > 0) {
        this.#busy++;
        this.#queue.shift()?.enter();
        this.#tellPositions();
      }
    };
  }

  #tellPositions(): void {
    this.#queue.forEach(({ onPosition }, i) => {
      onPosition?.(i + 1);
    });
  }
}
