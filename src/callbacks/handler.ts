import type { TextKey, TextParams } from "../errors";
import type { Job } from "../types";
import { type DeliveryOptions, EventDelivery } from "./delivery";
import { type CallbackEvent, callbackOf, isFinalEvent, parseEvent } from "./event";
import { Recent } from "./known-events";
import type { Endpoint } from "./receiver";
import type { CallbackRequest } from "./request";
import { type WebhookVerifier, webhookHeader } from "./webhook-verifier";

export interface CallbackHandlerOptions extends Omit<DeliveryOptions, "warn"> {
  /** The account. */
  id: string;
  secret: string;
  /** The whole address, with the secret. */
  url: string;
  /** Milliseconds in which a sender has to send something. */
  patience: number;
  /** Checks webhooks; undefined: the address' secret is enough. */
  verifier: WebhookVerifier | undefined;
  onWarning(key: TextKey, params: TextParams): void;
}

/** Jobs that are remembered: their callback came before we knew them, or has to come yet. */
const MAX_JOBS = 5000;
/** Milliseconds for the callback of a failed job to come after its end is known: it alone says why in words. */
const GRACE = 2000;
/** Characters that are shown of a body that is none. */
const MAX_SHOWN = 40;
/** Milliseconds between two warnings of the same kind. */
const GAP = 60_000;

/**
 * Takes in what comes to one account's address. A job is read again by its id, and what was read ends the waits of our
 * nodes; live events, and webhooks whose job nobody wants, are told as they came. Each event goes to the listeners once: it
 * is kept before it is answered, until they have it.
 */
export class CallbackHandler implements Endpoint {
  readonly id: string;
  readonly secret: string;
  readonly url: string;
  readonly patience: number;
  readonly #options: CallbackHandlerOptions;
  readonly #delivery: EventDelivery;
  /** Jobs unknown to us that a callback told of. */
  readonly #heard = new Recent(MAX_JOBS);
  /** Jobs that carry our callback. */
  readonly #ours = new Recent(MAX_JOBS);
  readonly #marks = new Recent(100);
  readonly #warned = new Map<TextKey, number>();

  constructor(options: CallbackHandlerOptions) {
    this.#options = options;
    this.id = options.id;
    this.secret = options.secret;
    this.url = options.url;
    this.patience = options.patience;
    this.#delivery = new EventDelivery({ ...options, warn: (key, params) => this.warn(key, params) });
  }

  /** Goes on with what a former run or node left. */
  resume(): Promise<void> {
    return this.#delivery.resume();
  }

  async handle({ headers, raw, body: given, json, digest }: CallbackRequest): Promise<number | undefined> {
    if (this.#isResting) return undefined;
    const { redactor } = this.#options.client;
    const body = redactor.redactDeep(given);
    const shown = json === undefined ? undefined : redactor.mask(json);
    const event = parseEvent(body, { webhookId: webhookHeader(headers, "id"), json: shown, digest });
    if (!event) {
      this.warn("callback-body", { start: raw?.toString("utf8", 0, 400).trim() ?? "" });
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
      if (this.#isResting) return undefined;
    }
    return this.#accept(event);
  }

  /** A job was created, or taken up again after a start. `isOurs`: it carries our callback, which may have come before. */
  created(id: string, isOurs: boolean): void {
    if (isOurs) this.#ours.add(id);
    if (this.#heard.take(id) && !this.#delivery.reader.isReading(id)) this.#delivery.reader.recheck(id);
  }

  /** A job of ours is final, whoever found that out: its callback is made up for when it has not come. */
  settled(job: Job): void {
    if (!this.#ours.take(job.id)) return;
    this.#tell(callbackOf(job), job);
  }

  /** Tells of a job that was read, unless that was told or nobody wants it. */
  #tell(event: CallbackEvent, job: Job): void {
    const { memory } = this.#options;
    const isKnown = memory.isTold(event.key) || memory.pending.has(event.key);
    // While the flows are stopped it is for those to decide that come.
    const mayBeWanted = this.#isResting || this.#delivery.wanting(event.event).length > 0;
    if (isKnown || !mayBeWanted) return;
    const pending = this.#delivery.keep(event);
    pending.job = job;
    if (job.status === "done") void this.#delivery.process(pending);
    else setTimeout(() => void this.#delivery.process(pending), GRACE).unref();
  }

  /** A job that was done before is given once more, to other work: it is told as if it were done now. */
  repeated(job: Job, work: string): void {
    const event = callbackOf(job);
    this.#tell({ ...event, key: `${event.key} ${work}` }, job);
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
    const { start, ...more } = this.#options.client.redactor.redactDeep({ ...params });
    // Cut last: a part of a secret would not be known as one.
    this.#options.onWarning(key, typeof start === "string" ? { ...more, start: start.slice(0, MAX_SHOWN) } : more);
  }

  /** Takes nothing in any more and tells nothing; what is kept waits for the successor. */
  close(): void {
    this.#delivery.close();
  }

  /** Whether it is for others to decide who wants an event: those that the deploy under way brings. */
  get #isResting(): boolean {
    return this.#delivery.isClosed || !this.#options.gate.isOpen;
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
      if (isFinal) this.#delivery.reader.recheck(id);
      await present.saved;
      return 200;
    }
    if (isFinal && !this.#options.account.follows(id)) this.#heard.add(id);
    const wanting = this.#delivery.wanting(event.event);
    if (wanting.length === 0 || (source === "callback" && !isFinal)) {
      if (isFinal) this.#delivery.reader.recheck(id);
      return 200;
    }
    if (this.#delivery.isRead(event, wanting) && !this.#delivery.reader.hasRoom(id)) {
      this.#delivery.reader.recheck(id);
      this.warn("callback-busy", {});
      return 503;
    }
    const pending = this.#delivery.keep(event);
    await pending.saved;
    void this.#delivery.process(pending);
    return 200;
  }
}
