import type { GladiaClient } from "../client";
import { GladiaError, type Term } from "../errors";
import { RequestFailure } from "../http/failure";
import { delay, pause } from "../http/retry";
import type { Options } from "../options/merge";
import type { Job } from "../types";
import { type FoundJob, foundJob, KEY, KeySearch, keyOf } from "./key-search";
import type { WorkItem } from "./work-item";

/** Milliseconds before each look: a job that was just created need not be listed yet. */
const LOOKS = [700, 2500];

/** One for each account and customer: what they look for together costs no more than what one looks for. */
const searches = new WeakMap<GladiaClient, KeySearch>();

interface CreateOptions {
  /** Ours, unguessable and used for one message alone. */
  key: string;
  retries: number;
  /** Milliseconds of `performance.now()` until which a busy server (429) is asked again. */
  deadline: number;
  signal: AbortSignal;
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
  const since = client.now;
  for (let n = 0, busy = 0; ; ) {
    try {
      return await client.create(request, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof RequestFailure)) throw error;
      if (error.code === "GLADIA_RATE_LIMIT") {
        const wait = Math.max(delay(++busy, error.retryAfter), 200);
        if (performance.now() + wait > options.deadline) throw error;
        await pause(wait, signal);
        continue;
      }
      if (error.outcomeUnknown) {
        const found = await lookUp(client, { key, since, signal, waits: LOOKS, reason: error });
        if (found) return { id: found.id };
      }
      if (!error.cause.retryable || n >= options.retries) throw error;
      await pause(delay(n++, error.retryAfter), signal);
    }
  }
}

interface LookUp {
  key: string;
  /** When the job may have been created at the earliest, by the server's clock. */
  since: number;
  signal: AbortSignal;
  waits: readonly number[];
  /** Most likely there is none, so that the quick ways to find it are not worth their requests. */
  unlikely?: boolean | undefined;
  /** `performance.now()` of the moment from which on only we could have created it, where that is some time ago. */
  settled?: number | undefined;
  /** Why the look-up is needed. */
  reason: Term;
}

/**
 * The job that an earlier run has created for an item, whatever that run could keep of it; undefined when there surely
 * is none.
 * @param settled `performance.now()` when the item was taken over from that run
 * @throws GladiaError `create.unknown` when that cannot be decided; the signal's reason
 */
export async function findEarlier(
  client: GladiaClient,
  item: WorkItem,
  signal: AbortSignal,
  settled?: number,
): Promise<FoundJob | undefined> {
  const isRecent = item.state === "creating";
  return lookUp(client, {
    key: item.key,
    since: item.since ?? item.began,
    signal,
    waits: isRecent ? LOOKS : [0],
    unlikely: !isRecent,
    settled: isRecent ? undefined : settled,
    reason: { key: "reason-restart" },
  });
}

/** The job with this key, looked for as often as there are waits; undefined when there surely is none. */
async function lookUp(client: GladiaClient, { waits, reason, ...wanted }: LookUp): Promise<FoundJob | undefined> {
  const { key, signal } = wanted;
  try {
    for (const wait of waits) {
      if (wait > 0) await pause(wait, signal);
      const found = await findByKey(client, wanted);
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
async function findByKey(
  client: GladiaClient,
  { key, since, settled, signal, unlikely }: Omit<LookUp, "waits" | "reason">,
): Promise<FoundJob | undefined> {
  const has = (job: Job) => keyOf(job) === key;
  const filters = [{ custom_metadata: JSON.stringify({ [KEY]: key }) }, { [`custom_metadata[${KEY}]`]: key }];
  for (const filter of unlikely ? [] : filters) {
    try {
      const found = (await client.list({ limit: 5, ...filter }, { signal })).items.find(has);
      if (found) return foundJob(found);
    } catch (error) {
      // A form that the server refuses says nothing about the job.
      if (!(error instanceof GladiaError) || error.code !== "GLADIA_REJECTED") throw error;
    }
  }
  let search = searches.get(client);
  if (!search) {
    search = new KeySearch(client);
    searches.set(client, search);
  }
  return search.find({ key, since, settled }, signal);
}
