import { setMaxListeners } from "node:events";
import type { GladiaClient } from "../client";
import { GladiaError, type TextKey, type TextParams } from "../errors";
import type { Gate } from "../gate";
import type { Account } from "../jobs/account";
import type { KeptEvent } from "../jobs/work-item";
import type { Job } from "../types";
import { type CallbackEvent, checkedEvent, fromKept, isFinalEvent, toKept } from "./event";
import { JobReader, NotDone } from "./job-reader";
import type { KnownEvents, PendingEvent } from "./known-events";

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

export interface DeliveryOptions {
  client: GladiaClient;
  /** Knows the jobs, and keeps events until the flow has them. */
  account: Pick<Account, "follows" | "recheck" | "settle" | "wait" | "events">;
  /** What is known of the account's events from before a deploy. */
  memory: KnownEvents;
  listeners: ReadonlySet<Listener>;
  /** Open while the flows run. Nothing is told while they do not. */
  gate: Gate;
  warn(key: TextKey, params: TextParams): void;
  /** A listener failed. */
  onError(error: unknown): void;
}

/** Brings the events of an account to its listeners, once each: kept until they have them, with the job read again. */
export class EventDelivery {
  readonly reader: JobReader;
  readonly #options: DeliveryOptions;
  readonly #closing = new AbortController();

  constructor(options: DeliveryOptions) {
    setMaxListeners(0, this.#closing.signal); // each event under way listens
    this.#options = options;
    this.reader = new JobReader(options.client, options.account, this.#closing.signal);
  }

  get isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Tells nothing any more; what is kept waits for the successor. */
  close(): void {
    this.#closing.abort();
  }

  /** Goes on with what a former run or node left. */
  async resume(): Promise<void> {
    const { memory } = this.#options;
    const { events } = this.#options.account;
    const left = [...memory.pending.values()];
    for (const key of events.kept.told) memory.tell(key);
    for (const pending of left) void this.process(pending);
    for (const kept of events.kept.events) await this.#restore(kept);
    events.onAdoptedEvent((kept) => void this.#restore(kept));
  }

  /** Whether the job has to be read before those who want an event can be told. */
  isRead({ event, source }: CallbackEvent, wanting: Listener[]): boolean {
    return isFinalEvent(event) && wanting.some(({ fetches }) => fetches || source === "callback");
  }

  /** Who wants an event. */
  wanting(event: string): Listener[] {
    return [...this.#options.listeners].filter((listener) => listener.wants(event));
  }

  /** Keeps an event until it was told; `saved` of what it gives resolves when it would survive the end of the process. */
  keep(event: CallbackEvent): PendingEvent {
    const pending: PendingEvent = { event, saved: this.#options.account.events.putEvent(toKept(event)) };
    this.#options.memory.pending.set(event.key, pending);
    return pending;
  }

  /** Tells the listeners of an event, as soon as the job was read and the flows run. */
  async process(pending: PendingEvent): Promise<void> {
    const { gate, account, onError } = this.#options;
    const { signal } = this.#closing;
    try {
      await pending.saved;
      for (;;) {
        await gate.opened(signal);
        const report = await this.#report(pending);
        const isClaimed = report !== undefined && (await account.events.claimEvent(pending.event.key));
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
    const wanting = this.wanting(report.event.event).filter(({ id }) => !told.has(id));
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
    void this.#options.account.events.tellEvent(event.key);
  }

  /** What there is to tell; undefined: nothing, since it was not true. @throws the signal's reason */
  async #report(pending: PendingEvent): Promise<Report | undefined> {
    const { event } = pending;
    const { id } = event;
    if (!this.isRead(event, this.wanting(event.event)) && !pending.job) {
      if (isFinalEvent(event.event)) this.reader.recheck(id);
      return { event };
    }
    try {
      pending.job ??= await this.reader.read(id, event.isVerified === true);
      return { event: checkedEvent(event, pending.job), job: pending.job };
    } catch (error) {
      this.#closing.signal.throwIfAborted();
      const isUnknown = error instanceof GladiaError && error.code === "GLADIA_NOT_FOUND";
      if (isUnknown && !event.isVerified) this.#options.warn("callback-unknown-job", { id });
      else if (error instanceof NotDone) this.#options.warn("callback-not-done", { id, status: error.status });
      else return { event, failure: error instanceof GladiaError ? error.about(id) : (error as Error) };
      return undefined;
    }
  }

  async #restore(kept: KeptEvent): Promise<void> {
    const { account, memory } = this.#options;
    const { key } = kept;
    const event = memory.isTold(key) ? undefined : await fromKept(kept);
    if (memory.pending.has(key)) return;
    if (!event) return account.events.tellEvent(key);
    const pending = { event, saved: Promise.resolve() };
    memory.pending.set(key, pending);
    void this.process(pending);
  }
}
