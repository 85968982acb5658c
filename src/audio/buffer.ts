import type { Term } from "../errors";
import { nameFor } from "./names";
import { identifyBuffer } from "./sniff";
import { type AudioStream, checkFormat, checkSize, type Trust } from "./source";

/** undici counts progress by chunks: a whole Buffer in one would time out on a slow line. */
const SLICE = 256 * 1024;

const BUFFER: Term = { key: "what-buffer" };

/**
 * Audio in memory.
 * @throws GladiaError GLADIA_AUDIO when it is empty, too large, no audio, or of an unknown format that is not trusted
 */
export function bufferAudio(bytes: Buffer, filename?: string, trust?: Trust): AudioStream {
  checkSize(bytes.length, BUFFER);
  const found = checkFormat(identifyBuffer(bytes), BUFFER, trust);
  return {
    kind: "stream",
    name: nameFor(filename, found),
    replayable: true,
    open: async () => ({ size: bytes.length, chunks: slices(bytes) }),
    close: async () => {},
  };
}

async function* slices(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let start = 0; start < bytes.length; start += SLICE) {
    yield bytes.subarray(start, start + SLICE);
  }
}
