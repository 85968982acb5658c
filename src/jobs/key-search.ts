import type { GladiaClient } from "../client";
import { GladiaError } from "../errors";
import type { Options } from "../options/merge";
import type { Job } from "../types";

/** Name of our key in a job's `custom_metadata`. */
export const KEY = "node_red_key";

/** The account's jobs that are looked through for a key before the look-up gives up, and how many of them a request gives. */
const MAX_LOOKED_THROUGH = 5000;
const PAGE = 50;
/** Milliseconds by which a job may be dated earlier than it was asked for. */
const SKEW = 15 * 60_000;

/** What is known of a job that was found. */
export interface FoundJob {
  id: string;
  audio_url: string | undefined;
}

/** Whose job is wanted. */
interface Asked {
  key: string;
  /** When it may have been created at the earliest, by the server's clock. */
  since: number;
  /**
   * `performance.now()` of the moment from which on only we could have created it: what was seen later need not be looked
   * at again. Undefined where it may just have been created.
   */
  settled?: number | undefined;
}

interface Wanted extends Asked {
  resolve(job: FoundJob | undefined): void;
  reject(reason: unknown): void;
}

/** What a search has seen: all jobs of ours that are not older than `oldest`. */
interface Seen {
  /** `performance.now()` */
  began: number;
  oldest: number;
  jobs: Map<unknown, FoundJob>;
}

/** Those whose jobs are looked for together. */
interface Search {
  open: Set<Wanted>;
  /** Aborts when nobody wants anything any more. */
  ending: AbortController;
}

/** Our key in a job; undefined for a job of others. */
export const keyOf = (job: Job): unknown => (job.custom_metadata as Options | null | undefined)?.[KEY];

export const foundJob = ({ id, request_params }: Job): FoundJob => ({
  id,
  audio_url: request_params?.audio_url ?? undefined,
});

/**
 * Looks through an account's newest jobs for all keys at once: after a start or a deploy each message that waits wants to
 * know whether it has a job, and a page of the list answers all of them. Who asks while a search is under way is part of
 * the next one, which sees all that there was by then.
 */
export class KeySearch {
  readonly #client: Pick<GladiaClient, "pages" | "now">;
  #next = newSearch();
  #isRunning = false;
  /** Of the search that went furthest back. */
  #seen: Seen | undefined;

  constructor(client: Pick<GladiaClient, "pages" | "now">) {
    this.#client = client;
  }

  /**
   * The job with a key; undefined when there surely is none.
   * @throws GladiaError when that cannot be decided; the signal's reason
   */
  find(asked: Asked, signal: AbortSignal): Promise<FoundJob | undefined> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const { began = Number.NEGATIVE_INFINITY, oldest = 0, jobs } = this.#seen ?? {};
      const known = began >= (asked.settled ?? Number.POSITIVE_INFINITY) ? jobs : undefined;
      if (known && (known.has(asked.key) || oldest <= this.#oldestWanted(asked))) return resolve(known.get(asked.key));
      const search = this.#next;
      const leave = () => {
        reject(signal.reason);
        search.open.delete(wanted);
        if (search.open.size > 0) return;
        search.ending.abort(signal.reason);
        if (this.#next === search) this.#next = newSearch(); // nobody joins what has ended
      };
      const wanted: Wanted = {
        ...asked,
        resolve: (job) => {
          signal.removeEventListener("abort", leave);
          resolve(job);
        },
        reject: (reason) => {
          signal.removeEventListener("abort", leave);
          reject(reason);
        },
      };
      signal.addEventListener("abort", leave, { once: true });
      search.open.add(wanted);
      if (!this.#isRunning) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    await new Promise(setImmediate); // many ask in one turn
    while (this.#next.open.size > 0) {
      const search = this.#next;
      this.#next = newSearch();
      try {
        await this.#look(search);
        for (const { resolve } of search.open) resolve(undefined);
      } catch (error) {
        for (const { reject } of search.open) reject(error);
      }
    }
    this.#isRunning = false;
  }

  /** Answers those whose job is found, or surely is not there; who is left at the list's end has none. @throws GladiaError */
  async #look({ open, ending: { signal } }: Search): Promise<void> {
    const seen: Seen = { began: performance.now(), oldest: Number.NEGATIVE_INFINITY, jobs: new Map() };
    let count = 0;
    for await (const { items, next } of this.#client.pages({ limit: PAGE }, { signal })) {
      for (const job of items) if (keyOf(job) !== undefined) seen.jobs.set(keyOf(job), foundJob(job));
      const oldest = Date.parse(items.at(-1)?.created_at ?? "");
      for (const wanted of open) {
        const found = seen.jobs.get(wanted.key);
        if (!found && !(oldest < this.#oldestWanted(wanted))) continue;
        open.delete(wanted);
        wanted.resolve(found);
      }
      if (open.size === 0) {
        seen.oldest = Number.isNaN(oldest) ? Number.POSITIVE_INFINITY : oldest;
        break;
      }
      count += items.length;
      if (next && count >= MAX_LOOKED_THROUGH)
        throw new GladiaError("GLADIA_RESPONSE", "create-too-many", { jobs: count });
    }
    if (!(seen.oldest > (this.#seen?.oldest ?? Number.POSITIVE_INFINITY))) this.#seen = seen;
  }

  /** The newest are not enough when the clock was ahead by then. */
  #oldestWanted({ since }: Asked): number {
    return since > this.#client.now + SKEW ? Number.NEGATIVE_INFINITY : since - SKEW;
  }
}

function newSearch(): Search {
  return { open: new Set(), ending: new AbortController() };
}
