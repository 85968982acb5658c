import type { Acknowledgement } from "./messages";

/**
 * Which of our bytes the server's counts mean. A server counts over the whole session or anew on each connection, and
 * what was lost on the way is in no count of it. So on each connection the first ack fixes what the counts are added to.
 */
export class Positions {
  /** Our position of the server's 0, on this connection. */
  #base = 0;
  #isFixed = true;
  /** Position up to which the server has acknowledged. */
  #acknowledged = 0;

  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** A new connection: its counts may begin anew. */
  reconnected(): void {
    this.#isFixed = false;
  }

  /**
   * From where on to send on a new connection.
   * @param probe the server's answer to an empty chunk; undefined when none came
   * @param sent position up to which was ever sent
   */
  resume(probe: Acknowledgement | undefined, sent: number): number {
    if (!probe) return this.#acknowledged;
    const position = this.#base + probe.to;
    // Less than was acknowledged: the server counts each connection. More than was ever sent: not to be believed.
    const from = position >= this.#acknowledged && position <= sent ? position : this.#acknowledged;
    this.#base = from - probe.to;
    this.#isFixed = true;
    this.#acknowledged = from;
    return from;
  }

  /**
   * Gives the position up to which the server has audio.
   * @param resumedAt where sending began on this connection
   * @param sent position up to which was sent
   */
  acknowledge(ack: Acknowledgement, resumedAt: number, sent: number): number {
    if (!this.#isFixed) {
      this.#base = resumedAt - ack.from;
      this.#isFixed = true;
    }
    this.#acknowledged = Math.max(this.#acknowledged, Math.min(this.#base + ack.to, sent));
    return this.#acknowledged;
  }

  /**
   * The server has not taken some bytes, or never got them: its counts go on without them.
   * @param bytes how many
   */
  skip(bytes: number): void {
    this.#base += bytes;
    this.#acknowledged += bytes;
  }

  /** How many of the bytes sent until an empty chunk the server has not taken, by its answer to that. */
  missing(probe: Acknowledgement, sentBefore: number): number {
    return this.#isFixed ? Math.max(0, sentBefore - (this.#base + probe.to)) : 0;
  }
}
