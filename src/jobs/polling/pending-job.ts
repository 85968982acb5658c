import { GladiaError } from "../../errors";
import type { Job } from "../../types";

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

/** How much less often a job is asked for when a callback is expected. */
const CALLBACK_FACTOR = 5;
/** What a user who waits for a short clip does not notice, and what Gladia's SDK waits. */
const SHORTEST_WAIT_MS = 500;
const USUAL_WAIT_MS = 3400;
const LONGEST_WAIT_MS = 15_000;
/** Between two lists. */
const SHORTEST_LIST_WAIT_MS = 750;
const LONGEST_LIST_WAIT_MS = 5000;
const WAIT_PER_PAGE_MS = 25;
/** A job that lists show as pending all the time is asked for nevertheless after this time. */
const RECHECK_MS = 90_000;
/** A job of ours is given up as unknown after this time and this many answers in a row that say so. */
const UNKNOWN_AFTER_MS = 15_000;
const UNKNOWN_ANSWERS = 3;
const UNKNOWN_WAIT_MS = 1000;

const jittered = (milliseconds: number) => milliseconds * (0.9 + Math.random() * 0.2);
const patience = (job: Pick<PendingJob, "callbackExpected">) => (job.callbackExpected ? CALLBACK_FACTOR : 1);

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

/** Milliseconds from a job's creation until its first request: an hour of audio takes a minute or more. */
function firstWait(job: Pick<PendingJob, "duration" | "interval" | "callbackExpected">): number {
  if (job.interval !== undefined) return notSooner(job.interval);
  return jittered(Math.min(5000, Math.max(SHORTEST_WAIT_MS + 100, (job.duration ?? 0) * 5)) * patience(job));
}

/**
 * Milliseconds until a job's next request. They grow with the time waited so far, slowly for a short clip; the most is
 * 3.4 s, up to 15 s for long audio and for what has been waiting for minutes.
 */
export function nextWait(job: PendingJob, now: number): number {
  if (job.interval !== undefined) return notSooner(job.interval);
  const age = now - job.since;
  const seconds = job.duration ?? 0;
  const isShort = seconds > 0 && seconds <= 30;
  const grown = Math.max(SHORTEST_WAIT_MS, isShort ? age / 4 : age * 0.9);
  const most = Math.min(LONGEST_WAIT_MS, Math.max(USUAL_WAIT_MS, (seconds * 1000) / 120, age / 30));
  return jittered(Math.min(most, grown) * patience(job));
}

/** Lists tell no more: a job follows its own rhythm again. */
export function leaveList(job: PendingJob, now: number): void {
  if (job.inList === "shown") job.due = Math.min(job.due, now + Math.random() * nextWait(job, now));
  job.inList = undefined;
}

/** Milliseconds for which lists that show a job as pending are believed. */
export function recheckWait(job: PendingJob, now: number): number {
  return jittered(Math.max(RECHECK_MS, now - job.since) * patience(job));
}

/**
 * Milliseconds between two lists: the job that may be done first decides.
 * @param pages requests that a list takes: many of them are made less often
 */
export function listWait(jobs: Iterable<PendingJob>, pages: number, now: number): number {
  let least = LONGEST_LIST_WAIT_MS * CALLBACK_FACTOR;
  for (const job of jobs) {
    if (job.interval !== undefined) continue;
    const wait = Math.max((now - job.since) / 80, ((job.duration ?? 0) * 1000) / 720, SHORTEST_LIST_WAIT_MS);
    least = Math.min(least, Math.min(LONGEST_LIST_WAIT_MS, wait) * patience(job));
    if (least <= SHORTEST_LIST_WAIT_MS) break;
  }
  return least + pages * WAIT_PER_PAGE_MS;
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

/** Never sooner than the user said. */
function notSooner(interval: number): number {
  return interval * (1 + Math.random() * 0.1);
}
