import type { PendingJob } from "./pending-job";

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

const jittered = (milliseconds: number) => milliseconds * (0.9 + Math.random() * 0.2);
const patience = (job: Pick<PendingJob, "callbackExpected">) => (job.callbackExpected ? CALLBACK_FACTOR : 1);

/** Milliseconds from a job's creation until its first request: an hour of audio takes a minute or more. */
export function firstWait(job: Pick<PendingJob, "duration" | "interval" | "callbackExpected">): number {
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

/** Never sooner than the user said. */
function notSooner(interval: number): number {
  return interval * (1 + Math.random() * 0.1);
}
