import { performance } from "node:perf_hooks";

/** What is said finally goes before everything else. */
export const FINAL = 0;
/** Files and what is shown of an utterance under way share the rest. */
export const USUAL = 1;

/**
 * To be called often while working: lets messages in, and lets others work when it is their turn. May throw to end the
 * work early.
 */
export type Pause = () => Promise<void>;

/** Others of the same rank have their turn after so long, ms. */
const SLICE = 200;
/** Whoever has waited so long, ms, is served as if it were final: many talkers must not hold up a file for ever. */
const LONG = 3000;

interface Waiting {
  rank: number;
  since: number;
  go: () => void;
}

/** Shares one processor among those who need it: one at a time, lower ranks first, and in slices. */
export class Turns {
  readonly #waiting: Waiting[] = [];
  #busy = false;

  /** Works when it is this one's turn. */
  async run<Value>(rank: number, work: (pause: Pause) => Promise<Value>): Promise<Value> {
    await this.#turn(rank);
    let since = performance.now();
    const pause = async () => {
      await new Promise(setImmediate);
      const used = performance.now() - since;
      const urgent = this.#waiting.some((other) => other.rank < rank || (used > SLICE && other.rank === rank));
      const overdue = used > SLICE && this.#waiting.some((other) => ranked(other) <= rank);
      if (!urgent && !overdue) return;
      const back = this.#turn(rank);
      this.#next();
      await back;
      since = performance.now();
    };
    try {
      return await work(pause);
    } finally {
      this.#next();
    }
  }

  async #turn(rank: number): Promise<void> {
    if (!this.#busy) {
      this.#busy = true;
      return;
    }
    await new Promise<void>((go) => this.#waiting.push({ rank, since: performance.now(), go }));
  }

  #next(): void {
    let best: Waiting | undefined;
    for (const other of this.#waiting) if (!best || ranked(other) < ranked(best)) best = other;
    if (!best) {
      this.#busy = false;
      return;
    }
    this.#waiting.splice(this.#waiting.indexOf(best), 1);
    best.go();
  }
}

function ranked({ rank, since }: Waiting): number {
  return performance.now() - since > LONG ? FINAL : rank;
}
