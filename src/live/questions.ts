/** Unanswered ones that are remembered; a server that answers none must not cost memory. */
const MOST = 100;

/** The empty chunks of a connection, by which the server is asked where it stands. */
export class Questions {
  /** What was sent before each that is not answered yet. */
  #sentBefore: number[] = [];
  #last = 0;

  /** A connection begins at a position. */
  begin(position: number): void {
    this.#sentBefore = [];
    this.#last = position;
  }

  /** @param sent position up to which was sent before it */
  asked(sent: number): void {
    this.#last = sent;
    this.#sentBefore.push(sent);
    if (this.#sentBefore.length > MOST) this.#sentBefore.shift();
  }

  /** The oldest one is answered. Gives what was sent before it. */
  answered(): number | undefined {
    return this.#sentBefore.shift();
  }

  /** Whether its answer would tell more than that of the last one; what a server refuses need not be asked twice. */
  isDue(sent: number): boolean {
    return sent > this.#last;
  }
}
