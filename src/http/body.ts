import { isAscii } from "node:buffer";
import { type GladiaError, safeUrl } from "../errors";
import { networkFailure, responseFailure } from "./failure";
import { parseLargeJson } from "./large-json";
import type { Watchdog } from "./watchdog";

type Body = AsyncIterable<Buffer>;

/** Whose answer it is, for errors. */
export interface Asked {
  method: string;
  url: string;
  /** The caller's own signal, whose reason is passed on as it is. */
  signal?: AbortSignal | undefined;
}

/** A body's chunks, each of them counted as progress; ends the watch. @throws GladiaError when the connection breaks */
export async function* watched(body: Body, watch: Watchdog, { method, url, signal }: Asked): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of body) {
      watch.rest(); // a slow reader is not the server's fault
      yield chunk;
      watch.touch();
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw networkFailure(watch.reason ?? error, method, url);
  } finally {
    watch.stop();
  }
}

/** A body as text; of a longer one than `limit` bytes, the beginning. */
export async function readText(body: Body, limit = Number.POSITIVE_INFINITY): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > limit) break;
  }
  return textOf(chunks);
}

/** The text that these pieces of UTF-8 are. */
export function textOf(chunks: Buffer[]): string {
  const bytes = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
  return bytes.toString(isAscii(bytes) ? "latin1" : "utf8"); // the same text, and much faster
}

/** The object or array that a text is. @throws GladiaError GLADIA_RESPONSE */
export async function parseAnswer<T extends object>(text: string, status: number, asked: Asked): Promise<T> {
  const value = await parseLargeJson(text).catch(() => undefined);
  if (value === null || typeof value !== "object") throw notJson(text, asked, status);
  return value as T;
}

/** An answer that is not the JSON that was promised. `text`: its beginning, at least. */
function notJson(text: string, { method, url }: Asked, status?: number): GladiaError {
  const params = { method, url: safeUrl(url), start: text.trim().slice(0, 40) };
  return responseFailure("response-not-json", params, status);
}
