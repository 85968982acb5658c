import { setMaxListeners } from "node:events";
import type { GladiaClient } from "../client";
import { GladiaError, type TextKey, type TextParams } from "../errors";
import { Slots } from "../jobs/slots";
import type { Tracker } from "../jobs/tracker";
import type { Job } from "../types";
import type { Letter } from "./letter";
import { isFinalEvent, type News, Recent, readNews, withoutKey } from "./news";
import type { Mailbox } from "./receiver";
import { type WebhookGuard, webhookHeader } from "./webhook";

/** What a listener is told. */
export interface Report {
  news: News;
  /** As it was read again, where it was. */
  job?: Job;
  /** Why the job could not be read. */
  failure?: Error;
}

/** Somebody who wants the news of an account. */
export interface Listener {
  wants(event: string): boolean;
  /** Whether a webhook's job shall be read for it. */
  readonly fetches: boolean;
  tell(report: Report): void;
}

export interface DeskOptions {
  /** The account. */
  id: string;
  secret: string;
  /** The whole address, with the secret. */
  url: string;
  /** Milliseconds in which a sender has to send something. */
  patience: number;
  client: GladiaClient;
  tracker: Tracker;
  /** Checks webhooks; undefined: the address' secret is enough. */
  guard: WebhookGuard | undefined;
  listeners: ReadonlySet<Listener>;
  onWarning(key: TextKey, params: TextParams): void;
}

/** Requests for jobs under way at once. */
const READS = 16;
/** News that are remembered, to tell repetitions. */
const REMEMBERED = 5000;
/** A job need not be done at each of Gladia's machines when its callback comes: it is read again after so many milliseconds. */
const LOOKS = [1000, 4000];
/** Milliseconds between two warnings of the same kind. */
const GAP = 60_000;

/**
 * Takes in what comes to one account's address. Nothing is believed: a job is read again by its id, and what was read
 * ends the waits of our nodes and goes to the listeners, once.
 */
export class CallbackDesk implements Mailbox {
  readonly id: string;
  readonly secret: string;
  readonly url: string;
  readonly patience: number;
  readonly #options: DeskOptions;
  readonly #seen = new Recent(REMEMBERED);
  readonly #heard = new Recent(REMEMBERED);
  readonly #marks = new Recent(100);
  readonly #reads = new Slots(READS, Number.POSITIVE_INFINITY);
  readonly #reading = new Map<string, Promise<Job>>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #warned = new Map<TextKey, number>();
  readonly #closing = new AbortController();

  constructor(options: DeskOptions) {
    setMaxListeners(0, this.#closing.signal); // each request under way listens
    this.#options = options;
    this.id = options.id;
    this.secret = options.secret;
    this.url = options.url;
    this.patience = options.patience;
  }

  async deliver({ headers, raw, body }: Letter): Promise<number> {
    if (this.#closing.signal.aborted) return 503;
    const webhookId = webhookHeader(headers, "id");
    const news = readNews(this.#options.client.redactor.redactDeep(body), webhookId);
    if (!news) {
      this.warn("callback-body", { start: JSON.stringify(body)?.slice(0, 40) ?? "" });
      return 400;
    }
    if (news.source === "webhook") {
      const refusal = await this.#options.guard?.refusal(headers, raw);
      if (refusal) {
        this.warn(refusal.key, refusal.params);
        return 401;
      }
    }
    if (!this.#seen.has(news.key)) void this.#take(news, 0);
    return 200;
  }

  /** A job was created: its callback may have come before. */
  created(id: string): void {
    if (this.#heard.take(id)) this.#options.tracker.hint(id);
  }

  probed(mark: string): void {
    this.#marks.add(mark);
  }

  /** Whether a request of ours with this mark has come back. */
  arrived(mark: string): boolean {
    return this.#marks.has(mark);
  }

  warn(key: TextKey, params: TextParams): void {
    const now = Date.now();
    if (now - (this.#warned.get(key) ?? Number.NEGATIVE_INFINITY) < GAP) return;
    this.#warned.set(key, now);
    this.#options.onWarning(key, this.#options.client.redactor.redactDeep({ ...params }));
  }

  close(): void {
    this.#closing.abort();
    for (const timer of this.#timers) clearTimeout(timer);
  }

  /** @param looks how often the job was looked at before */
  async #take(news: News, looks: number): Promise<void> {
    const { id, event, source } = news;
    const wanted = this.#wanting(event);
    const { tracker } = this.#options;
    const reads = isFinalEvent(event) && wanted.some(({ fetches }) => fetches || source === "callback");
    if (isFinalEvent(event)) {
      if (!tracker.follows(id)) this.#heard.add(id);
      else if (!reads) tracker.hint(id);
    }
    if (!reads) {
      if (source !== "callback") this.#tell({ news });
      return;
    }
    try {
      const job = await this.#read(id);
      if (isFinal(job)) {
        tracker.found(job);
        this.#tell(this.#checked(news, job));
      } else if (looks < LOOKS.length) {
        this.#later(LOOKS[looks] ?? 0, () => this.#take(news, looks + 1));
      } else {
        this.warn("callback-not-done", { id, status: String(job.status) });
      }
    } catch (error) {
      if (this.#closing.signal.aborted || this.#seen.has(news.key)) return;
      const unknown = error instanceof GladiaError && error.code === "GLADIA_NOT_FOUND";
      if (unknown && !(source === "webhook" && this.#options.guard)) {
        this.warn("callback-unknown-job", { id });
      } else {
        const failure = error instanceof GladiaError ? error.about(id) : (error as Error);
        for (const listener of this.#wanting(event)) listener.tell({ news, failure });
      }
    }
  }

  /** The news as the job itself tells them. */
  #checked(news: News, job: Job): Report {
    const { custom_metadata: _, ...rest } = news;
    const event = job.status === "error" ? "transcription.error" : "transcription.success";
    const metadata = withoutKey(job.custom_metadata);
    const key = rest.source === "callback" ? `callback ${event} ${job.id}` : rest.key;
    return { news: { ...rest, event, key, ...(metadata ? { custom_metadata: metadata } : {}) }, job };
  }

  #tell(report: Report): void {
    if (this.#closing.signal.aborted || !this.#seen.add(report.news.key)) return;
    for (const listener of this.#wanting(report.news.event)) listener.tell(report);
  }

  #wanting(event: string): Listener[] {
    return [...this.#options.listeners].filter((listener) => listener.wants(event));
  }

  /** A job as it stands now or later: an answer on its way may be older than the news that it is asked for. */
  #read(id: string): Promise<Job> {
    const present = this.#reading.get(id);
    if (!present) return this.#request(id);
    const again = () => this.#reading.get(id) ?? this.#request(id);
    return present.then((job) => (isFinal(job) ? job : again()), again);
  }

  #request(id: string): Promise<Job> {
    const { signal } = this.#closing;
    const request = this.#reads
      .acquire(signal)
      .then((release) => this.#options.client.get(id, { signal }).finally(release))
      .finally(() => this.#reading.delete(id));
    this.#reading.set(id, request);
    return request;
  }

  #later(milliseconds: number, act: () => Promise<void>): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      void act();
    }, milliseconds);
    this.#timers.add(timer);
  }
}

function isFinal(job: Job): boolean {
  return job.status === "done" || job.status === "error";
}
