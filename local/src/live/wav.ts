import type { AudioFormat } from "./format";

/** Bytes of the header that `wavHeader` makes. */
export const HEADER_SIZE = 44;
/** A header longer than this is none. */
const MOST_HEADER = 65_536;
const TAGS = { pcm: 1, alaw: 6, ulaw: 7 };
const MOST_SIZE = 0xffff_ffff;

/**
 * The header of a WAV file.
 * @param size bytes of the samples; beyond what WAV can say, the most it can
 */
export function wavHeader({ codec, bytes, rate, channels }: AudioFormat, size: number): Buffer {
  const header = Buffer.alloc(HEADER_SIZE);
  header.write("RIFF", 0, "latin1");
  header.writeUInt32LE(Math.min(size + 36, MOST_SIZE), 4);
  header.write("WAVEfmt ", 8, "latin1");
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(TAGS[codec], 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(rate, 24);
  header.writeUInt32LE(rate * channels * bytes, 28);
  header.writeUInt16LE(channels * bytes, 32);
  header.writeUInt16LE(bytes * 8, 34);
  header.write("data", 36, "latin1");
  header.writeUInt32LE(Math.min(size, MOST_SIZE), 40);
  return header;
}

/** Where the samples begin behind a WAV header; undefined while that cannot be told yet, 0 without a header. */
function samplesAt(bytes: Buffer): number | undefined {
  const mark = "RIFF....WAVE";
  for (let at = 0; at < mark.length; at += 1) {
    if (at >= bytes.length) return bytes.length === 0 ? 0 : undefined;
    if (mark[at] !== "." && mark.charCodeAt(at) !== bytes[at]) return 0;
  }
  for (let at = 12; at + 8 <= bytes.length; ) {
    if (bytes.toString("latin1", at, at + 4) === "data") return at + 8;
    const size = bytes.readUInt32LE(at + 4);
    at += 8 + size + (size % 2);
    if (at > MOST_HEADER) return 0;
  }
  return undefined;
}

/** Takes the WAV header off a stream that begins with one: the API tolerates it. */
export class HeaderSkipper {
  #held: Buffer | undefined = Buffer.alloc(0);

  /** The samples among the bytes that came in. */
  push(bytes: Buffer): Buffer {
    if (this.#held === undefined || bytes.length === 0) return bytes;
    const all = Buffer.concat([this.#held, bytes]);
    const from = samplesAt(all);
    if (from === undefined) {
      this.#held = all;
      return Buffer.alloc(0);
    }
    this.#held = undefined;
    return all.subarray(from);
  }
}
