import { setMaxListeners } from "node:events";
import type { GladiaClient } from "../client";
import { GladiaError } from "../errors";
import type { Job } from "../types";
import { Lane } from "./lane";
import { Listing } from "./listing";
import { Restraint } from "./restraint";
import {
  AT_ONCE,
  firstWait,
  isPassing,
  malformed,
  newJob,
  nextWait,
  trust,
  type Watched,
  type WatchOptions,
} from "./watched";
import { Watchlist } from "./watchlist";

/** With the four pages of a list that are read at once, an account has at most 16 connections for waiting. */
const GETS_AT_ONCE = 12;
/** In this rhythm (milliseconds) one job that is listed as pending is asked for, to prove the list. */
const PROOF = 8000;
/** Rounds that would be closer than this to each other (milliseconds) are one. */
const ROUND = 50;

export interface PollerOptions {
  client: GladiaClient;
  /** How many malformed answers in a row are put up with for one job. */
  retries: number;
  onStatus(id: string, status: string): void;
  onFinal(id: string, job: Job): void;
  onFailure(id: string, error: Error): void;
}

/**
 * Asks for the jobs of one account until they are done. Few jobs are asked for one by one, each in its own rhythm; many
 * through the list of what is pending, and a job that is missing there is asked for: only that answer decides. Outages
 * are waited through.
 */
export class Poller {
  readonly #options: PollerOptions;
  readonly #jobs = new Watchlist();
  readonly #listing: Listing;
  readonly #restraint = new Restraint();
  readonly #closing = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  readonly #lane = new Lane(GETS_AT_ONCE, (job) => this.#ask(job));
  #isListing = false;
  #listDue = 0;
  #proofDue = performance.now() + PROOF;
  /** A list failed, and a request for a job has to show whether it is the list alone. */
  #doubt = false;

  constructor(options: PollerOptions) {
    this.#options = options;
    this.#listing = new Listing(options.client);
    setMaxListeners(0, this.#closing.signal); // each request under way listens
  }

  /** Begins to ask for a job; of one that is asked for already, the shorter interval counts. */
  watch(id: string, { since, ours, gentle, duration, ...more }: WatchOptions): void {
    const now = performance.now();
    const interval = more.interval === undefined ? undefined : more.interval * 1000;
    let job = this.#jobs.get(id);
    if (job) {
      job.duration ??= duration;
      job.gentle = gentle ?? job.gentle;
      if (interval === undefined || interval >= (job.interval ?? Number.POSITIVE_INFINITY)) return;
      this.#jobs.fix(job, interval);
    } else {
      job = newJob(id, { since, ours, gentle, duration, interval });
      // What others created, or we did long ago, may be done already.
      if (ours && now - job.since < 1000) {
        job.due = now + firstWait(job);
        this.#listDue = Math.min(this.#listDue, job.due);
      }
      this.#jobs.add(job);
    }
    this.#wake(job.due);
  }

  /** Stops asking for a job. */
  forget(id: string): void {
    this.#jobs.remove(id);
  }

  /** Something says that the job may be done: asks at once. No callback is expected any more. */
  hint(id: string): void {
    const job = this.#jobs.get(id);
    if (!job) return;
    job.gentle = false;
    job.due = AT_ONCE;
    if (job.asking) job.hinted = true;
    else this.#lane.add(job, true);
  }

  close(): void {
    this.#closing.abort();
    clearTimeout(this.#timer);
    this.#jobs.clear();
  }

  #wake(at: number): void {
    if (this.#closing.signal.aborted || this.#jobs.size === 0) return;
    const when = Math.max(at, this.#restraint.quietUntil);
    if (!Number.isFinite(when) || (this.#timer && this.#timerAt <= when)) return;
    clearTimeout(this.#timer);
    this.#timerAt = when;
    this.#timer = setTimeout(
      () => this.#round(),
      Math.min(Math.max(0, Math.ceil(when - performance.now())), 2 ** 31 - 1),
    );
  }

  /** Asks for what is due, and sets the timer for what is due next. */
  #round(): void {
    this.#timer = undefined;
    const now = performance.now();
    if (now >= this.#restraint.quietUntil) {
      const { isIll } = this.#restraint;
      const lists = !isIll && this.#jobs.areMany && this.#listing.isUseful;
      if (lists && !this.#isListing && this.#listDue <= now) void this.#list();
      const next = this.#askDue(now, lists, isIll);
      this.#wake(Math.max(now + ROUND, lists && !this.#isListing ? Math.min(next, this.#listDue) : next));
    } else this.#wake(now);
  }

  /** Asks for the jobs that are due, as many as may be asked for. @returns when the next one is due */
  #askDue(now: number, lists: boolean, isIll: boolean): number {
    const { due, next } = this.#jobs.findDue(now, lists);
    let allowed = isIll ? 1 - this.#lane.running : this.#restraint.allowance(this.#jobs.size, now);
    let isLeft = false;
    for (const job of due) {
      const isFree = job.interval !== undefined && !isIll; // the user's own rhythm is not slowed down
      if (isFree || allowed >= 1) this.#lane.add(job);
      else isLeft = true;
      if (isFree || allowed < 1) continue;
      allowed--;
      if (!isIll) this.#restraint.spend(1);
    }
    if (isLeft) this.#jobs.plan({ due: now });
    return isLeft ? now : next;
  }

  /** One request for one job; what follows is planned before it ends. */
  async #ask(job: Watched): Promise<void> {
    const wasIll = this.#restraint.isIll;
    if (this.#jobs.get(job.id) === job && performance.now() >= this.#restraint.quietUntil) await this.#get(job);
    if (performance.now() < this.#restraint.quietUntil) {
      this.#lane.clear();
      this.#jobs.plan({ due: AT_ONCE });
    }
    const isPending = this.#jobs.get(job.id) !== undefined;
    if (isPending) this.#jobs.plan(job);
    if (wasIll || isPending) this.#wake(wasIll ? 0 : job.due);
  }

  async #get(job: Watched): Promise<void> {
    const { client, onFinal, onFailure, onStatus } = this.#options;
    const began = performance.now();
    try {
      const answer = await client.get(job.id, { signal: this.#closing.signal, repeatable: false });
      if (this.#doubt) this.#listing.strike(this.#restraint.isIll);
      this.#doubt = false;
      this.#restraint.succeeded();
      job.unknown = 0;
      if (this.#jobs.get(job.id) !== job) return;
      if (answer.status === "done" || answer.status === "error") {
        this.#jobs.remove(job.id);
        this.#listing.ended(job.id, job.seen === "missing");
        onFinal(job.id, answer);
        return;
      }
      if (answer.status !== "queued" && answer.status !== "processing") throw malformed(job.id);
      job.malformed = 0;
      if (job.seen === "missing") {
        this.#listing.missed();
        job.seen = "listed"; // this answer is worth as much
      }
      const now = performance.now();
      job.due = job.hinted ? AT_ONCE : now + (job.seen === "listed" ? trust(job, now) : nextWait(job, now));
      job.hinted = false;
      onStatus(job.id, answer.status);
    } catch (error) {
      if (this.#closing.signal.aborted || this.#jobs.get(job.id) !== job) return;
      if (!isPassing(error, job, this.#options.retries)) {
        this.#jobs.remove(job.id);
        onFailure(job.id, error instanceof GladiaError ? error.about(job.id) : (error as Error));
      } else if (error.code !== "GLADIA_RESPONSE" && error.code !== "GLADIA_NOT_FOUND") {
        this.#doubt = false;
        this.#restraint.failed(error, began);
      }
    }
  }

  async #list(): Promise<void> {
    this.#isListing = true;
    const began = performance.now();
    this.#jobs.beginList();
    try {
      const isGood = await this.#listing.read(this.#jobs, this.#closing.signal);
      this.#restraint.succeeded();
      this.#doubt = false;
      if (isGood) {
        const now = performance.now();
        for (const job of this.#jobs.values()) if (this.#jobs.isAsked(job)) this.#compare(job, now);
        this.#prove();
      }
    } catch (error) {
      if (!this.#closing.signal.aborted && this.#listing.failed(error)) {
        this.#restraint.failed(error as GladiaError, began);
        this.#doubt = true;
        const job = this.#jobs.anyAsked();
        if (job) this.#lane.add(job, true);
      }
    }
    this.#isListing = false;
    this.#listDue = this.#listing.next(began, this.#jobs.listWait());
    this.#wake(0);
  }

  /** What a list means for a job. */
  #compare(job: Watched, now: number): void {
    const wasListed = job.seen === "listed";
    if (this.#jobs.isShown(job)) {
      this.#options.onStatus(job.id, job.shown);
      if (wasListed) return;
      job.seen = "listed";
      job.due = now + trust(job, now);
    } else {
      // One that was never listed may be too new for it, and keeps its own rhythm.
      if (wasListed) job.due = now;
      job.seen = "missing";
    }
    if (!job.asking) this.#jobs.plan(job);
  }

  /** Now and then asks for the job that has been believed to be pending for the longest time. */
  #prove(): void {
    const now = performance.now();
    if (now < this.#proofDue) return;
    this.#proofDue = now + PROOF;
    const job = this.#jobs.longestBelieved();
    if (job) this.#lane.add(job, true);
  }
}
