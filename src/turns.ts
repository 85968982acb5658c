import { setImmediate as nextTurn } from "node:timers/promises";

/** Words, or what costs about as much, between two turns of the event loop: some milliseconds. */
export const STRIDE = 5000;
/** Bytes of JSON whose parsing counts as one step. */
export const STEP_BYTES = 100;
/** Milliseconds that work may take of one turn of the event loop. */
const SHARE = 10;
/** Steps between two looks at the clock. */
const LOOK = 100;

/**
 * Counts the steps of long work, so that the event loop turns every `STRIDE` of them, and before that where they take
 * long: code that V8 has not compiled yet takes ten times as long, and a small computer does, too.
 */
export class Pace {
  #steps = 0;
  #nextLook = LOOK;
  #began = performance.now();

  /** Counts steps that were done. Gives whether `turn` is to be awaited now: awaiting each step would cost more than it. */
  isDue(steps = 1): boolean {
    this.#steps += steps;
    if (this.#steps < this.#nextLook) return false;
    if (this.#steps >= STRIDE) return true;
    this.#nextLook = Math.min(STRIDE, this.#steps + LOOK);
    return performance.now() - this.#began >= SHARE;
  }

  /** Resolves when the event loop has turned. */
  async turn(): Promise<void> {
    await nextTurn();
    this.#steps = 0;
    this.#nextLook = LOOK;
    this.#began = performance.now();
  }
}

/** Has pieces of work that come all at once begin in the turns of the event loop that have room for them, in their order. */
export class TurnQueue {
  /** When the first piece of this turn began; undefined when none did. */
  #began: number | undefined;
  readonly #waiting: (() => void)[] = [];

  /** Resolves when a piece may begin: at once, or in a later turn. What it does before it awaits something counts. */
  async next(): Promise<void> {
    if (this.#began === undefined) {
      this.#began = performance.now();
      setImmediate(() => this.#turn());
    } else if (this.#waiting.length > 0 || performance.now() - this.#began > SHARE) {
      await new Promise<void>((begin) => this.#waiting.push(begin));
    }
  }

  #turn(): void {
    const begin = this.#waiting.shift();
    this.#began = begin && performance.now();
    if (!begin) return;
    setImmediate(() => this.#turn());
    begin();
  }
}

/** The parts of a long text as one: joined a thousand at a time, which costs less memory than one by one. */
export class TextParts {
  readonly #joined: string[] = [];
  #parts: string[] = [];

  add(part: string): void {
    this.#parts.push(part);
    if (this.#parts.length >= 1000) this.#join();
  }

  end(): string {
    this.#join();
    return this.#joined.join("");
  }

  #join(): void {
    this.#joined.push(this.#parts.join(""));
    this.#parts = [];
  }
}

/** Sorts by a number, smallest first, equal ones as they stood; the event loop turns meanwhile. Gives a new array. */
export async function sortBy<T>(items: readonly T[], numberOf: (item: T) => number, pace: Pace): Promise<T[]> {
  const compare = (a: T, b: T) => numberOf(a) - numberOf(b);
  let runs: T[][] = [];
  for (let from = 0; from < items.length; from += STRIDE) {
    runs.push(items.slice(from, from + STRIDE).sort(compare));
    if (pace.isDue(STRIDE)) await pace.turn();
  }
  while (runs.length > 1) {
    const merged: T[][] = [];
    for (let i = 0; i < runs.length; i += 2) merged.push(await merge(runs[i] as T[], runs[i + 1] ?? [], compare, pace));
    runs = merged;
  }
  return runs[0] ?? [];
}

async function merge<T>(a: T[], b: T[], compare: (a: T, b: T) => number, pace: Pace): Promise<T[]> {
  const merged: T[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const takesB = i >= a.length || (j < b.length && compare(a[i] as T, b[j] as T) > 0);
    merged.push((takesB ? b[j++] : a[i++]) as T);
    if (pace.isDue()) await pace.turn();
  }
  return merged;
}
