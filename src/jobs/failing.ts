/** Milliseconds in which a failure that comes and goes is told once. */
const AGAIN = 60_000;

/**
 * Whether something fails that is tried again and again, and when to tell it: once until it has worked again, and where it
 * works only now and then, as on a disk that is all but full, once a minute.
 */
export class Failing {
  #fails = false;
  #isTold = false;
  #toldAt = Number.NEGATIVE_INFINITY;

  /** It failed when it was last tried. */
  get is(): boolean {
    return this.#fails;
  }

  worked(): void {
    this.#fails = this.#isTold = false;
  }

  /** @param tell called where it is to be told */
  failed(tell: () => void): void {
    this.#fails = true;
    const now = performance.now();
    if (this.#isTold || now - this.#toldAt < AGAIN) return;
    this.#isTold = true;
    this.#toldAt = now;
    tell();
  }
}
