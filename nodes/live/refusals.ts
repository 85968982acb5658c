import { GladiaError } from "../../src/errors";
import type { Account } from "../../src/jobs/account";
import type { LiveFormat } from "../../src/live/input";
import type { Options } from "../../src/options/merge";

/** Milliseconds from the beginning of a session that was refused until the same is asked for again. */
const PAUSE = 2000;

/** What a session is begun with. */
export interface Beginning {
  /** `performance.now()` */
  at: number;
  /** Equal for sessions that a server would refuse alike. */
  request: string;
}

/** @param given the message's own options */
export function beginningOf(account: Account, format: LiveFormat, given: Options | undefined): Beginning {
  return { at: performance.now(), request: JSON.stringify([account.customer, format, given]) };
}

/** Keeps a microphone that is refused a session, or loses each at once, from asking for one more with each of its chunks. */
export class Refusals {
  #last: { error: Error; beginning: Beginning } | undefined;
  /** Whether the server has ended the last session at once, which may happen once. */
  #isBrief = false;

  /** A session has failed before there was one at Gladia. */
  note(error: Error, beginning: Beginning): void {
    const isLasting = error instanceof GladiaError && !error.cause.retryable;
    this.#last = isLasting ? { error, beginning } : undefined;
  }

  /**
   * The server has ended a session that was there.
   * @param error why, where it says so
   */
  ended(error: Error | undefined, beginning: Beginning, id: string): void {
    const isBrief = performance.now() - beginning.at < PAUSE;
    const reason = error ?? new GladiaError("GLADIA_REJECTED", "live-brief", { id }, { id, retryable: true });
    if (isBrief && this.#isBrief) this.#last = { error: reason, beginning };
    this.#isBrief = isBrief;
  }

  /** @throws Error what the last such session has failed with, a few seconds after it was begun */
  check({ at, request }: Beginning): void {
    const { error, beginning } = this.#last ?? {};
    if (error && beginning?.request === request && at - beginning.at < PAUSE) throw error;
  }
}
