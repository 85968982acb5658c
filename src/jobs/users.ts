/** Counts what uses an account, which closes after it. */
export class Users {
  #count = 0;
  #idle: () => void = () => {};

  /** Counts one in; the function it gives counts it out, and is called once. */
  enter(): () => void {
    this.#count++;
    return () => {
      if (--this.#count === 0) this.#idle();
    };
  }

  /** Resolves when nobody uses the account, or after so many milliseconds. */
  async idle(patience: number): Promise<void> {
    if (this.#count === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, patience);
      this.#idle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
