import type { GladiaClient } from "../client";
import { GladiaError, type Term } from "../errors";
import { RequestFailure } from "../http/failure";
import { delay, pause } from "../http/retry";
import type { Options } from "../options/merge";
import type { Job } from "../types";

/** Name of our key in a job's `custom_metadata`. */
export const KEY = "node_red_key";

/** Pages of the account's jobs looked through for a key before the look-up gives up. */
const PAGES = 20;
const PAGE = 50;
/** Milliseconds by which the server's clock and ours may differ. */
const SKEW = 15 * 60_000;
/** A job that was just created need not be listed yet: the second look comes after this many milliseconds. */
const LOOKS = [700, 2500];

export interface CreateOptions {
  /** Ours, unguessable and used for one message alone. */
  key: string;
  retries: number;
  /** Milliseconds of `Date.now()` until which a busy server (429) is asked again. */
  deadline: number;
  signal: AbortSignal;
  /** An earlier try, before a restart, may have created the job: look first. `since`: `Date.now()` of that try. */
  since?: number | undefined;
}

/**
 * Creates one job for one message, whatever happens to the answers. Creating is billed and Gladia has no idempotency
 * key, so the job carries ours, and a try whose outcome is unknown is looked up by it before anything is sent again.
 * @throws GladiaError; `create.unknown` when the look-up cannot decide
 */
export async function createOnce(
  client: GladiaClient,
  body: Options & { audio_url: string },
  options: CreateOptions,
): Promise<{ id: string; result_url?: string }> {
  const { key, signal } = options;
  const metadata = { ...(body["custom_metadata"] as Options | undefined), [KEY]: key };
  const request = { ...body, custom_metadata: metadata };
  const since = options.since ?? Date.now();
  if (options.since !== undefined) {
    const found = await lookUp(client, key, since, signal, { key: "reason-restart" });
    if (found) return { id: found.id };
  }
  for (let n = 0, busy = 0; ; ) {
    try {
      return await client.create(request, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof RequestFailure)) throw error;
      if (error.code === "GLADIA_RATE_LIMIT") {
        const wait = Math.max(delay(++busy, error.retryAfter), 200);
        if (Date.now() + wait > options.deadline) throw error;
        await pause(wait, signal);
        continue;
      }
      if (error.outcomeUnknown) {
        const found = await lookUp(client, key, since, signal, error);
        if (found) return { id: found.id };
      }
      if (!error.cause.retryable || n >= options.retries) throw error;
      await pause(delay(n++, error.retryAfter), signal);
    }
  }
}

/** The job with this key, looked for more than once; undefined when there surely is none. */
export async function lookUp(
  client: GladiaClient,
  key: string,
  since: number,
  signal: AbortSignal,
  reason: Term,
): Promise<Job | undefined> {
  try {
    for (const wait of LOOKS) {
      await pause(wait, signal);
      const found = await findByKey(client, key, since, signal);
      if (found) return found;
    }
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    const lookup = error instanceof GladiaError ? error : (error as Error).message;
    const cause = error instanceof GladiaError ? error.cause : {};
    throw new GladiaError("GLADIA_NETWORK", "create-unknown", { key, reason, lookup }, { ...cause, retryable: false });
  }
}

/**
 * Finds a job by our key in its `custom_metadata`. The filter has two documented forms of which neither is certain to be
 * understood, so that only looking through the newest jobs proves that there is none.
 * @throws GladiaError when that cannot be decided
 */
export async function findByKey(
  client: GladiaClient,
  key: string,
  since: number,
  signal: AbortSignal,
): Promise<Job | undefined> {
  const has = (job: Job) => (job.custom_metadata as Options | null | undefined)?.[KEY] === key;
  for (const filter of [{ custom_metadata: JSON.stringify({ [KEY]: key }) }, { [`custom_metadata[${KEY}]`]: key }]) {
    try {
      const found = (await client.list({ limit: 5, ...filter }, { signal })).items.find(has);
      if (found) return found;
    } catch (error) {
      // A form that the server refuses says nothing about the job.
      if (!(error instanceof GladiaError) || error.code !== "GLADIA_REJECTED") throw error;
    }
  }
  for (let page = 0; page < PAGES; page++) {
    const { items, next } = await client.list({ offset: page * PAGE, limit: PAGE }, { signal });
    const found = items.find(has);
    if (found) return found;
    const oldest = Date.parse(items.at(-1)?.created_at ?? "");
    if (items.length === 0 || !next || oldest < since - SKEW) return undefined;
  }
  throw new GladiaError("GLADIA_RESPONSE", "create-too-many", { jobs: PAGES * PAGE });
}
