import type { Readable } from "node:stream";
import type { Term } from "../errors";
import { nameFor } from "./names";
import { identifyBuffer, SNIFF_BYTES } from "./sniff";
import { type AudioStream, checkFormat, checkSize, type Trust } from "./source";

type Chunks = AsyncIterator<Uint8Array | string>;

interface PassingOptions {
  filename?: string | undefined;
  trust?: Trust | undefined;
  /** What the audio is called in an error. */
  what: string | Term;
  /** Bytes in all, where they are known. */
  size?: number | undefined;
  /** Ends the source, whatever it is doing. */
  close(): Promise<void>;
}

/**
 * Audio that comes once, as it comes: a Node Readable, an answer's body, the chunks of another node. Its first bytes
 * are read at once, so that text and emptiness are refused before anything is sent.
 * @throws GladiaError GLADIA_AUDIO
 */
export async function passingAudio(
  source: Readable | AsyncIterable<Uint8Array | string>,
  options: PassingOptions,
): Promise<AudioStream> {
  const { what, size, trust, close } = options;
  const iterator: Chunks = (source as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  try {
    const first: Buffer[] = [];
    let have = 0;
    while (have < SNIFF_BYTES) {
      const chunk = await next(iterator);
      if (!chunk) break;
      first.push(chunk);
      have += chunk.length;
    }
    checkSize(size ?? have, what);
    checkSize(have, what);
    const found = checkFormat(identifyBuffer(Buffer.concat(first)), what, trust);
    return {
      kind: "stream",
      name: nameFor(options.filename, found),
      replayable: false,
      open: async () => ({ size, chunks: counted(iterator, first, what) }),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function next(iterator: Chunks): Promise<Buffer | undefined> {
  const { done, value } = await iterator.next();
  if (done) return undefined;
  if (typeof value === "string") return Buffer.from(value);
  return Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

/** The chunks read ahead, then the others, until there are more bytes than Gladia takes. */
async function* counted(iterator: Chunks, first: Buffer[], what: string | Term): AsyncGenerator<Buffer> {
  let bytes = 0;
  for (const chunk of first) {
    bytes += chunk.length;
    yield chunk;
  }
  for (;;) {
    const chunk = await next(iterator);
    if (!chunk) return;
    bytes += chunk.length;
    checkSize(bytes, what);
    yield chunk;
  }
}
