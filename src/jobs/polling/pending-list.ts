import type { GladiaClient } from "../../client";
import { GladiaError } from "../../errors";
import { Watchdog } from "../../http/watchdog";

/** Entries of one page. The API documents no maximum; a server that has a lower one tells by what it answers. */
const PAGE_SIZE = 500;
const SMALL_PAGE_SIZE = 100;
/** Jobs that are pending have no results. */
const MAX_PAGE_BYTES = 4 * 1024 * 1024;
/** Entries beside ours that are read through, as other programs may use the account, too. */
const MAX_FOREIGN = 250;
const LIST_TIMEOUT_MS = 10_000;
/** A list may lag behind the jobs by so much. */
const LAG_MS = 2000;
/** Useless lists in a row until none is read for a while; that time doubles. */
const STRIKES = 2;
const REST_MS = 30_000;
const LONGEST_REST_MS = 600_000;

type Statuses = Map<string, "queued" | "processing">;

/**
 * What an account has pending, read through the list of its jobs, and whether that is worth it: some servers have no
 * list, ignore its filters, answer it from an old copy, or show thousands of jobs of others.
 */
export class PendingList {
  /** Requests that the last list took. */
  pages = 0;
  readonly #client: GladiaClient;
  readonly #firstRest: number;
  #limit = PAGE_SIZE;
  #rest: number;
  #restsUntil = 0;
  #strikes = 0;
  /** Of the jobs that a list did not show: how many were final when asked for, and how many were not. */
  #confirmed = 0;
  #refuted = 0;
  /** Of ours, how many the last list showed. */
  #found = 0;
  /** Jobs that became known as final, and when: a later list must not show them as pending. */
  readonly #ended = new Map<string, number>();

  /** @param rest milliseconds for which a useless list is left alone at first */
  constructor(client: GladiaClient, rest = REST_MS) {
    this.#client = client;
    this.#firstRest = rest;
    this.#rest = rest;
  }

  /** Whether to read a list now. */
  get isUseful(): boolean {
    return performance.now() >= this.#restsUntil;
  }

  /** A job turned out to be final. @param wasMissing the last list did not show it */
  ended(id: string, wasMissing: boolean): void {
    if (wasMissing) this.#confirmed++;
    const now = performance.now();
    for (const [old, at] of this.#ended) {
      if (at > now - 5 * LAG_MS) break;
      this.#ended.delete(old);
    }
    this.#ended.set(id, now);
  }

  /** A job that the last list did not show turned out to be pending. */
  refuted(): void {
    this.#refuted++;
  }

  /**
   * Reads what the account has pending.
   * @param ours the jobs that are looked for
   * @returns the status of each of ours that is pending; undefined when the list is of no use
   * @throws GladiaError for a request that failed
   */
  async read(ours: ReadonlySet<string>, signal: AbortSignal): Promise<Statuses | undefined> {
    this.#judge();
    const params = { method: "GET", url: "/v2/pre-recorded", seconds: LIST_TIMEOUT_MS / 1000 };
    const tooLong = () => new GladiaError("GLADIA_TIMEOUT", "timeout-request", params, { retryable: true });
    const timeout = new Watchdog(LIST_TIMEOUT_MS, signal, tooLong);
    try {
      const shown = await this.#readPages(ours, timeout.signal);
      if (!shown) this.#strike(STRIKES);
      this.#found = shown?.size ?? 0;
      return shown;
    } catch (error) {
      if (!signal.aborted) this.#strike(error instanceof GladiaError && error.cause.retryable ? 1 : STRIKES);
      throw error;
    } finally {
      timeout.stop();
    }
  }

  /** What the last list has led to. */
  #judge(): void {
    if (this.#refuted > 1 && this.#refuted > this.#confirmed) this.#strike(1);
    else if (this.#confirmed > 0 || this.#found > 0) {
      this.#strikes = 0;
      // An old copy looks good at first: what was given up is trusted again when it has proved itself for a while.
      if (performance.now() > this.#restsUntil + 2 * this.#firstRest) this.#rest = this.#firstRest;
    }
    this.#confirmed = 0;
    this.#refuted = 0;
  }

  #strike(strikes: number): void {
    this.#strikes += strikes;
    if (this.#strikes < STRIKES) return;
    this.#strikes = STRIKES - 1; // the next one has one chance
    this.#restsUntil = performance.now() + this.#rest;
    this.#rest = Math.min(LONGEST_REST_MS, this.#rest * 2);
  }

  async #readPages(ours: ReadonlySet<string>, signal: AbortSignal): Promise<Statuses | undefined> {
    const outdated = performance.now() - LAG_MS;
    const shown = new Map<string, "queued" | "processing">();
    const seen = new Set<string>();
    this.pages = 0;
    for (let offset = 0; seen.size <= ours.size * 2 + MAX_FOREIGN; ) {
      const { items, next } = await this.#page(offset, signal);
      this.pages++;
      const before = seen.size;
      let pending = 0;
      for (const { id, status } of items) {
        if (status !== "queued" && status !== "processing") continue;
        pending++;
        seen.add(id);
        if (ours.has(id)) shown.set(id, status);
        else if ((this.#ended.get(id) ?? Number.POSITIVE_INFINITY) < outdated) return undefined; // an old copy
      }
      if (items.length > 2 * pending) return undefined; // the status is ignored, so that results come, too
      if (!next || items.length === 0 || shown.size === ours.size) return shown;
      if (seen.size === before) return undefined; // the offset is ignored
      // Entries move to the front while jobs end: pages overlap a little, so that few fall between two of them.
      offset += items.length - Math.ceil(items.length / 40);
    }
    return undefined;
  }

  /** A page; a server that refuses large ones, or whose entries are large, gets asked for small ones from then on. */
  async #page(offset: number, signal: AbortSignal): ReturnType<GladiaClient["list"]> {
    const query = { status: ["queued", "processing"], limit: this.#limit, offset };
    try {
      return await this.#client.list(query, { signal, repeatable: false, most: MAX_PAGE_BYTES });
    } catch (error) {
      const isAboutSize = error instanceof GladiaError && /REJECTED|RESPONSE/.test(error.code);
      if (!isAboutSize || this.#limit <= SMALL_PAGE_SIZE) throw error;
      this.#limit = SMALL_PAGE_SIZE;
      return this.#page(offset, signal);
    }
  }
}
