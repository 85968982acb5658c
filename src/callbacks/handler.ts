import { setMaxListeners } from "node:events";
import type { GladiaClient } from "../client";
import { GladiaError, type TextKey, type TextParams } from "../errors";
import type { Ledger } from "../jobs/ledger";
import type { Tracker } from "../jobs/tracker";
import type { Job } from "../types";
import { type CallbackEvent, callbackOf, checkedEvent, fromKept, isFinalEvent, parseEvent, toKept } from "./event";
import type { Gate } from "./gate";
import { JobReader, NotDone } from "./job-reader";
import { type CallbackMemory, type PendingEvent, Recent } from "./memory";
import type { Endpoint } from "./receiver";
import type { CallbackRequest } from "./request";
import { type WebhookVerifier, webhookHeader } from "./webhook-verifier";

/** What a listener is told. */
export interface Report {
  event: CallbackEvent;
  /** As it was read again, where the listener wants that. */
  job?: Job;
  /** Why the job could not be read. */
  failure?: Error;
}

/** Somebody who wants the events of an account. */
export interface Listener {
  /** The same after a redeploy. */
  readonly id: string;
  wants(event: string): boolean;
  /** Whether a webhook's job shall be read for it. */
  readonly fetches: boolean;
  /** Gives false when a deploy stopped what should have got it; then it is told again. */
  tell(report: Report): Promise<boolean>;
}

export interface CallbackHandlerOptions {
  /** The account. */
  id: string;
  secret: string;
  /** The whole address, with the secret. */
  url: string;
  /** Milliseconds in which a sender has to send something. */
  patience: number;
  client: GladiaClient;
  tracker: Tracker;
  /** Keeps events until the flow has them. */
  ledger: Pick<Ledger, "kept" | "putEvent" | "tellEvent" | "claimEvent">;
  /** What is known of the account's events from before a deploy. */
  memory: CallbackMemory;
  /** Checks webhooks; undefined: the address' secret is enough. */
  verifier: WebhookVerifier | undefined;
  listeners: ReadonlySet<Listener>;
  /** Open while the flows run. Nothing is told while they do not. */
  gate: Gate;
  onWarning(key: TextKey, params: TextParams): void;
  /** A listener failed. */
  onError(error: unknown): void;
}

/** Jobs that are remembered: their callback came before we knew them, or has to come yet. */
const MAX_JOBS = 5000;
/** Milliseconds for the callback of a failed job to come after its end is known: it alone says why in words. */
const GRACE = 2000;
/** Milliseconds between two warnings of the same kind. */
const GAP = 60_000;

/**
 * Takes in what comes to one account's address. Nothing is believed: a job is read again by its id, and what was read
 * ends the waits of our nodes and goes to the listeners, once: it is kept before it is answered, until they have it.
 */
export class CallbackHandler implements Endpoint {
  readonly id: string;
  readonly secret: string;
  readonly url: string;
  readonly patience: number;
  readonly #options: CallbackHandlerOptions;
  readonly #reader: JobReader;
  /** Jobs unknown to us that a callback told of. */
  readonly #heard = new Recent(MAX_JOBS);
  /** Jobs that carry our callback. */
  readonly #ours = new Recent(MAX_JOBS);
  readonly #marks = new Recent(100);
  readonly #warned = new Map<TextKey, number>();
  readonly #closing = new AbortController();

  constructor(options: CallbackHandlerOptions) {
    setMaxListeners(0, this.#closing.signal); // each event under way listens
    this.#options = options;
    this.id = options.id;
    this.secret = options.secret;
    this.url = options.url;
    this.patience = options.patience;
    this.#reader = new JobReader(options.client, options.tracker, this.#closing.signal);
  }

  /** Goes on with what a former run or node left. */
  async takeUp(): Promise<void> {
    const { ledger, memory } = this.#options;
    const left = [...memory.pending.values()];
    for (const key of ledger.kept.told) memory.tell(key);
    for (const kept of ledger.kept.events) {
      const { key } = kept;
      if (memory.isTold(key) || memory.pending.has(key)) continue;
      const event = await fromKept(kept);
      const pending = event && { event, saved: Promise.resolve() };
      if (!pending) await ledger.tellEvent(key);
      else if (!memory.pending.has(key)) {
        memory.pending.set(key, pending);
        left.push(pending);
      }
    }
    for (const pending of left) void this.#process(pending);
  }

  async handle({ headers, raw, body, payload, digest }: CallbackRequest): Promise<number | undefined> {
    if (this.#closing.signal.aborted || !this.#options.gate.isOpen) return undefined;
    const event = parseEvent(body, { webhookId: webhookHeader(headers, "id"), payload, digest });
    if (!event) {
      this.warn("callback-body", { start: raw?.toString("utf8", 0, 200).trim().slice(0, 40) ?? "" });
      return 400;
    }
    const { verifier } = this.#options;
    if (event.source === "webhook" && verifier) {
      const refusal = await verifier.verify(headers, raw);
      if (refusal) {
        this.warn(refusal.key, refusal.params);
        return 401;
      }
      event.isVerified = true;
      if (this.#closing.signal.aborted || !this.#options.gate.isOpen) return undefined;
    }
    return this.#accept(event);
  }

  /** A job was created, or taken up again after a start. `isOurs`: it carries our callback, which may have come before. */
  created(id: string, isOurs: boolean): void {
    if (isOurs) this.#ours.add(id);
    if (this.#heard.take(id) && !this.#reader.isReading(id)) this.#reader.recheck(id);
  }

  /** A job of ours is final, whoever found that out: its callback is made up for when it has not come. */
  settled(job: Job): void {
    if (!this.#ours.take(job.id)) return;
    const event = callbackOf(job);
    const { memory, gate } = this.#options;
    const isKnown = memory.isTold(event.key) || memory.pending.has(event.key);
    // While the flows are stopped it is for those to decide that come.
    const mayBeWanted = this.#closing.signal.aborted || !gate.isOpen || this.#wanting(event.event).length > 0;
    if (isKnown || !mayBeWanted) return;
    const pending = this.#keep(event);
    pending.job = job;
    if (job.status === "done") void this.#process(pending);
    else setTimeout(() => void this.#process(pending), GRACE).unref();
  }

  probed(mark: string): void {
    this.#marks.add(mark);
  }

  /** Whether a request of ours with this mark has come back. */
  arrived(mark: string): boolean {
    return this.#marks.has(mark);
  }

  warn(key: TextKey, params: TextParams): void {
    const now = performance.now();
    if (now - (this.#warned.get(key) ?? Number.NEGATIVE_INFINITY) < GAP) return;
    this.#warned.set(key, now);
    this.#options.onWarning(key, params);
  }

  /** Takes nothing in any more and tells nothing; what is kept waits for the successor. */
  close(): void {
    this.#closing.abort();
  }

  /** Keeps an event that somebody wants and gives the status to answer with. */
  async #accept(event: CallbackEvent): Promise<number> {
    const { memory } = this.#options;
    const { key, id, source } = event;
    const isFinal = isFinalEvent(event.event);
    if (memory.isTold(key)) return 200;
    const present = memory.pending.get(key);
    if (present) {
      if (event.error) present.event.error ??= event.error;
      if (isFinal) this.#reader.recheck(id);
      await present.saved;
      return 200;
    }
    if (isFinal && !this.#options.tracker.follows(id)) this.#heard.add(id);
    const wanting = this.#wanting(event.event);
    if (wanting.length === 0 || (source === "callback" && !isFinal)) {
      if (isFinal) this.#reader.recheck(id);
      return 200;
    }
    if (this.#isRead(event, wanting) && !this.#reader.hasRoom(id)) {
      this.#reader.recheck(id);
      this.warn("callback-busy", {});
      return 503;
    }
    const pending = this.#keep(event);
    await pending.saved;
    void this.#process(pending);
    return 200;
  }

  #keep(event: CallbackEvent): PendingEvent {
    const pending: PendingEvent = { event, saved: this.#options.ledger.putEvent(toKept(event)) };
    this.#options.memory.pending.set(event.key, pending);
    return pending;
  }

  /** Tells the listeners of an event, as soon as the job was read and the flows run. */
  async #process(pending: PendingEvent): Promise<void> {
    const { gate, ledger, onError } = this.#options;
    const { signal } = this.#closing;
    try {
      await pending.saved;
      for (;;) {
        await gate.opened(signal);
        const report = await this.#report(pending);
        const isClaimed = report !== undefined && (await ledger.claimEvent(pending.event.key));
        signal.throwIfAborted();
        if (!report || !isClaimed) return this.#forget(pending);
        if (!gate.isOpen) continue;
        pending.telling = this.#tell(pending, report, pending.telling);
        if (await pending.telling) return;
        await gate.changed(signal);
      }
    } catch (error) {
      if (signal.aborted) return;
      this.#forget(pending);
      onError(error);
    }
  }

  /** Gives false when some of those who want it could not be told. */
  async #tell(pending: PendingEvent, report: Report, before: Promise<unknown> | undefined): Promise<boolean> {
    await before; // by the node that a deploy took away
    pending.told ??= new Set();
    const { told } = pending;
    const wanting = this.#wanting(report.event.event).filter(({ id }) => !told.has(id));
    const tellOne = async (listener: Listener) => {
      const { event, job } = report;
      const isPlain = event.source === "webhook" && !listener.fetches;
      if (await listener.tell(isPlain ? { event } : job ? { event, job } : report)) told.add(listener.id);
    };
    await Promise.all(wanting.map(tellOne));
    if (!wanting.every(({ id }) => told.has(id))) return false;
    this.#forget(pending);
    this.#options.memory.tell(pending.event.key);
    return true;
  }

  /** Nothing is left to do for an event. */
  #forget({ event }: PendingEvent): void {
    this.#options.memory.pending.delete(event.key);
    void this.#options.ledger.tellEvent(event.key);
  }

  /** What there is to tell; undefined: nothing, since it was not true. @throws the signal's reason */
  async #report(pending: PendingEvent): Promise<Report | undefined> {
    const { event } = pending;
    const { id } = event;
    if (!this.#isRead(event, this.#wanting(event.event)) && !pending.job) {
      if (isFinalEvent(event.event)) this.#reader.recheck(id);
      return { event };
    }
    try {
      pending.job ??= await this.#reader.read(id, event.isVerified === true);
      return { event: checkedEvent(event, pending.job), job: pending.job };
    } catch (error) {
      this.#closing.signal.throwIfAborted();
      const isUnknown = error instanceof GladiaError && error.code === "GLADIA_NOT_FOUND";
      if (isUnknown && !event.isVerified) this.warn("callback-unknown-job", { id });
      else if (error instanceof NotDone) this.warn("callback-not-done", { id, status: error.status });
      else return { event, failure: error instanceof GladiaError ? error.about(id) : (error as Error) };
      return undefined;
    }
  }

  /** Whether the job has to be read before those who want an event can be told. */
  #isRead({ event, source }: CallbackEvent, wanting: Listener[]): boolean {
    return isFinalEvent(event) && wanting.some(({ fetches }) => fetches || source === "callback");
  }

  #wanting(event: string): Listener[] {
    return [...this.#options.listeners].filter((listener) => listener.wants(event));
  }
}
