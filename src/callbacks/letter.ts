import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { Skimmer } from "./skim";

/** What came to an account's address. */
export interface Letter {
  headers: IncomingHttpHeaders;
  /** The bytes, for a signature; undefined when they are too many to be a webhook. */
  raw: Buffer | undefined;
  /** The JSON, without its large fields. */
  body: unknown;
}

/** A request that cannot be read, with the status that says why; undefined: nobody is left to be answered. */
export class Unreadable extends Error {
  constructor(
    readonly status: 400 | 408 | 413 | 415 | undefined,
    /** Of a body that is no JSON: how it begins. */
    readonly start = "",
  ) {
    super(`HTTP ${status}`);
  }
}

/** Bytes of a body, also when it was compressed. */
export const MOST = 100 * 1024 * 1024;
/** A webhook holds an id and little else. */
const SIGNED = 64 * 1024;

const DECODERS: Record<string, () => NodeJS.ReadWriteStream & Readable> = {
  gzip: createGunzip,
  "x-gzip": createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/**
 * Reads a request as it comes, however slowly, as long as something comes within `patience` milliseconds.
 * @throws Unreadable; the request is then still open
 */
export function readLetter(request: IncomingMessage, patience: number): Promise<Letter> {
  const { headers } = request;
  const parsed = (request as { body?: unknown }).body;
  if (request.readableEnded) {
    // Somebody who stands before us has read it.
    return Promise.resolve({ headers, raw: Buffer.from(JSON.stringify(parsed ?? null)), body: parsed });
  }
  const encoding = String(headers["content-encoding"] ?? "identity").toLowerCase();
  const decoder = Object.hasOwn(DECODERS, encoding) ? DECODERS[encoding]?.() : undefined;
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => {
      clearTimeout(timer);
      request.unpipe();
      request.removeAllListeners("data");
      decoder?.removeAllListeners("data");
      decoder?.destroy();
      settle();
    };
    const fail = (status: Unreadable["status"], start?: string) => end(() => reject(new Unreadable(status, start)));
    const timer = setTimeout(() => fail(408), patience);
    if (encoding !== "identity" && !decoder) return fail(415);
    if (Number(headers["content-length"]) > MOST) return fail(413);

    const skimmer = new Skimmer();
    const first: Buffer[] = [];
    let size = 0;
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
      if (size > MOST) return fail(413);
      if (size <= SIGNED) first.push(chunk);
      skimmer.write(chunk);
    });
    source.on("end", () => {
      try {
        const body = skimmer.end();
        end(() => resolve({ headers, raw: size <= SIGNED ? Buffer.concat(first) : undefined, body }));
      } catch {
        fail(400, Buffer.concat(first).subarray(0, 200).toString("utf8").trim().slice(0, 40));
      }
    });
  });
}
