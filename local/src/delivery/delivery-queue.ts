import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type Control, remember } from "../control";
import { textOf } from "../errors";
import type { Delivery, Job } from "../jobs/job";
import type { JobStore } from "../jobs/store";
import { type Message, send, svixHeaders } from "./send";

/** Where a job's own callback goes, undefined when it wants none. */
function callbackOf(request: Job["request_params"]): { url: string; method: "POST" | "PUT" } | undefined {
  const { callback, callback_config, callback_url } = request as {
    callback?: boolean;
    callback_config?: { url: string; method?: "POST" | "PUT" };
    callback_url?: string;
  };
  if (callback === true && callback_config !== undefined)
    return { url: callback_config.url, method: callback_config.method ?? "POST" };
  return callback_url === undefined ? undefined : { url: callback_url, method: "POST" };
}

const messageId = () => `msg_${randomUUID().replaceAll("-", "")}`;

/** Brings callbacks and webhooks to their receivers, again and again until one takes them or the tries are used up. */
export class DeliveryQueue {
  private readonly ending = new AbortController();
  /** deliveries under way, by their id */
  private readonly rounds = new Map<string, Promise<void>>();

  constructor(
    private readonly jobs: JobStore,
    private readonly control: Control,
    private readonly log: (line: string) => void,
  ) {}

  /** What is to be sent when `event` has happened to a job that was asked for so. */
  due(event: Delivery["event"], request: Job["request_params"]): Delivery[] {
    const due = this.webhooks(event);
    if (event !== "transcription.created" && callbackOf(request) !== undefined)
      due.unshift({ id: messageId(), kind: "callback", event });
    return due;
  }

  /** What is to be sent to the account's webhook when `event` has happened. */
  webhooks(event: Delivery["event"]): Delivery[] {
    return this.control.settings.webhook === null ? [] : [{ id: messageId(), kind: "webhook", event }];
  }

  /** Starts on everything a job still has to send; returns at once. */
  dispatch(job: Job): void {
    for (const delivery of job.deliveries) {
      if (this.rounds.has(delivery.id)) continue;
      const round = this.deliver(job, delivery)
        .catch((error) => this.log(`${delivery.kind} of job ${job.id}: ${textOf(error)}`))
        .finally(() => this.rounds.delete(delivery.id));
      this.rounds.set(delivery.id, round);
    }
  }

  /** Stops; what has not arrived stays with its job and is sent after the next start. */
  async close(): Promise<void> {
    this.ending.abort();
    await Promise.all(this.rounds.values());
  }

  private async deliver(job: Job, delivery: Delivery): Promise<void> {
    const { signal } = this.ending;
    const delays = [...this.control.settings.deliveryDelays];
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      const outcome = await this.attempt(job, delivery, attempt);
      if (signal.aborted) return;
      const delay = delays.shift();
      if (outcome && delay !== undefined) {
        await sleep(delay, undefined, { signal }).catch(() => undefined);
        continue;
      }
      if (outcome) this.log(`${delivery.kind} of job ${job.id} given up after ${attempt} tries: ${outcome}`);
      await this.jobs.update(job, ({ deliveries }) => ({
        deliveries: deliveries.filter(({ id }) => id !== delivery.id),
      }));
      return;
    }
  }

  /** One try; returns what went wrong, empty when it arrived. */
  private async attempt(job: Job, delivery: Delivery, attempt: number): Promise<string> {
    const message = await this.compose(job, delivery);
    if (message === undefined) return "";
    const record = { kind: delivery.kind, event: delivery.event, job: job.id, url: message.url, attempt };
    try {
      const status = await send(message, this.ending.signal);
      remember(this.control.deliveries, { ...record, status });
      return status >= 200 && status < 300 ? "" : `answered ${status}`;
    } catch (error) {
      const reason = textOf((error as Error).cause ?? error);
      remember(this.control.deliveries, { ...record, error: reason });
      return reason;
    }
  }

  private async compose(job: Job, { id, kind, event }: Delivery): Promise<Message | undefined> {
    if (kind === "webhook") {
      const { webhook } = this.control.settings;
      if (webhook === null) return undefined;
      const body = JSON.stringify({ event, payload: { id: job.id } });
      return { url: webhook.url, method: "POST", body, headers: svixHeaders(id, webhook.secret, body) };
    }
    const target = callbackOf(job.request_params);
    if (target === undefined || this.jobs.get(job.id) === undefined) return undefined;
    const result = await this.jobs.result(job);
    const head = JSON.stringify({ id: job.id, event }).slice(0, -1);
    const what =
      event === "transcription.success"
        ? `"payload":${result ?? "null"}`
        : `"error":${JSON.stringify({ code: job.error_code, message: job.error_message })}`;
    return {
      ...target,
      body: `${head},${what},"custom_metadata":${JSON.stringify(job.custom_metadata)}}`,
      headers: {},
    };
  }
}
