import type { GladiaClient } from "../client";
import { GladiaError } from "../errors";
import type { Listed, PageReader } from "../http/page-reader";
import { Watchdog } from "../http/watchdog";
import type { Watchlist } from "./watchlist";

/** Entries of one page. The API documents no maximum; a server that has a lower one tells by what it answers. */
const LARGEST_PAGE = 500;
const SMALL_PAGE = 100;
const LEAST_PAGE = 20;
const PAGES_AT_ONCE = 4;
/** Entries beside ours that are read through, as other programs may use the account, too. */
const FOREIGN = 250;
/** Lists in a row that were of no use until they are given up for a while: milliseconds, doubled each time. */
const STRIKES = 3;
const REST = 30_000;
const LONGEST_REST = 600_000;
/** Milliseconds that a list may lag behind the jobs, and that it may take. */
const LAG = 2000;
const LIST_TIME = 10_000;

/**
 * What an account has pending, read through the list of its jobs, and whether that is worth it: some servers have no
 * list, ignore its filters, answer it from an old copy, or show thousands of jobs of others.
 */
export class Listing {
  readonly #client: GladiaClient;
  #limit = LARGEST_PAGE;
  /** Entries of the last list. */
  #total = 0;
  /** Of these, ours. */
  #found = 0;
  #pages = 0;
  #strikes = 0;
  /** The next rest, and the first. */
  #rest: number;
  readonly #firstRest: number;
  #restsUntil = 0;
  /** How often a job missing from a list was final, and how often it was not. */
  #right = 0;
  #wrong = 0;
  /** Jobs that became known as final, and when: a later list must not show them as pending. */
  readonly #ended = new Map<string, number>();
  /** When a job had to have ended for the list that is being read to know it. */
  #outdated = 0;
  /** The list shows jobs as pending that ended long before it. */
  #lags = false;

  /** @param rest milliseconds for which a useless list is left alone at first */
  constructor(client: GladiaClient, rest = REST) {
    this.#client = client;
    this.#firstRest = rest;
    this.#rest = rest;
  }

  /** Whether to use the list now. */
  get isUseful(): boolean {
    return performance.now() >= this.#restsUntil;
  }

  /**
   * When to read the next list, in milliseconds of `performance.now()`: what it costs counts, too.
   * @param began when the last one began
   * @param wait milliseconds between lists, as far as the jobs are concerned
   */
  next(began: number, wait: number): number {
    const least = Math.max(
      Math.min(950, Math.min(850, 600 + this.#total * 2) + this.#pages * 50),
      this.#pages * 25,
      this.#total / 10,
    );
    const milliseconds = Math.max(least, wait) * (0.97 + Math.random() * 0.06);
    return Math.max(began + milliseconds, performance.now() + milliseconds / 4);
  }

  /** A GET told that a job is final. */
  ended(id: string, wasMissing: boolean): void {
    if (wasMissing) this.#right++;
    const now = performance.now();
    for (const [old, at] of this.#ended) {
      if (at > now - 5 * LAG) break;
      this.#ended.delete(old);
    }
    this.#ended.set(id, now);
  }

  /** A GET told that a job is pending although the list did not show it. */
  missed(): void {
    this.#wrong++;
  }

  /** A list was of no use. `sure`: the next would be of none either. */
  strike(sure = false): void {
    this.#strikes = sure ? STRIKES : this.#strikes + 1;
    if (this.#strikes < STRIKES) return;
    this.#restsUntil = performance.now() + this.#rest;
    this.#rest = Math.min(LONGEST_REST, this.#rest * 2);
    this.#strikes = STRIKES - 1; // the next one has one chance
    this.#right = 0;
    this.#wrong = 0;
  }

  /** Judges a list that failed. @returns whether the failure may be the server's as a whole */
  failed(error: unknown): boolean {
    if (error instanceof GladiaError && error.code !== "GLADIA_RESPONSE") {
      if (error.cause.retryable) return true;
      this.strike(true);
    } else this.strike();
    return false;
  }

  /**
   * Reads what the account has pending, and notes it at the jobs.
   * @param jobs what is waited for; a list of them has to have begun
   * @returns whether the list is to be believed; if not, it is no help
   * @throws GladiaError, for what fails in a request
   */
  async read(jobs: Watchlist, signal: AbortSignal): Promise<boolean> {
    this.#judge();
    this.#outdated = performance.now() - LAG;
    const params = { method: "GET", url: "/v2/pre-recorded", seconds: LIST_TIME / 1000 };
    const tooLong = () => new GladiaError("GLADIA_TIMEOUT", "timeout-request", params, { retryable: true });
    const watch = new Watchdog(LIST_TIME, signal, tooLong);
    const isWhole = await this.#read(jobs, watch.signal).finally(() => watch.stop());
    const isGood = isWhole && !this.#lags;
    if (!isGood) this.strike(true);
    return isGood;
  }

  /** What the last list has led to. */
  #judge(): void {
    if (this.#wrong > 1 && this.#wrong > this.#right) this.strike();
    else if (this.#found > 0 || this.#right > 0) {
      this.#strikes = 0;
      // An old copy looks good at first: what was given up is trusted again when it has proved itself for a while.
      if (performance.now() > this.#restsUntil + 2 * this.#firstRest) this.#rest = this.#firstRest;
    }
    this.#right = 0;
    this.#wrong = 0;
  }

  /** Reads pages until all is read; false when that would be too much. */
  async #read(jobs: Watchlist, signal: AbortSignal): Promise<boolean> {
    const number = jobs.adaptive;
    const most = number * 2 + FOREIGN;
    const before = this.#total;
    const expected = Math.max(before, number) * 1.1;
    const wish = Math.min(this.#limit, Math.max(SMALL_PAGE, Math.ceil(expected / SMALL_PAGE) * SMALL_PAGE));
    let size = wish;
    this.#found = 0;
    this.#pages = 0;
    this.#total = 0;
    this.#lags = false;
    for (let offset = 0; offset < most; ) {
      // Entries move to the front while jobs end: pages overlap a little, so that few fall between two of them.
      const step = size - Math.ceil(size / 40);
      const count = offset === 0 && before === 0 ? 1 : Math.ceil((expected - offset) / step);
      const offsets = Array.from({ length: Math.min(PAGES_AT_ONCE, Math.max(1, count)) }, (_, i) => offset + i * step);
      const pages = await Promise.all(offsets.map((from) => this.#page(from, Math.min(wish, this.#limit), signal)));
      this.#pages += pages.length;
      for (const { items } of pages) if (!this.#note(jobs, items)) return false;
      if (this.#found === number || pages.some(({ next, items }) => !next || items.length === 0)) return true;
      const shortest = Math.min(...pages.map(({ items }) => items.length));
      if (shortest !== size) {
        // The server has a limit of its own: what lies between the pages is read next.
        size = Math.max(shortest, LEAST_PAGE);
        this.#limit = Math.min(this.#limit, size);
        offset += size;
      } else offset += pages.length * step;
    }
    return false;
  }

  /** @returns false when the server has ignored the filter */
  #note(jobs: Watchlist, items: Listed[]): boolean {
    let pending = 0;
    for (const { id, status } of items) {
      if (status !== "queued" && status !== "processing") continue;
      pending++;
      const job = jobs.get(id);
      if (job && jobs.show(job, status)) this.#found++;
      else if ((this.#ended.get(id) ?? Number.POSITIVE_INFINITY) < this.#outdated) this.#lags = true;
    }
    this.#total += pending;
    return items.length - pending <= pending;
  }

  async #page(offset: number, limit: number, signal: AbortSignal): Promise<PageReader> {
    const query = { status: ["queued", "processing"], limit, offset };
    try {
      return await this.#client.statuses(query, signal);
    } catch (error) {
      if (!(error instanceof GladiaError) || error.code !== "GLADIA_REJECTED" || limit <= SMALL_PAGE) throw error;
      this.#limit = SMALL_PAGE;
      return this.#page(offset, SMALL_PAGE, signal);
    }
  }
}
