import { isJobId } from "../job-id";
import { KEY } from "../jobs/key-search";
import type { KeptEvent } from "../jobs/work-item";
import { isObject } from "../options/merge";
import type { Job } from "../types";
import { parseLarge } from "./payload";

/** What Gladia says has happened. It is believed only where it can be checked. */
export interface CallbackEvent {
  /** `callback` of one job, `webhook` of the account, `live` message of a session. */
  source: "callback" | "webhook" | "live";
  /** `transcription.success` and the like. */
  event: string;
  /** The job or live session. */
  id: string;
  /** Of a live event: its message, and the JSON of the event. */
  payload?: unknown;
  json?: string | undefined;
  /** Of a failed job, as it was told. */
  error?: { code?: number; message?: string };
  custom_metadata?: Record<string, unknown>;
  /** A signature has shown that Gladia sent it, or we know of it by ourselves. */
  isVerified?: true;
  /** Two with the same key tell the same. */
  key: string;
}

/** What beside its body identifies a request. */
interface Identity {
  /** The header `svix-id` of a webhook. */
  webhookId?: string | undefined;
  /** Of a live event: its JSON and the digest of that. */
  json?: string | undefined;
  digest?: string | undefined;
}

/** Tells a callback, a webhook and a live message apart (API reference, webhooks and callbacks). Undefined: none of them. */
export function parseEvent(body: unknown, { webhookId, json, digest }: Identity): CallbackEvent | undefined {
  if (!isObject(body)) return undefined;
  const event = normalEvent(body["event"]);
  if (event === undefined) return undefined;
  if (isJobId(body["id"])) {
    const { id } = body;
    if (event.startsWith("live.")) {
      const key = `live ${event} ${id} ${digest ?? ""}`;
      return { source: "live", event, id, payload: body["payload"] ?? undefined, json, key };
    }
    const metadata = withoutKey(body["custom_metadata"]);
    const { code, message } = isObject(body["error"]) ? body["error"] : {};
    const error = {
      ...(typeof code === "number" ? { code } : {}),
      ...(typeof message === "string" ? { message: message.slice(0, 1000) } : {}),
    };
    return {
      source: "callback",
      event,
      id,
      ...(Object.keys(error).length > 0 ? { error } : {}),
      ...(metadata ? { custom_metadata: metadata } : {}),
      key: isFinalEvent(event) ? callbackKey(id) : `callback ${event} ${id}`,
    };
  }
  const inner = isObject(body["payload"]) ? body["payload"] : undefined;
  if (isJobId(inner?.["id"])) {
    const { id } = inner;
    return { source: "webhook", event, id, key: `webhook ${webhookId?.slice(0, 200) ?? `${event} ${id}`}` };
  }
  return undefined;
}

/** What the callback of a job that is final would tell. */
export function callbackOf(job: Job): CallbackEvent {
  const metadata = withoutKey(job.custom_metadata);
  return {
    source: "callback",
    event: finalEvent(job),
    id: job.id,
    ...(metadata ? { custom_metadata: metadata } : {}),
    isVerified: true,
    key: callbackKey(job.id),
  };
}

/** An event as the job itself tells it. */
export function checkedEvent({ custom_metadata: _, ...event }: CallbackEvent, job: Job): CallbackEvent {
  const metadata = withoutKey(job.custom_metadata);
  return { ...event, event: finalEvent(job), ...(metadata ? { custom_metadata: metadata } : {}) };
}

/** Whether a job is over after this event, so that reading it says whether the event is true. */
export function isFinalEvent(event: string): boolean {
  return event === "transcription.success" || event === "transcription.error";
}

/** An event as it is kept over restarts. */
export function toKept({ payload: _, ...event }: CallbackEvent): KeptEvent {
  return event;
}

/** An event that was kept; undefined when it is none that we know. */
export async function fromKept(kept: KeptEvent): Promise<CallbackEvent | undefined> {
  const { source, event, id, json } = kept;
  if (source !== "callback" && source !== "webhook" && source !== "live") return undefined;
  if (typeof event !== "string" || !isJobId(id)) return undefined;
  const live = typeof json === "string" ? await parseLarge(Buffer.from(json)).catch(() => undefined) : undefined;
  const payload = isObject(live) ? live["payload"] : undefined;
  return { ...kept, source, event, id, ...(payload === undefined ? {} : { payload }) };
}

/** A job is final once, whatever is said about how. */
function callbackKey(id: string): string {
  return `callback ${id}`;
}

function finalEvent(job: Job): string {
  return job.status === "error" ? "transcription.error" : "transcription.success";
}

/** The user's own metadata of a job. */
function withoutKey(metadata: unknown): Record<string, unknown> | undefined {
  if (!isObject(metadata)) return undefined;
  const { [KEY]: _, ...own } = metadata;
  return Object.keys(own).length > 0 ? own : undefined;
}

/** Gladia's help pages call the events `success` and `error`, its reference `transcription.success`. */
function normalEvent(event: unknown): string | undefined {
  if (typeof event !== "string" || !/^[\w.]{1,60}$/.test(event)) return undefined;
  return event.includes(".") ? event : `transcription.${event}`;
}
