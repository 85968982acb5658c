import { setMaxListeners } from "node:events";
import type { GladiaClient } from "../../client";
import { GladiaError } from "../../errors";
import { isFinal, type Job } from "../../types";
import { Backoff, TokenBucket } from "./backoff";
import { listWait, nextWait, recheckWait } from "./intervals";
import {
  AT_ONCE,
  isUnknown,
  leaveList,
  newPendingJob,
  type PendingJob,
  unknownStatus,
  updatePendingJob,
  type WatchOptions,
} from "./pending-job";
import { PendingList } from "./pending-list";

/** From this many jobs on, one list of what is pending replaces a request for each job. */
const LIST_FROM = 4;
const MAX_REQUESTS_AT_ONCE = 12;
/** Rounds that would be closer to each other than this are one. */
const ROUND_MS = 50;
/** In this rhythm one job that lists show as pending is asked for, to prove the list. */
const PROOF_MS = 8000;

export interface PollerOptions {
  client: GladiaClient;
  /** How many malformed answers in a row are put up with for one job. */
  retries: number;
  onStatus(job: PendingJob): void;
  /** From here on, and after a failure, the job is not asked for any more. */
  onFinal(job: PendingJob, answer: Job): void;
  onFailure(job: PendingJob, error: Error): void;
}

/**
 * The jobs of one account that are not final as far as we know: asks for them until they are. Few jobs are asked for one by one, each in its own rhythm; many
 * through the list of what is pending, and a job that is missing there is asked for: only that answer decides. Outages
 * are waited through.
 */
export class Poller {
  readonly #options: PollerOptions;
  readonly #jobs = new Map<string, PendingJob>();
  readonly jobs: ReadonlyMap<string, PendingJob> = this.#jobs;
  readonly #list: PendingList;
  readonly #backoff = new Backoff();
  readonly #tokens = new TokenBucket();
  readonly #closing = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #requestsUnderWay = 0;
  #isListing = false;
  /** Lists told in the last round when to ask for the jobs. */
  #usedList = false;
  #listDue = 0;
  #proofDue = performance.now() + PROOF_MS;

  constructor(options: PollerOptions) {
    this.#options = options;
    this.#list = new PendingList(options.client);
    setMaxListeners(0, this.#closing.signal); // each request under way listens
  }

  /** Begins to ask for a job; of one that is asked for already, the shorter interval counts. */
  watch(id: string, options: WatchOptions): PendingJob {
    let job = this.#jobs.get(id);
    if (job) {
      updatePendingJob(job, options);
    } else {
      job = newPendingJob(id, options);
      this.#jobs.set(id, job);
      if (job.due > AT_ONCE) this.#listDue = Math.min(this.#listDue, job.due);
    }
    this.#wakeAt(job.due);
    return job;
  }

  /** Stops asking for a job. */
  forget(id: string): void {
    this.#jobs.delete(id);
  }

  /** Something says that the job may be final: asks at once. No callback is expected any more. */
  recheck(id: string): void {
    const job = this.#jobs.get(id);
    if (!job) return;
    job.callbackExpected = false;
    job.recheck = true;
    job.due = AT_ONCE;
    this.#wakeAt(AT_ONCE);
  }

  /** Asks for nothing any more; the jobs stay until they are forgotten. */
  close(): void {
    this.#closing.abort();
    clearTimeout(this.#timer);
  }

  #isCurrent = (job: PendingJob) => !this.#closing.signal.aborted && this.#jobs.get(job.id) === job;

  #wakeAt(time: number): void {
    if (this.#closing.signal.aborted || this.#jobs.size === 0) return;
    const when = Math.max(time, this.#backoff.pausedUntil);
    if (!Number.isFinite(when) || (this.#timer && this.#timerAt <= when)) return;
    clearTimeout(this.#timer);
    this.#timerAt = when;
    const milliseconds = Math.min(Math.max(0, Math.ceil(when - performance.now())), 2 ** 31 - 1);
    this.#timer = setTimeout(() => this.#round(), milliseconds);
  }

  /** Asks for what is due, and sets the timer for what is due next. */
  #round(): void {
    this.#timer = undefined;
    const now = performance.now();
    if (now < this.#backoff.pausedUntil) {
      this.#wakeAt(now);
      return;
    }
    const usesList = !this.#backoff.isOpen && this.#list.isUseful && this.#listed().length >= LIST_FROM;
    if (this.#usedList && !usesList) for (const job of this.#jobs.values()) leaveList(job, now);
    this.#usedList = usesList;
    if (usesList && !this.#isListing && this.#listDue <= now) void this.#readList();
    const due: PendingJob[] = [];
    let next = usesList && !this.#isListing ? this.#listDue : Number.POSITIVE_INFINITY;
    for (const job of this.#jobs.values()) {
      const isForList = usesList && job.interval === undefined && job.inList === undefined && job.due > AT_ONCE;
      if (job.isAsked || isForList) continue;
      if (job.due <= now) due.push(job);
      else next = Math.min(next, job.due);
    }
    for (const job of due.sort((a, b) => a.due - b.due)) {
      if (this.#mayAsk(job, now)) void this.#ask(job);
      else next = now;
    }
    this.#wakeAt(Math.max(next, now + ROUND_MS));
  }

  /** The jobs in the adaptive rhythm: lists tell of these. */
  #listed(): PendingJob[] {
    return [...this.#jobs.values()].filter(({ interval }) => interval === undefined);
  }

  /** The user's own rhythm is not slowed down, nor a job that is said to be final. */
  #mayAsk(job: PendingJob, now: number): boolean {
    if (this.#backoff.isOpen) return this.#requestsUnderWay === 0;
    if (this.#requestsUnderWay >= MAX_REQUESTS_AT_ONCE) return false;
    return job.recheck || job.interval !== undefined || this.#tokens.take(this.#jobs.size, now);
  }

  async #ask(job: PendingJob): Promise<void> {
    const began = performance.now();
    job.isAsked = true;
    job.recheck = false;
    this.#requestsUnderWay++;
    try {
      const answer = await this.#options.client.get(job.id, { signal: this.#closing.signal, repeatable: false });
      this.#backoff.succeeded();
      if (this.#isCurrent(job)) this.#answered(job, answer);
    } catch (error) {
      if (this.#isCurrent(job)) this.#failed(job, error, began);
    }
    this.#requestsUnderWay--;
    job.isAsked = false;
    this.#wakeAt(this.#backoff.isOpen ? AT_ONCE : job.due);
  }

  /** @throws GladiaError for a status that no job has */
  #answered(job: PendingJob, answer: Job): void {
    const { status } = answer;
    if (isFinal(answer)) {
      this.#jobs.delete(job.id);
      this.#list.ended(job.id, job.inList === "missing");
      this.#options.onFinal(job, answer);
      return;
    }
    if (status !== "queued" && status !== "processing") throw unknownStatus(job.id);
    job.malformed = 0;
    job.unknown = 0;
    if (job.inList === "missing") {
      this.#list.refuted();
      job.inList = "shown"; // this answer is worth as much
    }
    const now = performance.now();
    job.due = job.recheck ? AT_ONCE : now + (job.inList === "shown" ? recheckWait(job, now) : nextWait(job, now));
    job.status = status;
    this.#options.onStatus(job);
  }

  /** A failure that says nothing about the job puts the next request off; any other ends the waiting. */
  #failed(job: PendingJob, error: unknown, began: number): void {
    const now = performance.now();
    const code = error instanceof GladiaError ? error.code : undefined;
    job.due = now + nextWait(job, now);
    if (code === "GLADIA_NOT_FOUND") {
      if (!isUnknown(job, now)) return;
    } else if (code === "GLADIA_RESPONSE") {
      if (++job.malformed <= this.#options.retries) return;
    } else if (error instanceof GladiaError && error.cause.retryable) {
      this.#backoff.failed(error, began);
      return;
    }
    this.#jobs.delete(job.id);
    this.#options.onFailure(job, error instanceof GladiaError ? error.about(job.id) : (error as Error));
  }

  async #readList(): Promise<void> {
    this.#isListing = true;
    const began = performance.now();
    const jobs = this.#listed();
    try {
      const shown = await this.#list.read(new Set(jobs.map(({ id }) => id)), this.#closing.signal);
      this.#backoff.succeeded();
      if (shown) this.#compare(jobs, shown);
    } catch (error) {
      const isPassing = error instanceof GladiaError && error.cause.retryable && error.code !== "GLADIA_RESPONSE";
      if (isPassing && !this.#closing.signal.aborted) this.#backoff.failed(error, began);
    }
    this.#isListing = false;
    const now = performance.now();
    const wait = listWait(this.#jobs.values(), this.#list.pages, now);
    this.#listDue = Math.max(began + wait, now + wait / 4);
    this.#wakeAt(AT_ONCE);
  }

  /** What a list means for the jobs that it had to show. */
  #compare(jobs: PendingJob[], shown: ReadonlyMap<string, PendingJob["status"]>): void {
    const now = performance.now();
    let proof: PendingJob | undefined;
    for (const job of jobs) {
      if (!this.#isCurrent(job) || job.interval !== undefined) continue;
      const status = shown.get(job.id);
      const wasShown = job.inList === "shown";
      job.inList = status === undefined ? "missing" : "shown";
      if (status === undefined) {
        if (wasShown) job.due = now; // one that was never shown may be too new for the list, and keeps its own rhythm
      } else {
        if (!wasShown && !job.recheck) job.due = now + recheckWait(job, now);
        if (!proof || job.due < proof.due) proof = job;
        job.status = status;
        this.#options.onStatus(job);
      }
    }
    if (!proof || now < this.#proofDue) return;
    this.#proofDue = now + PROOF_MS;
    proof.due = now;
  }
}
