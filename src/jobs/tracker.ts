import type { GladiaClient } from "../client";
import { GladiaError } from "../errors";
import type { Job } from "../types";
import type { PendingJob, Waiter, WatchOptions } from "./polling/pending-job";
import { Poller } from "./polling/poller";
import { Slots } from "./slots";

export interface TrackerOptions {
  client: GladiaClient;
  /** Jobs under way at once. */
  concurrency: number;
  /** Messages that may wait for a slot. */
  queueLimit: number;
  /** Seconds to wait for a job. */
  deadline: number;
  retries: number;
  /** Told of each job of ours that is final, once. */
  onFinal?: (job: Job) => void;
}

/** What is told while a job is under way; `elapsed` in seconds since the job began. */
export interface Progress {
  id: string;
  status: "queued" | "processing";
  elapsed: number;
}

export interface WaitOptions {
  signal: AbortSignal;
  /** Seconds; default: the account's. */
  deadline?: number | undefined;
  /** Seconds between requests; default: adaptive. */
  interval?: number | undefined;
  onProgress?: ((progress: Progress) => void) | undefined;
}

/** Who waits for the jobs of one account, and their slots, until they are final. */
export class Tracker {
  readonly slots: Slots;
  readonly #options: TrackerOptions;
  readonly #poller: Poller;
  #closed = false;

  constructor(options: TrackerOptions) {
    this.#options = options;
    this.slots = new Slots(options.concurrency, options.queueLimit);
    this.#poller = new Poller({
      client: options.client,
      retries: options.retries,
      onStatus: ({ waiters }) => {
        for (const waiter of waiters) waiter.onStatus();
      },
      onFinal: (pending, job) => this.#final(pending, job),
      onFailure: (pending, error) => this.#end(pending, (waiter) => waiter.reject(error)),
    });
  }

  /** Whether a job's slot is held already. */
  holds(id: string): boolean {
    return this.#poller.jobs.get(id)?.release !== undefined;
  }

  /** Whether a job is not final yet, as far as we know, and somebody waits for it or its slot is held. */
  follows(id: string): boolean {
    return this.#poller.jobs.has(id);
  }

  /**
   * Takes over a job that was just created. Its slot is held until it is final, whoever waits for it.
   * @param duration seconds of audio, where known
   * @param callbackExpected a callback will most likely come first, so that asking may take its time
   */
  started(id: string, release: () => void, duration?: number, callbackExpected?: boolean): void {
    const pending = this.#watch(id, { createdHere: true, duration, callbackExpected });
    pending.release = release;
    const most = this.#options.deadline * 1000;
    pending.timer = setTimeout(() => this.#abandon(pending), Math.min(most, 2 ** 31 - 1));
    pending.timer.unref();
  }

  /**
   * Waits until a job is final, whoever created it.
   * @throws GladiaError GLADIA_TIMEOUT at the deadline, GLADIA_NOT_FOUND, GLADIA_AUTH; the signal's reason
   */
  async wait(id: string, options: WaitOptions): Promise<Job> {
    const { signal, interval, onProgress } = options;
    signal.throwIfAborted();
    const seconds = options.deadline ?? this.#options.deadline;
    const pending = this.#watch(id, { createdHere: this.follows(id), interval });
    return new Promise<Job>((resolve, reject) => {
      const leave = (error: Error) => {
        settle();
        pending.waiters.delete(waiter);
        if (pending.waiters.size === 0 && !pending.release) this.#drop(pending);
        reject(error);
      };
      const onAbort = () => leave(signal.reason as Error);
      const onDeadline = () =>
        leave(new GladiaError("GLADIA_TIMEOUT", "timeout-job", { id, seconds }, { id, retryable: true }));
      const timer = setTimeout(onDeadline, Math.min(seconds * 1000, 2 ** 31 - 1));
      const settle = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", onAbort);
      };
      const tell = () => {
        const elapsed = Math.round((performance.now() - pending.since) / 100) / 10;
        onProgress?.({ id, status: pending.status, elapsed });
      };
      const waiter: Waiter = {
        onStatus: tell,
        resolve: (job) => {
          settle();
          resolve(job);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      };
      signal.addEventListener("abort", onAbort, { once: true });
      pending.waiters.add(waiter);
      tell();
    });
  }

  /** Somebody says that a job is done; it is read again before that is believed. */
  recheck(id: string): void {
    this.#poller.recheck(id);
  }

  /** Somebody has read a job, and it is final. */
  settle(job: Job): void {
    const pending = this.#poller.jobs.get(job.id);
    if (pending) this.#final(pending, job);
  }

  /**
   * Stops asking. Who still waits is told after a moment, when the nodes that wait had the time to leave by themselves:
   * their work goes on after a redeploy.
   */
  close(): void {
    this.#closed = true;
    this.#poller.close();
    const left = [...this.#poller.jobs.values()];
    for (const { timer } of left) clearTimeout(timer);
    if (!left.some(({ waiters }) => waiters.size > 0)) return;
    setTimeout(() => {
      for (const { id, waiters } of left) {
        const error = new GladiaError("GLADIA_CANCELLED", "config-closed", {}, { id, retryable: true });
        for (const waiter of waiters) waiter.reject(error);
      }
    }, 2000).unref();
  }

  #watch(id: string, options: WatchOptions): PendingJob {
    if (this.#closed) throw new GladiaError("GLADIA_CANCELLED", "config-closed", {}, { id, retryable: true });
    return this.#poller.watch(id, options);
  }

  #final(pending: PendingJob, job: Job): void {
    if (pending.release) this.#options.onFinal?.(job);
    this.#end(pending, (waiter) => waiter.resolve(job));
  }

  #end(pending: PendingJob, tell: (waiter: Waiter) => void): void {
    this.#drop(pending);
    for (const waiter of pending.waiters) tell(waiter);
  }

  #drop(pending: PendingJob): void {
    if (this.#poller.jobs.get(pending.id) === pending) this.#poller.forget(pending.id);
    clearTimeout(pending.timer);
    pending.release?.();
  }

  /** The account's deadline has passed for a job of ours: its slot goes to others, and waiters keep their own deadlines. */
  #abandon(pending: PendingJob): void {
    pending.release?.();
    pending.release = undefined;
    if (pending.waiters.size === 0) this.#drop(pending);
  }
}
