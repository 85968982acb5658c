import { createHash } from "node:crypto";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { JsonLimit, MAX_DEPTH } from "../http/json-limit";
import { JsonParser } from "../http/json-parser";
import { isObject } from "../options/merge";
import { GrowingBuffer } from "./growing-buffer";
import { MAX_LIVE_VALUES, parseLarge } from "./payload";

/** What came to an account's address. */
export interface CallbackRequest {
  headers: IncomingHttpHeaders;
  /** The bytes, for a signature; undefined when they are too many to be a webhook. */
  raw: Buffer | undefined;
  /** The JSON, without its large fields; of a live event with its payload. */
  body: unknown;
  /** Of a live event: all of its JSON. */
  json?: string | undefined;
  /** Two live events with the same digest are the same. */
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
/** Bytes of a live event, which is told as it is. */
export const MAX_LIVE_BYTES = 4 * 1024 * 1024;
/** A webhook holds an id and little else. */
const MAX_WEBHOOK_BYTES = 64 * 1024;
/** Bytes of a wrong body that are kept to say how it begins; who tells it cuts it. */
const START = 400;
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
  const { fields, start, bytes } = await receive(request, patience);
  const raw = bytes && bytes.length <= MAX_WEBHOOK_BYTES ? bytes : undefined;
  if (!isObject(fields) || !isLiveEvent(fields)) return { headers, raw, body: fields };
  if (!bytes) throw new BodyError(413, "", true);
  try {
    return { headers, raw, body: await parseLarge(bytes), json: bytes.toString("utf8"), digest: digestOf(bytes) };
  } catch (error) {
    if (error instanceof JsonLimit && error.kind === "many") throw new BodyError(413, "", true);
    throw new BodyError(400, start);
  }
}

/** A body's fields that are small, how it begins, and all of it where it is not too large for a live event. */
interface Received {
  fields: unknown;
  start: string;
  bytes: Buffer | undefined;
}

/** @throws BodyError */
function receive(request: IncomingMessage, patience: number): Promise<Received> {
  const { headers } = request;
  const encoding = String(headers["content-encoding"] ?? "identity").toLowerCase();
  const decoder = Object.hasOwn(DECODERS, encoding) ? DECODERS[encoding]?.() : undefined;
  return new Promise((resolve, reject) => {
    // A callback brings a whole transcript, which is read again by the job's id.
    const parser = new JsonParser(undefined, { keepsLinks: true, skipsLarge: true });
    let bytes: GrowingBuffer | undefined = new GrowingBuffer();
    let start = "";
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
    const fail = (status: BodyError["status"]) => end(() => reject(new BodyError(status, status === 400 ? start : "")));
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
      if (size > MAX_LIVE_BYTES) bytes = undefined;
      bytes?.append(chunk);
      if (bytes && start.length < START) start = bytes.bytes.subarray(0, START).toString("utf8").trim();
      try {
        parser.write(chunk);
      } catch {
        return fail(400);
      }
      const now = parser.held + (bytes?.held ?? 0);
      heldByAll += now - held;
      held = now;
      if (heldByAll > MAX_HELD_BYTES) fail(503);
    });
    source.on("end", () => {
      try {
        const fields = parser.end().value;
        end(() => resolve({ fields, start, bytes: bytes?.bytes }));
      } catch {
        fail(400);
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
    if (!fits(parsed, MAX_LIVE_BYTES, MAX_LIVE_VALUES)) throw new BodyError(413, "", true);
    const json = JSON.stringify(parsed);
    return { headers, raw: undefined, body: parsed, json, digest: digestOf(json) };
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

/**
 * Whether a value is JSON of at most about so many bytes, and values. Looks no further than needed.
 * @throws BodyError for what is nested too deeply
 */
function fits(value: unknown, bytes: number, values = Number.POSITIVE_INFINITY): boolean {
  const parts: { value: unknown; depth: number }[] = [{ value, depth: 0 }];
  let left = bytes;
  let more = values;
  for (let part = parts.pop(); part; part = parts.pop()) {
    left -= typeof part.value === "string" ? part.value.length : 2;
    if (part.depth > MAX_DEPTH) throw new BodyError(400);
    if (left < 0 || --more < 0) return false;
    if (typeof part.value !== "object" || part.value === null) continue;
    if (Array.isArray(part.value) && part.value.length > Math.min(left, more)) return false;
    for (const [name, item] of Object.entries(part.value)) {
      left -= Array.isArray(part.value) ? 0 : name.length;
      parts.push({ value: item, depth: part.depth + 1 });
    }
  }
  return true;
}

function digestOf(json: string | Buffer): string {
  return createHash("sha256").update(json).digest("base64url");
}
