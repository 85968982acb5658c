import type { Term } from "../errors";
import { SNIFF_BYTES } from "./sniff";
import { type AudioStream, checkHead, checkSize, nameFor, refuse } from "./source";

/** undici counts progress by chunks: a whole Buffer in one would time out on a slow line. */
const SLICE = 256 * 1024;

const BUFFER: Term = { key: "what-buffer" };

/** Audio in memory. @throws GladiaError GLADIA_AUDIO when it is empty, too large, or text */
export function bufferAudio(bytes: Buffer, filename?: string, what: Term = BUFFER): AudioStream {
  checkSize(bytes.length, what);
  const found = checkHead(bytes.subarray(0, SNIFF_BYTES), what);
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

/** Characters of base64 decoded in one go: whole groups of four. */
const GROUPS = 256 * 1024;

/**
 * Audio in a `data:` URI (RFC 2397). Base64 is decoded while it is sent: a long recording in one go would hold the event
 * loop. @throws GladiaError GLADIA_AUDIO
 */
export function dataUriAudio(uri: string, filename?: string): AudioStream {
  const comma = uri.indexOf(",");
  const [, type = "", parameters = ""] = /^data:([^;,]*)((?:;[^,]*)?)$/i.exec(uri.slice(0, comma)) ?? [];
  if (comma < 0) {
    throw refuse("audio-data-uri");
  }
  const what: Term = { key: type ? "what-data-uri-of" : "what-data-uri", params: { type } };
  const data = uri.slice(comma + 1);
  if (!/;base64$/i.test(parameters)) return bufferAudio(percentDecoded(data), filename, what);
  const padding = /={0,2}$/.exec(data.slice(-2))?.[0].length ?? 0;
  const size = Math.floor(((data.length - padding) * 3) / 4);
  checkSize(size, what);
  const found = checkHead(Buffer.from(data.slice(0, GROUPS), "base64").subarray(0, SNIFF_BYTES), what);
  return {
    kind: "stream",
    name: nameFor(filename, found),
    replayable: true,
    open: async () => ({ size, chunks: decoded(data, size) }),
    close: async () => {},
  };
}

async function* decoded(data: string, size: number): AsyncGenerator<Buffer> {
  let bytes = 0;
  for (let start = 0; start < data.length; start += GROUPS) {
    const chunk = Buffer.from(data.slice(start, start + GROUPS), "base64");
    bytes += chunk.length;
    yield chunk;
  }
  if (bytes !== size) throw refuse("audio-data-uri"); // it holds what base64 does not
}

function percentDecoded(data: string): Buffer {
  const bytes = Buffer.alloc(data.length);
  let length = 0;
  for (let i = 0; i < data.length; i++) {
    const escaped = data[i] === "%" ? Number.parseInt(data.slice(i + 1, i + 3), 16) : Number.NaN;
    bytes[length++] = Number.isNaN(escaped) ? data.charCodeAt(i) : escaped;
    if (!Number.isNaN(escaped)) i += 2;
  }
  return bytes.subarray(0, length);
}
