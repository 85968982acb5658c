import { MAX_TOLD } from "../jobs/work-item";
import type { Job } from "../types";
import type { CallbackEvent } from "./event";

/** An event that was taken in and that the flow does not have yet. */
export interface PendingEvent {
  event: CallbackEvent;
  /** The job, where it was read already. */
  job?: Job;
  /** Resolves when the event would survive the end of the process. */
  saved: Promise<void>;
  /** The last try to tell those who want it, and who was told. */
  telling?: Promise<unknown>;
  told?: Set<string>;
}

/** What is known of an account's events: longer than its node lives, which every deploy makes anew. */
export class KnownEvents {
  /** By key, oldest first. */
  readonly pending = new Map<string, PendingEvent>();
  readonly #told = new Recent(MAX_TOLD);
  /** Apart: a live session has thousands of events, and would push out those of jobs. */
  readonly #toldLive = new Recent(MAX_TOLD);

  isTold(key: string): boolean {
    return this.#of(key).has(key);
  }

  tell(key: string): void {
    this.#of(key).add(key);
  }

  #of(key: string): Recent {
    return key.startsWith("live ") ? this.#toldLive : this.#told;
  }
}

/** Remembers the newest keys, so many at most. */
export class Recent {
  readonly #keys = new Set<string>();

  constructor(readonly most: number) {}

  has(key: string): boolean {
    return this.#keys.has(key);
  }

  add(key: string): void {
    this.#keys.delete(key);
    this.#keys.add(key);
    if (this.#keys.size > this.most) this.#keys.delete(this.#keys.values().next().value as string);
  }

  /** Gives whether the key was there. */
  take(key: string): boolean {
    return this.#keys.delete(key);
  }
}
