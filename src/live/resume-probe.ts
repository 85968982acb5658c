/** Milliseconds in which a server that is known to read answers an empty chunk, and in which any does. */
const ANSWER = 1000;
const MOST = 3000;

/**
 * Waits, on a new connection, for the answer to an empty chunk. A ping goes with it: while that is not answered the server
 * has not read the chunk, or we have not read its answer, as when a flow has held up Node-RED.
 */
export class ResumeProbe {
  readonly #onSilence: () => void;
  #timer: NodeJS.Timeout | undefined;

  /** @param onSilence called when no answer has come */
  constructor(onSilence: () => void) {
    this.#onSilence = onSilence;
  }

  get isWaiting(): boolean {
    return this.#timer !== undefined;
  }

  begin(): void {
    this.#wait(MOST);
  }

  /** The ping was answered. */
  ponged(): void {
    if (this.isWaiting) this.#wait(ANSWER);
  }

  /** It was answered, or nobody waits for that any more. */
  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #wait(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#onSilence, milliseconds);
  }
}
