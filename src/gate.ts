/** Open while the flows run: what comes while they are stopped for a deploy waits. */
export class Gate {
  #isOpen = false;
  readonly #listeners = new Set<() => void>();

  get isOpen(): boolean {
    return this.#isOpen;
  }

  set(isOpen: boolean): void {
    this.#isOpen = isOpen;
    for (const listener of [...this.#listeners]) listener();
  }

  /** Tells of each change; the function it gives ends that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when it is open, and at once when it is. @throws the signal's reason */
  async opened(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    while (!this.#isOpen) await this.changed(signal);
  }

  /** Resolves at the next change. @throws the signal's reason */
  async changed(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const end = (settle: () => void) => {
        leave();
        signal.removeEventListener("abort", abort);
        settle();
      };
      const abort = () => end(() => reject(signal.reason as Error));
      const leave = this.onChange(() => end(resolve));
      signal.addEventListener("abort", abort, { once: true });
    });
  }
}
