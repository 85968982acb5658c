import type { GladiaClient } from "../client";
import { GladiaError } from "../errors";
import type { Job } from "../types";
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

interface Waiter {
  resolve(job: Job): void;
  reject(error: Error): void;
  onProgress: ((progress: Progress) => void) | undefined;
}

interface Tracked {
  /** Milliseconds of `performance.now()`. */
  since: number;
  status: Progress["status"];
  waiters: Set<Waiter>;
  /** Frees the slot of a job that we created. */
  release: (() => void) | undefined;
  /** Ends the tracking of a job that nobody waits for. */
  timer: NodeJS.Timeout | undefined;
}

/** All jobs of one account: their slots, and what is known of them until they are final. */
export class Tracker {
  readonly slots: Slots;
  readonly #options: TrackerOptions;
  readonly #poller: Poller;
  readonly #jobs = new Map<string, Tracked>();
  #closed = false;

  constructor(options: TrackerOptions) {
    this.#options = options;
    this.slots = new Slots(options.concurrency, options.queueLimit);
    this.#poller = new Poller({
      client: options.client,
      retries: options.retries,
      onStatus: (id, status) => this.#onStatus(id, status),
      onFinal: (id, job) => this.#final(id, job),
      onFailure: (id, error) => this.#end(id, (waiter) => waiter.reject(error)),
    });
  }

  /** Jobs that are not final yet. */
  get pending(): number {
    return this.#jobs.size;
  }

  /** Whether a job's slot is held already. */
  holds(id: string): boolean {
    return this.#jobs.get(id)?.release !== undefined;
  }

  /** Whether a job is not final yet, as far as we know, and somebody waits for it or its slot is held. */
  follows(id: string): boolean {
    return this.#jobs.has(id);
  }

  /**
   * Takes over a job that was just created. Its slot is held until it is final, whoever waits for it.
   * @param duration seconds of audio, where known
   * @param callbackExpected a callback will most likely come first, so that asking may take its time
   */
  started(id: string, release: () => void, duration?: number, callbackExpected?: boolean): void {
    const tracked = this.#track(id, { createdHere: true, duration, interval: undefined, callbackExpected });
    tracked.release = release;
    const most = this.#options.deadline * 1000;
    tracked.timer = setTimeout(() => this.#abandon(id), Math.min(most, 2 ** 31 - 1));
    tracked.timer.unref();
  }

  /**
   * Waits until a job is final, whoever created it.
   * @throws GladiaError GLADIA_TIMEOUT at the deadline, GLADIA_NOT_FOUND, GLADIA_AUTH; the signal's reason
   */
  async wait(id: string, options: WaitOptions): Promise<Job> {
    const { signal, interval, onProgress } = options;
    signal.throwIfAborted();
    const seconds = options.deadline ?? this.#options.deadline;
    const tracked = this.#track(id, { createdHere: this.#jobs.has(id), interval, duration: undefined });
    return new Promise<Job>((resolve, reject) => {
      const leave = (error: Error) => {
        settle();
        tracked.waiters.delete(waiter);
        if (tracked.waiters.size === 0 && !tracked.release) this.#drop(id);
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
      const waiter: Waiter = {
        onProgress,
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
      tracked.waiters.add(waiter);
      onProgress?.(this.#progress(id, tracked));
    });
  }

  /** Somebody says that a job is done; it is read again before that is believed. */
  recheck(id: string): void {
    this.#poller.recheck(id);
  }

  /** Somebody has read a job, and it is final. */
  settle(job: Job): void {
    this.#final(job.id, job);
  }

  /**
   * Stops asking. Who still waits is told after a moment, when the nodes that wait had the time to leave by themselves:
   * their work goes on after a redeploy.
   */
  close(): void {
    this.#closed = true;
    this.#poller.close();
    for (const { timer } of this.#jobs.values()) clearTimeout(timer);
    if (![...this.#jobs.values()].some(({ waiters }) => waiters.size > 0)) return;
    setTimeout(() => {
      for (const [id, { waiters }] of this.#jobs) {
        const error = new GladiaError("GLADIA_CANCELLED", "config-closed", {}, { id, retryable: true });
        for (const waiter of waiters) waiter.reject(error);
      }
    }, 2000).unref();
  }

  #track(
    id: string,
    options: {
      createdHere: boolean;
      interval: number | undefined;
      duration: number | undefined;
      callbackExpected?: boolean | undefined;
    },
  ): Tracked {
    if (this.#closed) {
      throw new GladiaError("GLADIA_CANCELLED", "config-closed", {}, { id, retryable: true });
    }
    const present = this.#jobs.get(id);
    const tracked = present ?? {
      since: performance.now(),
      status: "queued",
      waiters: new Set<Waiter>(),
      release: undefined,
      timer: undefined,
    };
    this.#jobs.set(id, tracked);
    this.#poller.watch(id, { ...options, since: tracked.since });
    return tracked;
  }

  #onStatus(id: string, status: string): void {
    const tracked = this.#jobs.get(id);
    if (!tracked || (status !== "queued" && status !== "processing")) return;
    tracked.status = status;
    for (const { onProgress } of tracked.waiters) onProgress?.(this.#progress(id, tracked));
  }

  #progress(id: string, { status, since }: Tracked): Progress {
    return { id, status, elapsed: Math.round((performance.now() - since) / 100) / 10 };
  }

  #final(id: string, job: Job): void {
    if (this.holds(id)) this.#options.onFinal?.(job);
    this.#end(id, (waiter) => waiter.resolve(job));
  }

  #end(id: string, tell: (waiter: Waiter) => void): void {
    const tracked = this.#drop(id);
    for (const waiter of tracked?.waiters ?? []) tell(waiter);
  }

  #drop(id: string): Tracked | undefined {
    const tracked = this.#jobs.get(id);
    this.#jobs.delete(id);
    this.#poller.forget(id);
    clearTimeout(tracked?.timer);
    tracked?.release?.();
    return tracked;
  }

  /** The account's deadline has passed for a job of ours: its slot goes to others, and waiters keep their own deadlines. */
  #abandon(id: string): void {
    const tracked = this.#jobs.get(id);
    tracked?.release?.();
    if (tracked) tracked.release = undefined;
    if (tracked?.waiters.size === 0) this.#drop(id);
  }
}
