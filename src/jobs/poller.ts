import { setMaxListeners } from "node:events";
import type { GladiaClient } from "../client";
import { GladiaError } from "../errors";
import { RequestFailure } from "../http/failure";
import { delay } from "../http/retry";
import type { Job } from "../types";

/** From this many jobs on, one list of what is pending replaces a request for each job. */
const LIST_FROM = 4;
const PAGE = 100;
const PAGES_AT_ONCE = 8;
const GETS_AT_ONCE = 16;
/** A job of ours is given up as unknown after this many milliseconds and this many answers in a row that say so. */
const TOO_NEW = 15_000;
const UNKNOWN = 3;

/** A job the poller asks for until it is final. Times in milliseconds of `Date.now()`. */
interface Watched {
  id: string;
  since: number;
  due: number;
  /** Milliseconds between requests, where the user set them. */
  interval: number | undefined;
  /** Seconds of audio, where known: a long file is not done after a second. */
  duration: number | undefined;
  /** Created by us, so that it exists. */
  ours: boolean;
  malformed: number;
  /** Answers in a row that did not know the job. */
  unknown: number;
  asking: boolean;
}

export interface PollerOptions {
  client: GladiaClient;
  /** How many malformed answers in a row are put up with for one job. */
  retries: number;
  onStatus(id: string, job: Job): void;
  onFinal(id: string, job: Job): void;
  onFailure(id: string, error: Error): void;
}

/**
 * Asks for the jobs of one account until they are done. Few jobs are asked for one by one, each in its own rhythm; many
 * through the list of what is pending, and only a job that is missing there is asked for. Outages are waited through.
 */
export class Poller {
  readonly #options: PollerOptions;
  readonly #jobs = new Map<string, Watched>();
  readonly #closing = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #listing = false;
  #listDue = 0;
  #failures = 0;
  #quietUntil = 0;
  /** Rounds in which the list was of no use, as with servers that have none or are shared by many. */
  #listUseless = 0;

  constructor(options: PollerOptions) {
    this.#options = options;
    setMaxListeners(0, this.#closing.signal); // each request under way listens
  }

  /** Begins to ask for a job. Interval and duration in seconds. */
  watch(
    id: string,
    job: { since: number; interval?: number | undefined; duration?: number | undefined; ours: boolean },
  ): void {
    const now = Date.now();
    const present = this.#jobs.get(id);
    const interval = job.interval === undefined ? undefined : job.interval * 1000;
    if (present) {
      present.interval = Math.min(present.interval ?? Number.POSITIVE_INFINITY, interval ?? Number.POSITIVE_INFINITY);
      if (!Number.isFinite(present.interval)) present.interval = undefined;
      return;
    }
    const { since, duration, ours } = job;
    const first = ours && now - since < 1000 ? firstWait(duration, interval) : 0;
    this.#jobs.set(id, {
      id,
      since,
      duration,
      ours,
      interval,
      due: now + first,
      malformed: 0,
      unknown: 0,
      asking: false,
    });
    this.#plan();
  }

  /** Stops asking for a job. */
  forget(id: string): void {
    this.#jobs.delete(id);
  }

  /** Something says that the job may be done: asks at once. */
  hint(id: string): void {
    const job = this.#jobs.get(id);
    if (job) {
      job.due = 0;
      this.#ask(job);
    }
  }

  close(): void {
    this.#closing.abort();
    clearTimeout(this.#timer);
    this.#jobs.clear();
  }

  #usesList(): boolean {
    return this.#jobs.size >= LIST_FROM && this.#listUseless < 3;
  }

  #plan(): void {
    if (this.#closing.signal.aborted || this.#jobs.size === 0) return;
    let at = this.#usesList() ? this.#listDue : Number.POSITIVE_INFINITY;
    const listed = this.#usesList();
    for (const job of this.#jobs.values()) {
      if (!job.asking && !(listed && job.interval === undefined) && job.due < at) at = job.due;
    }
    at = Math.max(at, this.#quietUntil);
    if (!Number.isFinite(at)) return;
    if (this.#timer && this.#timerAt <= at) return;
    clearTimeout(this.#timer);
    this.#timerAt = at;
    this.#timer = setTimeout(() => this.#tick(), Math.max(0, at - Date.now()));
  }

  #tick(): void {
    this.#timer = undefined;
    this.#timerAt = Number.POSITIVE_INFINITY;
    const now = Date.now();
    const listed = this.#usesList();
    if (now >= this.#quietUntil) {
      if (listed && !this.#listing && now >= this.#listDue) {
        void this.#list();
      }
      for (const job of this.#jobs.values()) {
        if (!(listed && job.interval === undefined) && job.due <= now) this.#ask(job);
      }
    }
    this.#plan();
  }

  /** One request for one job, unless one is under way. */
  #ask(job: Watched): void {
    if (job.asking || this.#closing.signal.aborted) return;
    job.asking = true;
    void this.#get(job).finally(() => {
      job.asking = false;
      this.#plan();
    });
  }

  async #get(job: Watched): Promise<void> {
    const { client, onFinal, onFailure, onStatus } = this.#options;
    try {
      const answer = await client.get(job.id, { signal: this.#closing.signal, repeatable: false });
      this.#failures = 0;
      job.malformed = 0;
      job.unknown = 0;
      if (this.#jobs.get(job.id) !== job) return;
      if (answer.status === "done" || answer.status === "error") {
        this.#jobs.delete(job.id);
        onFinal(job.id, answer);
        return;
      }
      if (answer.status !== "queued" && answer.status !== "processing") {
        throw malformed(job.id);
      }
      onStatus(job.id, answer);
      job.due = Date.now() + nextWait(job);
    } catch (error) {
      if (this.#closing.signal.aborted || this.#jobs.get(job.id) !== job) return;
      if (this.#passes(error, job)) return;
      this.#jobs.delete(job.id);
      onFailure(job.id, error instanceof GladiaError ? error.about(job.id) : (error as Error));
    }
  }

  /** Whether a failure says nothing about the job; then the next request is put off. */
  #passes(error: unknown, job: Watched): boolean {
    if (!(error instanceof GladiaError)) return false;
    if (
      error.code === "GLADIA_NOT_FOUND" &&
      job.ours &&
      (++job.unknown < UNKNOWN || Date.now() - job.since < TOO_NEW)
    ) {
      job.due = Date.now() + 1000;
      return true;
    }
    if (error.code === "GLADIA_RESPONSE" && ++job.malformed > this.#options.retries) return false;
    if (!error.cause.retryable) return false;
    job.due = Date.now() + Math.max(nextWait(job), 200);
    this.#backOff(error);
    return true;
  }

  /** The whole account keeps quiet for a while: what failed for one job would fail for the others. */
  #backOff(error: GladiaError): void {
    if (error.code === "GLADIA_RESPONSE") return;
    const asked = error instanceof RequestFailure ? error.retryAfter : undefined;
    const wait = Math.max(100, delay(Math.min(this.#failures++, 4), asked));
    this.#quietUntil = Math.max(this.#quietUntil, Date.now() + wait);
  }

  async #list(): Promise<void> {
    this.#listing = true;
    const asked = [...this.#jobs.values()].filter((job) => job.interval === undefined);
    const now = Date.now();
    try {
      const pending = await this.#pending(asked.length);
      this.#failures = 0;
      if (pending === undefined) {
        this.#listUseless++;
        return;
      }
      const missing = asked.filter((job) => !pending.has(job.id) && this.#jobs.get(job.id) === job);
      for (const job of asked) {
        const listed = pending.get(job.id);
        if (listed && this.#jobs.get(job.id) === job) this.#options.onStatus(job.id, listed);
      }
      const before = this.#jobs.size;
      await this.#askAll(missing);
      const done = before - this.#jobs.size;
      // A list that lacks jobs which are still pending tells nothing.
      this.#listUseless = missing.length > 3 && done <= 0 && pending.size === 0 ? this.#listUseless + 1 : 0;
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      if (error instanceof GladiaError && error.cause.retryable && error.code !== "GLADIA_RESPONSE")
        this.#backOff(error);
      else this.#listUseless++;
    } finally {
      this.#listing = false;
      this.#listDue = now + this.#rhythm();
      this.#plan();
    }
  }

  /** Milliseconds between two lists: a second while there are young jobs, up to five when all are old. */
  #rhythm(): number {
    const now = Date.now();
    let youngest = Number.POSITIVE_INFINITY;
    for (const { since } of this.#jobs.values()) youngest = Math.min(youngest, now - since);
    return Math.min(5000, Math.max(800, youngest / 60)) * (0.9 + Math.random() * 0.1);
  }

  async #askAll(jobs: Watched[]): Promise<void> {
    const queue = jobs.filter((job) => !job.asking);
    const worker = async () => {
      for (let job = queue.shift(); job; job = queue.shift()) {
        if (this.#closing.signal.aborted || job.asking) continue;
        job.asking = true;
        await this.#get(job);
        job.asking = false;
      }
    };
    await Promise.all(Array.from({ length: Math.min(GETS_AT_ONCE, queue.length) }, worker));
  }

  /** What the account has pending, by id; undefined when that is far more than what we wait for. */
  async #pending(ours: number): Promise<Map<string, Job> | undefined> {
    const pending = new Map<string, Job>();
    const most = Math.ceil(ours / PAGE) + 2;
    for (let page = 0; page < most; ) {
      const batch = Math.min(PAGES_AT_ONCE, page === 0 ? Math.max(1, Math.ceil(ours / PAGE)) : most - page);
      const offsets = Array.from({ length: batch }, (_, i) => (page + i) * PAGE);
      const pages = await Promise.all(
        offsets.map((offset) =>
          this.#options.client.list(
            { status: ["queued", "processing"], limit: PAGE, offset },
            { signal: this.#closing.signal, repeatable: false },
          ),
        ),
      );
      for (const { items } of pages) {
        for (const job of items) {
          if (job.status === "queued" || job.status === "processing") pending.set(job.id, job);
        }
      }
      if (pages.some(({ items, next }) => items.length < PAGE || !next)) return pending;
      page += batch;
    }
    return undefined;
  }
}

function malformed(id: string): GladiaError {
  const params = { field: "status", method: "GET", url: `/v2/pre-recorded/${id}` };
  return new GladiaError("GLADIA_RESPONSE", "response-field", params, { retryable: true, id });
}

const jitter = () => 0.85 + Math.random() * 0.3;

/** Milliseconds until the first request: short clips are done in a second, an hour of audio takes a minute or more. */
function firstWait(duration: number | undefined, interval: number | undefined): number {
  return (interval ?? Math.min(5000, Math.max(500, (duration ?? 0) * 5))) * jitter();
}

/** Milliseconds until the next request: a sixth of the time waited so far, half a second to ten. */
function nextWait(job: Watched): number {
  const longest = (job.duration ?? 0) > 600 ? 10_000 : 3_000;
  const adaptive = Math.min(longest, Math.max(500, (Date.now() - job.since) / 6));
  return (job.interval ?? adaptive) * jitter();
}
