import { GladiaError, type TextKey, type TextParams } from "../errors";
import { isObject } from "../options/merge";

/** One event of the Wyoming protocol. */
export interface WyomingEvent {
  type: string;
  data: Record<string, unknown>;
  payload: Buffer;
}

/** Bytes of the line that begins an event, of its data and of its payload. Home Assistant's chunks of audio have 2 to 4 KB. */
const MOST = { line: 64 * 1024, data: 1024 * 1024, payload: 1024 * 1024 };
/** The version of the protocol whose events are written here. */
const VERSION = "1.8.0";
const LINE_FEED = 10;
const NONE = Buffer.alloc(0);

interface Header {
  type: string;
  data: Record<string, unknown>;
  /** Bytes that follow. */
  dataLength: number;
  payloadLength: number;
}

/** An event as its bytes: a line of JSON, then its data as JSON, then its payload. */
export function encodeEvent(type: string, data: Record<string, unknown> = {}, payload = NONE): Buffer {
  const json = Buffer.from(JSON.stringify(data));
  const header = {
    type,
    version: VERSION,
    data_length: json.length,
    ...(payload.length > 0 ? { payload_length: payload.length } : {}),
  };
  return Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), json, payload]);
}

/** Puts the events together whose bytes come piece by piece. What is announced too large is refused before it comes. */
export class EventReader {
  #parts: Buffer[] = [];
  #size = 0;
  #header: Header | undefined;

  /** Gives the events that these bytes complete. @throws GladiaError GLADIA_AUDIO for what is no event, or too large */
  *read(chunk: Buffer): Generator<WyomingEvent> {
    for (let rest = chunk; ; ) {
      const length = this.#header ? this.#header.dataLength + this.#header.payloadLength - this.#size : lineEnd(rest);
      const isWhole = length >= 0 && length <= rest.length;
      const part = isWhole ? rest.subarray(0, length) : rest;
      if (!this.#header && this.#size + part.length > MOST.line)
        throw wrong("wyoming-large", { part: "line", most: MOST.line });
      if (part.length > 0) this.#parts.push(part);
      this.#size += part.length;
      if (!isWhole) return;
      const bytes = this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts);
      this.#parts = [];
      this.#size = 0;
      if (this.#header) {
        rest = rest.subarray(length);
        const header = this.#header;
        this.#header = undefined;
        yield eventOf(header, bytes);
        if (rest.length === 0) return;
      } else {
        rest = rest.subarray(length + 1);
        this.#header = headerOf(bytes);
      }
    }
  }
}

/** Where the line ends; -1 when it goes on. */
function lineEnd(bytes: Buffer): number {
  return bytes.indexOf(LINE_FEED);
}

function headerOf(line: Buffer): Header {
  const value = parsed(line);
  const { type, data, data_length, payload_length } = value;
  if (typeof type !== "string" || type.length > 100) throw wrong("wyoming-garbage", { start: startOf(line) });
  return {
    type,
    data: isObject(data) ? data : {},
    dataLength: lengthOf("data", data_length),
    payloadLength: lengthOf("payload", payload_length),
  };
}

function lengthOf(part: "data" | "payload", value: unknown): number {
  if (value === undefined || value === null) return 0;
  if (!Number.isSafeInteger(value) || (value as number) < 0)
    throw wrong("wyoming-garbage", { start: `${part}_length` });
  if ((value as number) > MOST[part]) throw wrong("wyoming-large", { part, most: MOST[part] });
  return value as number;
}

function eventOf({ type, data, dataLength }: Header, bytes: Buffer): WyomingEvent {
  const more = dataLength > 0 ? parsed(bytes.subarray(0, dataLength)) : {};
  return { type, data: { ...data, ...more }, payload: bytes.subarray(dataLength) };
}

function parsed(json: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json.toString("utf8"));
    if (isObject(value)) return value;
  } catch {
    // told below
  }
  throw wrong("wyoming-garbage", { start: startOf(json) });
}

function startOf(bytes: Buffer): string {
  return JSON.stringify(bytes.subarray(0, 40).toString("latin1")).slice(1, -1);
}

function wrong(key: TextKey, params: TextParams): GladiaError {
  return new GladiaError("GLADIA_AUDIO", key, params);
}
