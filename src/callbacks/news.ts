import { createHash } from "node:crypto";
import { isJobId } from "../job-id";
import { KEY } from "../jobs/create";
import { isObject } from "../options/merge";

/** What Gladia says has happened. It is believed only where it can be checked. */
export interface News {
  /** `callback` of one job, `webhook` of the account, `live` message of a session. */
  source: "callback" | "webhook" | "live";
  /** `transcription.success` and the like. */
  event: string;
  /** The job or live session. */
  id: string;
  /** Of a live event: its message. */
  payload?: unknown;
  /** Of a failed job, as it was told. */
  error?: { code?: number; message?: string };
  custom_metadata?: Record<string, unknown>;
  /** Two with the same key tell the same. */
  key: string;
}

/** Tells a callback, a webhook and a live message apart (API reference, webhooks and callbacks). Undefined: none of them. */
export function readNews(body: unknown, webhookId: string | undefined): News | undefined {
  if (!isObject(body)) return undefined;
  const event = normalEvent(body["event"]);
  const payload = isObject(body["payload"]) ? body["payload"] : undefined;
  if (event === undefined) return undefined;
  if (isJobId(body["id"])) {
    const { id } = body;
    if (event.startsWith("live.")) {
      const digest = createHash("sha256").update(JSON.stringify(payload ?? null));
      const key = `live ${event} ${id} ${digest.digest("base64url")}`;
      return { source: "live", event, id, payload: body["payload"] ?? undefined, key };
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
      key: `callback ${event} ${id}`,
    };
  }
  if (isJobId(payload?.["id"])) {
    const { id } = payload;
    return { source: "webhook", event, id, key: `webhook ${webhookId ?? `${event} ${id}`}` };
  }
  return undefined;
}

/** Whether a job is over after this event, so that reading it says whether the event is true. */
export function isFinalEvent(event: string): boolean {
  return event === "transcription.success" || event === "transcription.error";
}

/** The user's own metadata of a job. */
export function withoutKey(metadata: unknown): Record<string, unknown> | undefined {
  if (!isObject(metadata)) return undefined;
  const { [KEY]: _, ...own } = metadata;
  return Object.keys(own).length > 0 ? own : undefined;
}

/** Remembers the newest keys, so many at most. */
export class Recent {
  readonly #keys = new Set<string>();

  constructor(readonly most: number) {}

  has(key: string): boolean {
    return this.#keys.has(key);
  }

  /** Gives whether the key is new. */
  add(key: string): boolean {
    const isNew = !this.#keys.delete(key);
    this.#keys.add(key);
    if (this.#keys.size > this.most) this.#keys.delete(this.#keys.values().next().value as string);
    return isNew;
  }

  /** Gives whether the key was there. */
  take(key: string): boolean {
    return this.#keys.delete(key);
  }
}

/** Gladia's help pages call the events `success` and `error`, its reference `transcription.success`. */
function normalEvent(event: unknown): string | undefined {
  if (typeof event !== "string" || !/^[\w.]{1,60}$/.test(event)) return undefined;
  return event.includes(".") ? event : `transcription.${event}`;
}
