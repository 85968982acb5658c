import { createHash } from "node:crypto";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { isObject } from "../options/merge";
import { type FilteredBody, LargeFieldFilter, MAX_DEPTH, MAX_PAYLOAD_BYTES } from "./large-field-filter";
import { parsePayload } from "./payload";

/** What came to an account's address. */
export interface CallbackRequest {
  headers: IncomingHttpHeaders;
  /** The bytes, for a signature; undefined when they are too many to be a webhook. */
  raw: Buffer | undefined;
  /** The JSON, without its large fields; of a live event with its payload. */
  body: unknown;
  /** Of a live event: the JSON of its payload. */
  payload?: string | undefined;
  /** Two live events with the same digest have the same payload. */
  digest?: string | undefined;
}

/** A request that cannot be read, with the status that says why; undefined: nobody is left to be answered. */
export class BodyError extends Error {
  constructor(
    readonly status: 400 | 408 | 413 | 415 | 503 | undefined,
    /** Of a body that is no JSON: how it begins. */
    readonly start = "",
    /** Too large for a live event, not for a callback. */
    readonly isLive = false,
  ) {
    super(`HTTP ${status}`);
  }
}

/** Bytes of a body, also when it was compressed. */
export const MAX_BODY_BYTES = 100 * 1024 * 1024;
/** A webhook holds an id and little else. */
const MAX_WEBHOOK_BYTES = 64 * 1024;
/** Bytes that all requests under way may hold together. */
const MAX_HELD_BYTES = 64 * 1024 * 1024;

const DECODERS: Record<string, () => NodeJS.ReadWriteStream & Readable> = {
  gzip: createGunzip,
  "x-gzip": createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/** Bytes that the requests under way hold. */
let heldByAll = 0;

/**
 * Reads a request as it comes, however slowly, as long as something comes within `patience` milliseconds.
 * @throws BodyError; the request is then still open
 */
export async function readBody(request: IncomingMessage, patience: number): Promise<CallbackRequest> {
  const { headers } = request;
  // A parser that comes before us has consumed the body.
  if (request.readableEnded) return fromParsed(headers, (request as { body?: unknown }).body);
  const { filtered, first, raw } = await receive(request, patience);
  const { fields, payload, isPayloadLost } = filtered;
  try {
    if (isObject(fields) && (payload || isPayloadLost)) {
      if (isLiveEvent(fields)) {
        if (!payload) throw new BodyError(413, "", true);
        const text = payload.toString("utf8");
        const body = { ...fields, payload: await parsePayload(text) };
        return { headers, raw, body, payload: text, digest: digestOf(payload) };
      }
      // A larger one is a transcript, and is read again.
      if (payload && payload.length <= MAX_WEBHOOK_BYTES) {
        return { headers, raw, body: { ...fields, payload: JSON.parse(payload.toString("utf8")) } };
      }
    }
    return { headers, raw, body: fields };
  } catch (error) {
    throw error instanceof BodyError ? error : new BodyError(400, beginning(first));
  }
}

/** The body's fields that are small, and its first bytes. @throws BodyError */
function receive(
  request: IncomingMessage,
  patience: number,
): Promise<{ filtered: FilteredBody; first: Buffer[]; raw: Buffer | undefined }> {
  const { headers } = request;
  const encoding = String(headers["content-encoding"] ?? "identity").toLowerCase();
  const decoder = Object.hasOwn(DECODERS, encoding) ? DECODERS[encoding]?.() : undefined;
  return new Promise((resolve, reject) => {
    const filter = new LargeFieldFilter();
    const first: Buffer[] = [];
    let size = 0;
    let held = 0;
    const end = (settle: () => void) => {
      clearTimeout(timer);
      heldByAll -= held;
      held = 0;
      request.unpipe();
      request.removeAllListeners("data");
      decoder?.removeAllListeners("data");
      decoder?.destroy();
      settle();
    };
    const fail = (status: BodyError["status"], start?: string) => end(() => reject(new BodyError(status, start)));
    const timer = setTimeout(() => fail(408), patience);
    if (encoding !== "identity" && !decoder) return fail(415);
    if (Number(headers["content-length"]) > MAX_BODY_BYTES) return fail(413);

    request.on("data", () => timer.refresh());
    request.on("error", () => fail(undefined));
    request.on("close", () => {
      if (!request.complete) fail(undefined);
    });
    const source: Readable = decoder ?? request;
    decoder?.on("error", () => fail(400));
    if (decoder) request.pipe(decoder);
    source.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_BODY_BYTES) return fail(413);
      if (size <= MAX_WEBHOOK_BYTES) first.push(chunk);
      try {
        filter.write(chunk);
      } catch {
        if (first.length === 0) first.push(chunk.subarray(0, 200));
        return fail(400, beginning(first));
      }
      heldByAll += filter.held - held;
      held = filter.held;
      if (heldByAll > MAX_HELD_BYTES) fail(503);
    });
    source.on("end", () => {
      try {
        const filtered = filter.end();
        const raw = size <= MAX_WEBHOOK_BYTES ? Buffer.concat(first) : undefined;
        end(() => resolve({ filtered, first, raw }));
      } catch {
        fail(400, beginning(first));
      }
    });
  });
}

/**
 * The same of a body that was parsed before: its large fields are left out, too.
 * @throws BodyError
 */
function fromParsed(headers: IncomingHttpHeaders, parsed: unknown): CallbackRequest {
  if (!isObject(parsed)) {
    const start = JSON.stringify(Array.isArray(parsed) ? [] : parsed) ?? "";
    throw new BodyError(400, start.slice(0, 40));
  }
  if (isLiveEvent(parsed)) {
    if (!fits(parsed["payload"], MAX_PAYLOAD_BYTES)) throw new BodyError(413, "", true);
    const payload = JSON.stringify(parsed["payload"] ?? null);
    return { headers, raw: undefined, body: parsed, payload, digest: digestOf(payload) };
  }
  const small = Object.entries(parsed).filter(([, value]) => fits(value, MAX_WEBHOOK_BYTES));
  const body = Object.fromEntries(small.slice(0, 100));
  const raw = fits(parsed, MAX_WEBHOOK_BYTES) ? Buffer.from(JSON.stringify(parsed)) : undefined;
  return { headers, raw, body };
}

/** A message of a live session, which is told with its payload; a webhook has an id within that. */
function isLiveEvent({ id, event }: Record<string, unknown>): boolean {
  return typeof id === "string" && typeof event === "string" && event.startsWith("live.");
}

/** Whether a value is JSON of at most about so many bytes. Looks no further than needed. @throws BodyError for what is nested too deeply */
function fits(value: unknown, bytes: number): boolean {
  const parts: { value: unknown; depth: number }[] = [{ value, depth: 0 }];
  let left = bytes;
  for (let part = parts.pop(); part; part = parts.pop()) {
    left -= typeof part.value === "string" ? part.value.length : 2;
    if (part.depth > MAX_DEPTH) throw new BodyError(400);
    if (left < 0) return false;
    if (typeof part.value !== "object" || part.value === null) continue;
    if (Array.isArray(part.value) && part.value.length > left) return false;
    for (const [name, item] of Object.entries(part.value)) {
      left -= Array.isArray(part.value) ? 0 : name.length;
      parts.push({ value: item, depth: part.depth + 1 });
    }
  }
  return true;
}

function digestOf(payload: string | Buffer): string {
  return createHash("sha256").update(payload).digest("base64url");
}

function beginning(chunks: Buffer[]): string {
  return Buffer.concat(chunks).subarray(0, 400).toString("utf8").trim(); // who tells it cuts it
}
