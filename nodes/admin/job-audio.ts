import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Response } from "express";
import { SNIFF_BYTES, sniff } from "../../src/audio/sniff";
import type { GladiaClient, JobKind } from "../../src/client";

/** Extensions whose type has another name. */
const TYPES: Record<string, string> = { mp3: "mpeg", m4a: "mp4", opus: "ogg", mkv: "webm" };

/**
 * Hands on a job's audio as it comes; it is told to be audio by its bytes, never by what a server says of it.
 * @throws GladiaError before anything is sent
 */
export async function sendAudio(
  client: GladiaClient,
  id: string,
  response: Response,
  kind: JobKind | undefined,
): Promise<void> {
  const leave = new AbortController();
  response.once("close", () => leave.abort());
  const { body, headers } = await client.downloadAudio(id, leave.signal, kind);
  const chunks = body[Symbol.asyncIterator]();
  const first = await chunks.next();
  const head: Buffer = first.done ? Buffer.alloc(0) : first.value;
  const found = head.length > 0 ? sniff(head.subarray(0, SNIFF_BYTES)) : undefined;
  const length = headers["content-length"];
  response.set({
    "content-type": found?.kind === "audio" ? `audio/${TYPES[found.extension] ?? found.extension}` : "audio/mpeg",
    "x-content-type-options": "nosniff",
    "cache-control": "private, no-store",
    ...(typeof length === "string" ? { "content-length": length } : {}),
  });
  const all = async function* () {
    yield head;
    yield* { [Symbol.asyncIterator]: () => chunks };
  };
  await pipeline(Readable.from(all(), { objectMode: false }), response).catch(() => {}); // the browser has left
}
