import { SNIFF_BYTES } from "./sniff";
import { type AudioStream, checkHead, checkSize, nameFor, refuse } from "./source";

/** undici counts progress by chunks: a whole Buffer in one would time out on a slow line. */
const SLICE = 256 * 1024;

/** Audio in memory. @throws GladiaError GLADIA_AUDIO when it is empty, too large, or text */
export function bufferAudio(bytes: Buffer, filename?: string, what = "the Buffer"): AudioStream {
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

/** Audio in a `data:` URI (RFC 2397). @throws GladiaError GLADIA_AUDIO */
export function dataUriAudio(uri: string, filename?: string): AudioStream {
  const comma = uri.indexOf(",");
  const [, type = "", parameters = ""] = /^data:([^;,]*)((?:;[^,]*)?)$/i.exec(uri.slice(0, comma)) ?? [];
  if (comma < 0) {
    throw refuse("audio-data-uri");
  }
  const data = uri.slice(comma + 1);
  const bytes = /;base64$/i.test(parameters) ? Buffer.from(data, "base64") : percentDecoded(data);
  return bufferAudio(bytes, filename, `the data: URI${type ? ` (${type})` : ""}`);
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
