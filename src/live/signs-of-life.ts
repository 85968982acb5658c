/** Milliseconds without a sign of life after which a connection is asked for one, and after which it is dead. */
const DOUBT = 8000;
const DEAD = 15_000;
/** Milliseconds without a message, after the stop, until the end is not waited for any more. */
export const END = 120_000;

/** When a live session's server was last heard of. */
export class SignsOfLife {
  #message = 0;
  #alive: number | undefined;

  /** Something came: bytes, or the answer to a ping. */
  alive(): void {
    this.#alive = performance.now();
  }

  /** A message came that tells how far the server is, or from now on one is waited for. */
  message(): void {
    this.#message = performance.now();
  }

  /** Whether nothing came for so long that the server is to say something. */
  get isDoubtful(): boolean {
    return this.#isOlder(DOUBT);
  }

  get isDead(): boolean {
    return this.#isOlder(DEAD);
  }

  /** Whether the end has been waited for long enough. */
  get isEndless(): boolean {
    return performance.now() - this.#message > END;
  }

  #isOlder(milliseconds: number): boolean {
    return this.#alive !== undefined && performance.now() - this.#alive > milliseconds;
  }
}
