import { GladiaError } from "../../errors";
import type { Job } from "../../types";
import { firstWait, nextWait } from "./intervals";

/** Somebody who waits for a job. */
export interface Waiter {
  resolve(job: Job): void;
  reject(error: Error): void;
  onStatus(): void;
}

/**
 * A job of which is not known yet that it is final: the poller asks for it. Times in milliseconds of `performance.now()`: the wall clock may be set
 * back by an hour, as on a computer that learns the time from the network, and waiting must not stop meanwhile.
 */
export interface PendingJob {
  readonly id: string;
  readonly since: number;
  /** As it was told last. */
  status: "queued" | "processing";
  readonly waiters: Set<Waiter>;
  /** Frees the slot that is held for it. */
  release: (() => void) | undefined;
  /** Gives it up when nobody waits for it. */
  timer: NodeJS.Timeout | undefined;
  /** When it is asked for next; AT_ONCE: as soon as can be, without waiting for a list. */
  due: number;
  /** Milliseconds between requests, where the user set them. */
  interval: number | undefined;
  /** Seconds of audio, where known: a long file is not done after a second. */
  duration: number | undefined;
  /** We created it, so that it exists. */
  createdHere: boolean;
  /** A callback will most likely come first. */
  callbackExpected: boolean;
  /** What the last list of pending jobs said of it; undefined: no list had to show it yet. */
  inList: "shown" | "missing" | undefined;
  /** Answers in a row that were malformed, and that did not know the job. */
  malformed: number;
  unknown: number;
  /** A request for it is under way. */
  isAsked: boolean;
  /** Somebody said that it may be done: the answer of a request under way may be older than that. */
  recheck: boolean;
}

/** What is known of a job to ask for. Times in seconds. */
export interface WatchOptions {
  interval?: number | undefined;
  duration?: number | undefined;
  createdHere: boolean;
  /** A callback is expected: asks about five times less often. Left out: as it was. */
  callbackExpected?: boolean | undefined;
}

/** A time before all others. */
export const AT_ONCE = 0;

/** A job of ours is given up as unknown after this time and this many answers in a row that say so. */
const UNKNOWN_AFTER_MS = 15_000;
const UNKNOWN_ANSWERS = 3;
const UNKNOWN_WAIT_MS = 1000;

/** @returns a job to be asked for at once, unless we have just created it: then it takes its time */
export function newPendingJob(id: string, options: WatchOptions): PendingJob {
  const { interval: seconds, duration, createdHere, callbackExpected = false } = options;
  const interval = seconds === undefined ? undefined : seconds * 1000;
  const since = performance.now();
  const job = { id, since, interval, duration, createdHere, callbackExpected };
  return {
    ...job,
    ...{ status: "queued", waiters: new Set<Waiter>(), release: undefined, timer: undefined },
    ...{ inList: undefined, malformed: 0, unknown: 0, isAsked: false, recheck: false },
    due: createdHere ? since + firstWait(job) : AT_ONCE,
  };
}

/** Takes over what another one who waits knows of the job; the shorter interval counts. */
export function updatePendingJob(job: PendingJob, options: WatchOptions): void {
  const { interval, duration, callbackExpected, createdHere } = options;
  job.createdHere ||= createdHere; // a callback may have asked for it before the answer to its creation came
  job.duration ??= duration;
  job.callbackExpected = callbackExpected ?? job.callbackExpected;
  if (interval === undefined || interval * 1000 >= (job.interval ?? Number.POSITIVE_INFINITY)) return;
  job.interval = interval * 1000;
  job.due = Math.min(job.due, performance.now() + firstWait(job));
}

/** Lists tell no more: a job follows its own rhythm again. */
export function leaveList(job: PendingJob, now: number): void {
  if (job.inList === "shown") job.due = Math.min(job.due, now + Math.random() * nextWait(job, now));
  job.inList = undefined;
}

/**
 * Whether a job that the server does not know is given up; counts the answer, and puts the next request off. One that was
 * just created need not be known everywhere.
 */
export function isUnknown(job: PendingJob, now: number): boolean {
  job.due = now + UNKNOWN_WAIT_MS;
  if (!job.createdHere) return true;
  return ++job.unknown >= UNKNOWN_ANSWERS && now - job.since >= UNKNOWN_AFTER_MS;
}

/** An answer whose status no job has. */
export function unknownStatus(id: string): GladiaError {
  const params = { field: "status", method: "GET", url: `/v2/pre-recorded/${id}` };
  return new GladiaError("GLADIA_RESPONSE", "response-field", params, { retryable: true, id });
}
