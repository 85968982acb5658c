import type { GladiaClient } from "../client";
import { GladiaError } from "../errors";
import type { Account } from "../jobs/account";
import { Slots } from "../jobs/slots";
import { isFinal, type Job } from "../types";
import { RateLimiter } from "./rate-limiter";

/** Requests at once for jobs that none of our nodes waits for; the poller has its own. */
const READS = 4;
/** How many of these may wait. */
const MAX_WAITING = 200;
/** Whoever knows the address can have us ask for ids that he made up: so many at once, then so many a second. */
const BURST = 20;
const PER_SECOND = 5;
/** Seconds after which a job that is told to be done, and is not, is no longer waited for. */
const SOON = 10;
/** Milliseconds between two requests for a job that callbacks ask for again and again. */
const RECHECK = 1000;

/** A job that is told to be done, and is not. */
export class NotDone extends Error {
  constructor(readonly status: string) {
    super(status);
  }
}

/** Reads the jobs that callbacks and webhooks tell of: once for all that ask, and where a node waits for a job, with it. */
export class JobReader {
  readonly #client: GladiaClient;
  readonly #account: Pick<Account, "follows" | "recheck" | "settle" | "wait">;
  readonly #signal: AbortSignal;
  readonly #slots = new Slots(READS, Number.POSITIVE_INFINITY);
  readonly #limiter = new RateLimiter(BURST, PER_SECOND);
  readonly #reading = new Map<string, Promise<Job>>();
  /** Jobs that were asked for just now, and whether to ask once more. */
  readonly #rechecked = new Map<string, { again: boolean }>();
  /** Requests under way or waiting for jobs that nobody waits for. */
  #asking = 0;

  /** @param signal aborts when nothing is to be read any more */
  constructor(
    client: GladiaClient,
    account: Pick<Account, "follows" | "recheck" | "settle" | "wait">,
    signal: AbortSignal,
  ) {
    this.#client = client;
    this.#account = account;
    this.#signal = signal;
  }

  /** Whether one more job can be read. */
  hasRoom(id: string): boolean {
    if (this.#reading.has(id)) return true;
    return this.#account.follows(id) ? this.#reading.size < 5 * MAX_WAITING : this.#asking < MAX_WAITING;
  }

  isReading(id: string): boolean {
    return this.#reading.has(id);
  }

  /** Something says that a job is done: if a node waits for it, it is asked for at once, but not all the time. */
  recheck(id: string): void {
    if (!this.#account.follows(id)) return;
    const recent = this.#rechecked.get(id);
    if (recent) {
      recent.again = true;
      return;
    }
    this.#account.recheck(id);
    const asked = { again: false };
    this.#rechecked.set(id, asked);
    const timer = setTimeout(() => {
      this.#rechecked.delete(id);
      if (asked.again && !this.#signal.aborted) this.recheck(id);
    }, RECHECK);
    timer.unref();
  }

  /**
   * A job that is told to be done.
   * @param isVerified it is known that Gladia told so; else requests for unknown ids are few and not repeated
   * @throws NotDone, GladiaError; the signal's reason
   */
  read(id: string, isVerified: boolean): Promise<Job> {
    const present = this.#reading.get(id);
    if (present) {
      this.recheck(id);
      return present;
    }
    const reading = (this.#account.follows(id) ? this.#follow(id) : this.#ask(id, isVerified)).finally(() =>
      this.#reading.delete(id),
    );
    this.#reading.set(id, reading);
    return reading;
  }

  async #ask(id: string, isVerified: boolean): Promise<Job> {
    this.#asking++;
    try {
      if (!isVerified) await this.#limiter.take(this.#signal);
      const release = await this.#slots.acquire(this.#signal);
      const job = await this.#client.get(id, { signal: this.#signal, repeatable: isVerified }).finally(release);
      if (isFinal(job)) {
        this.#account.settle(job);
        return job;
      }
    } finally {
      this.#asking--;
    }
    // It need not be done at each of Gladia's machines when its callback comes.
    return this.#follow(id, this.#account.follows(id) ? undefined : SOON);
  }

  /** Waits for the account, which asks for the job. */
  async #follow(id: string, deadline?: number): Promise<Job> {
    let status = "";
    const onProgress = (progress: { status: string }) => {
      status = progress.status;
    };
    const waiting = this.#account.wait(id, { signal: this.#signal, deadline, onProgress });
    this.recheck(id);
    try {
      return await waiting;
    } catch (error) {
      if (error instanceof GladiaError && error.code === "GLADIA_TIMEOUT") throw new NotDone(status);
      throw error;
    }
  }
}
