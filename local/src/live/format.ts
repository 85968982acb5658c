import type { LiveRequest } from "../options/validate";

/** How the bytes of a session are to be read. `bytes`: of one sample of one channel; `rate` in Hz. */
export interface AudioFormat {
  codec: "pcm" | "alaw" | "ulaw";
  bytes: 1 | 2 | 3 | 4;
  rate: number;
  channels: number;
}

/** The format a session asked for, over the API's defaults. A-law and mu-law have 8 bits, whatever was said. */
export function formatOf({ encoding = "wav/pcm", bit_depth = 16, sample_rate = 16_000, channels = 1 }: LiveRequest) {
  const codec = encoding.slice(4) as AudioFormat["codec"];
  const bytes = (codec === "pcm" ? bit_depth / 8 : 1) as AudioFormat["bytes"];
  return { codec, bytes, rate: sample_rate, channels } satisfies AudioFormat;
}

/** Bytes of one second. */
export function bytesPerSecond({ bytes, rate, channels }: AudioFormat): number {
  return bytes * rate * channels;
}

/** One companded byte as G.711 has it, -1 to 1. */
function expand(codec: "alaw" | "ulaw", byte: number): number {
  if (codec === "ulaw") {
    const code = ~byte & 0xff;
    const size = ((((code & 0x0f) << 3) + 0x84) << ((code & 0x70) >> 4)) - 0x84;
    return (code & 0x80 ? -size : size) / 32_768;
  }
  const code = byte ^ 0x55;
  const exponent = (code & 0x70) >> 4;
  const mantissa = ((code & 0x0f) << 4) + 8;
  const size = exponent === 0 ? mantissa : (mantissa + 0x100) << (exponent - 1);
  return (code & 0x80 ? size : -size) / 32_768;
}

const tableOf = (codec: "alaw" | "ulaw") => Float32Array.from({ length: 256 }, (_, byte) => expand(codec, byte));
const TABLES = { alaw: tableOf("alaw"), ulaw: tableOf("ulaw") };

/** Reads one sample, -1 to 1. */
function reader({ codec, bytes }: AudioFormat): (from: Buffer, at: number) => number {
  if (codec !== "pcm") {
    const table = TABLES[codec];
    return (from, at) => table[from[at] as number] as number;
  }
  switch (bytes) {
    case 1:
      return (from, at) => ((from[at] as number) - 128) / 128; // in WAV, 8 bits have no sign
    case 2:
      return (from, at) => from.readInt16LE(at) / 2 ** 15;
    case 3:
      return (from, at) => from.readIntLE(at, 3) / 2 ** 23;
    default:
      return (from, at) => from.readInt32LE(at) / 2 ** 31;
  }
}

/** Takes bytes of any length apart into channels; what is not a whole frame waits for the next bytes. */
export class FrameReader {
  readonly #channels: number;
  readonly #bytes: number;
  readonly #sample: (from: Buffer, at: number) => number;
  #rest: Buffer = Buffer.alloc(0);

  constructor(format: AudioFormat) {
    this.#channels = format.channels;
    this.#bytes = format.bytes;
    this.#sample = reader(format);
  }

  /** The samples of each channel, -1 to 1, at the session's own rate. */
  read(bytes: Buffer): Float32Array[] {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const size = this.#bytes * this.#channels;
    const frames = Math.floor(all.length / size);
    const channels = Array.from({ length: this.#channels }, () => new Float32Array(frames));
    let at = 0;
    for (let frame = 0; frame < frames; frame += 1) {
      for (const channel of channels) {
        channel[frame] = this.#sample(all, at);
        at += this.#bytes;
      }
    }
    this.#rest = Buffer.from(all.subarray(at));
    return channels;
  }
}
