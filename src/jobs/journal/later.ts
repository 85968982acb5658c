/** Something to be done after a while, in a process that may end before. */
export class Later {
  readonly #milliseconds: number;
  readonly #act: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(milliseconds: number, act: () => void) {
    this.#milliseconds = milliseconds;
    this.#act = act;
  }

  /** Plans it, unless it is planned. */
  plan(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#act();
    }, this.#milliseconds).unref();
  }

  /** Plans it anew, from now. */
  postpone(): void {
    this.cancel();
    this.plan();
  }

  cancel(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
