import type { Node, NodeAPI } from "node-red";
import type { Term, TextKey } from "../../src/errors";
import { translate } from "../shared/texts";

/** Milliseconds in which the same is told once. */
const QUIET = 10_000;
/** Seconds of audio that are worth a warning before more are lost. */
const LEAST = 0.05;

/** What a session warns of: at once, and then so seldom that a network that stays bad does not fill the log. */
export class SessionWarnings {
  readonly #RED: NodeAPI;
  readonly #node: Node;
  readonly #toldAt = new Map<TextKey, number>();
  /** Seconds that were lost and not told. */
  #lost = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(RED: NodeAPI, node: Node) {
    this.#RED = RED;
    this.#node = node;
  }

  /** So many seconds of audio are lost. */
  lost(seconds: number): void {
    this.#lost += seconds;
    if (this.#timer || this.#lost < LEAST) return;
    this.#tellLost();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.lost(0);
    }, QUIET);
  }

  warn({ key, params = {} }: Term): void {
    const now = performance.now();
    if (now - (this.#toldAt.get(key) ?? Number.NEGATIVE_INFINITY) < QUIET) return;
    this.#toldAt.set(key, now);
    this.#node.warn(translate(this.#RED, key, params));
  }

  /** The session is over: what is left to tell. */
  end(): void {
    clearTimeout(this.#timer);
    if (this.#lost > 0) this.#tellLost();
  }

  #tellLost(): void {
    const seconds = Math.max(0.1, Math.round(this.#lost * 10) / 10);
    this.#lost = 0;
    this.#node.warn(translate(this.#RED, "live-dropped", { seconds }));
  }
}
