import { GladiaError } from "../errors";

/**
 * A job the poller asks for until it is final. Times in milliseconds of `performance.now()`: the wall clock may be set
 * back by an hour, as on a computer that learns the time from the network, and waiting must not stop meanwhile.
 */
export interface Watched {
  id: string;
  since: number;
  /** When it is asked for next; AT_ONCE: as soon as can be. */
  due: number;
  /** Milliseconds between requests, where the user set them. */
  interval: number | undefined;
  /** Seconds of audio, where known: a long file is not done after a second. */
  duration: number | undefined;
  /** Created by us, so that it exists. */
  ours: boolean;
  /** A callback will most likely tell first. */
  gentle: boolean;
  /** What the last list said of it. */
  seen: "not yet" | "listed" | "missing";
  /** The number of the first list that may show it, of the last one that did, and as what. */
  firstList: number;
  lastList: number;
  shown: string;
  malformed: number;
  /** Answers in a row that did not know the job. */
  unknown: number;
  /** A request is under way or about to be. */
  asking: boolean;
  /** Something said that it may be done while a request was under way, whose answer may be older. */
  hinted: boolean;
}

/** What is known of a job to ask for. Times in seconds, but `since`: milliseconds of `performance.now()`. */
export interface WatchOptions {
  since: number;
  interval?: number | undefined;
  duration?: number | undefined;
  ours: boolean;
  /** A callback is expected: asks about five times less often. Left out: as it was. */
  gentle?: boolean | undefined;
}

/** A time before all others; not 0, which V8 keeps in another way than the times that follow in its place. */
export const AT_ONCE = Number.MIN_VALUE;

/** A job of ours is given up as unknown after this many milliseconds and this many answers in a row that say so. */
const TOO_NEW = 15_000;
const UNKNOWN = 3;
/** How much less often a job is asked for when a callback is expected. */
const GENTLE = 5;
/** Milliseconds: what a user who waits for a short clip does not notice, and what the SDK waits, with jitter around it. */
const SHORTEST = 500;
const USUAL = 3400;
const LONGEST = 15_000;
/** Milliseconds between two lists. */
export const LIST_LEAST = 700;
const LIST_MOST = 5000;
/** Milliseconds after which a job that is listed as pending all the time is asked for nevertheless. */
const TRUST = 90_000;

const around = (milliseconds: number) => milliseconds * (0.9 + Math.random() * 0.2);
const patience = ({ gentle }: { gentle: boolean }) => (gentle ? GENTLE : 1);

/** Milliseconds from a job's creation until its first request: an hour of audio takes a minute or more. */
export function firstWait(job: Pick<Watched, "duration" | "interval" | "gentle">): number {
  if (job.interval !== undefined) return fixed(job.interval);
  return around(Math.min(5000, Math.max(SHORTEST + 100, (job.duration ?? 0) * 5)) * patience(job));
}

/**
 * Milliseconds until a job's next request. They grow with the time waited so far, slowly for a short clip; the most is
 * 3.4 s, up to 15 s for long audio and for what has been waiting for minutes.
 */
export function nextWait(job: Watched, now = performance.now()): number {
  if (job.interval !== undefined) return fixed(job.interval);
  const age = now - job.since;
  const seconds = job.duration ?? 0;
  const isShort = seconds > 0 && seconds <= 30;
  const grown = Math.max(SHORTEST, isShort ? age / 4 : age * 0.9);
  const most = Math.min(LONGEST, Math.max(USUAL, (seconds * 1000) / 120, age / 30));
  return around(Math.min(most, grown) * patience(job));
}

/** Never sooner than the user said. */
function fixed(interval: number): number {
  return interval * (1 + Math.random() * 0.1);
}

/** Milliseconds for which lists that show a job as pending are believed. */
export function trust(job: Watched, now = performance.now()): number {
  return around(Math.max(TRUST, now - job.since) * patience(job));
}

/** Milliseconds after which a list is worth it for a job; LIST_LEAST at least. */
export function listWait(job: Watched, now: number): number {
  const wait = Math.max((now - job.since) / 80, ((job.duration ?? 0) * 1000) / 720, LIST_LEAST);
  return Math.min(LIST_MOST, wait) * patience(job);
}

export function newJob(id: string, options: WatchOptions): Watched {
  const fresh = {
    due: AT_ONCE,
    seen: "not yet",
    firstList: 0,
    lastList: 0,
    shown: "",
    malformed: 0,
    unknown: 0,
    asking: false,
    hinted: false,
  } as const;
  const { since, interval, duration, ours, gentle = false } = options;
  return { ...fresh, id, since, interval, duration, ours, gentle };
}

/** Whether a failed request says nothing about the job; then the next one is put off. */
export function isPassing(error: unknown, job: Watched, retries: number): error is GladiaError {
  if (!(error instanceof GladiaError)) return false;
  const now = performance.now();
  if (error.code === "GLADIA_NOT_FOUND" && job.ours && (++job.unknown < UNKNOWN || now - job.since < TOO_NEW)) {
    job.due = now + 1000;
    return true;
  }
  if (error.code === "GLADIA_RESPONSE" && ++job.malformed > retries) return false;
  job.due = now + nextWait(job, now);
  return error.cause.retryable;
}

/** An answer without a status that is known. */
export function malformed(id: string): GladiaError {
  const params = { field: "status", method: "GET", url: `/v2/pre-recorded/${id}` };
  return new GladiaError("GLADIA_RESPONSE", "response-field", params, { retryable: true, id });
}
