/** Messages that are waited for, for one that is missing: 0.2 s of a call. */
const PATIENCE = 10;

/**
 * Puts numbered messages in order. One that is missing is waited for only a while; one that comes after that, and one that
 * comes twice, is left out.
 */
export class Ordered<T> {
  #next: number | undefined;
  readonly #waiting = new Map<number, T>();

  /** The first number is known, which need not be the one that came first. */
  begin(number: number): T[] {
    this.#next = number;
    return this.#ready();
  }

  /** Takes a message. Gives those whose turn it is. */
  put(number: number, message: T): T[] {
    if (this.#next !== undefined && number < this.#next) return [];
    this.#waiting.set(number, message);
    return this.#ready();
  }

  /** Nothing more comes: the rest, in order. */
  end(): T[] {
    const rest = [...this.#waiting].sort(([a], [b]) => a - b).map(([, message]) => message);
    this.#waiting.clear();
    return rest;
  }

  #ready(): T[] {
    const ready: T[] = [];
    if (this.#waiting.size > PATIENCE) this.#next = Math.min(...this.#waiting.keys());
    for (let next = this.#next; next !== undefined && this.#waiting.has(next); next = this.#next) {
      ready.push(this.#waiting.get(next) as T);
      this.#waiting.delete(next);
      this.#next = next + 1;
    }
    return ready;
  }
}
