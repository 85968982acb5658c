import { createReadStream } from "node:fs";
import type { FileBytes } from "./bytes";
import type { Said } from "./limits";

/** How the samples of a WAV file lie in it. */
export type Codec = "pcm" | "float" | "alaw" | "mulaw" | "ms-adpcm" | "ima-adpcm";

/** What the header of a WAV file says, and where its samples lie. */
export interface Wav extends Required<Said> {
  /** undefined for a rarer one */
  codec: Codec | undefined;
  bits: number;
  /** bytes that hold `frames` samples of each channel */
  block: number;
  frames: number;
  /** byte positions in the file */
  from: number;
  to: number;
  /** seconds there should be: more than `duration` if the file was cut short */
  declared: number;
  /** the coefficients of MS ADPCM, as they stand in the file */
  coefficients: Buffer;
}

type Format = Pick<Wav, "codec" | "channels" | "rate" | "bits" | "block" | "frames" | "coefficients">;

const TAGS: Record<number, Codec> = {
  1: "pcm",
  2: "ms-adpcm",
  3: "float",
  6: "alaw",
  7: "mulaw",
  17: "ima-adpcm",
};
const EXTENSIBLE = 0xfffe;
/** Chunks that are in many files. */
const COMMON = /^(data|fmt |fact|LIST|bext|JUNK|id3 |ID3 |cue |smpl|PEAK)$/;
/** More chunks than any writer makes. */
const MOST_CHUNKS = 4096;
/** Bytes of a format that are of use. */
const MOST_FORMAT = 1024;
/**
 * Writers that do not know the length beforehand put 2,000,000,000, 0x7ffff000, 0x7fffffff, 0x80000000, 0xffffffff or
 * something near it: more than the API takes as a file. Bytes.
 */
const PLACEHOLDER = 1_990_000_000;

/**
 * Reads the header of a WAV file (RIFF, RF64 or BW64), chunk by chunk.
 * @param start byte at which it begins
 * @returns undefined for any other file, and where format or samples are missing
 */
export async function readWav(bytes: FileBytes, start = 0): Promise<Wav | undefined> {
  const head = await bytes.read(start, 12);
  if (!/^(RIFF|RF64|BW64)....WAVE/s.test(head.toString("latin1"))) return undefined;
  let format: Format | undefined;
  let fact = 0;
  let large: number | undefined;
  let data: { from: number; length: number } | undefined;
  let at = start + 12;
  for (let count = 0; count < MOST_CHUNKS && at + 8 <= bytes.size; count++) {
    const chunk = await chunkAt(bytes, at);
    const { name, length } = chunk;
    const from = at + 8;
    let end = from + length;
    if (name === "fmt ") format ??= readFormat(await bytes.read(from, Math.min(length, MOST_FORMAT)));
    if (name === "fact") fact = length >= 4 ? await u32(bytes, from) : 0;
    if (name === "ds64" && length >= 16) large = await u64(bytes, from + 8);
    if (name === "data") {
      const said = length === 0xffff_ffff && large ? large : length;
      data = { from, length: said };
      end = from + said;
      const unknown = said === 0 && !(await chunkFollows(bytes, from));
      if (unknown || (end > bytes.size && said >= PLACEHOLDER)) data.length = bytes.size - from;
      // An empty one may stand before the real one.
      if (format && data.length > 0) break;
      end = from + data.length;
    }
    at = await nextChunk(bytes, end);
  }
  return format && data ? measure(format, data, fact, bytes.size) : undefined;
}

function measure(format: Format, data: { from: number; length: number }, fact: number, size: number): Wav {
  const { from } = data;
  const to = Math.min(from + data.length, size);
  const { block, frames, rate } = format;
  const seconds = (length: number) => {
    const blocks = Math.floor(length / block);
    // The last block may be filled up; how many samples there are says another chunk, if it says so truly.
    const exact = frames > 1 && fact > (blocks - 1) * frames && fact <= blocks * frames;
    return (exact ? fact : blocks * frames) / rate;
  };
  if (!block || !rate) return { ...format, from, to, duration: 0, declared: 0 };
  return { ...format, from, to, duration: seconds(to - from), declared: seconds(data.length) };
}

function readFormat(body: Buffer): Format | undefined {
  if (body.length < 14) return undefined;
  const tag = body.readUInt16LE(0);
  const known = tag === EXTENSIBLE && body.length >= 26 ? body.readUInt16LE(24) : tag;
  const channels = body.readUInt16LE(2);
  const rate = body.readUInt32LE(4);
  const written = body.readUInt16LE(12);
  const said = body.length >= 16 ? body.readUInt16LE(14) : 0;
  const bits = said || (channels ? (8 * written) / channels : 0);
  const rest = { channels, rate, bits, coefficients: body.subarray(20) };
  const codec = TAGS[known];
  if (codec === "ms-adpcm" || codec === "ima-adpcm") {
    const frames = framesOf(codec, written, channels);
    // What a file says of the frames must fit into its blocks.
    const own = body.length >= 20 ? body.readUInt16LE(18) : 0;
    const readable = bits === 4 && frames >= 1 && (codec === "ima-adpcm" || channels <= 2);
    return { ...rest, codec: readable ? codec : undefined, block: written, frames: own && own < frames ? own : frames };
  }
  const width = Math.ceil(bits / 8);
  const readable =
    codec === "pcm" ? width >= 1 && width <= 4 : codec === "float" ? width === 4 || width === 8 : width === 1;
  return { ...rest, codec: readable ? codec : undefined, bits: 8 * width, block: channels * width, frames: 1 };
}

/** Samples that a block of ADPCM has room for. */
function framesOf(codec: Codec, block: number, channels: number): number {
  if (channels === 0) return 0;
  const head = codec === "ms-adpcm" ? 7 : 4;
  const first = codec === "ms-adpcm" ? 2 : 1;
  return block < head * channels ? 0 : first + Math.floor(((block - head * channels) * 2) / channels);
}

interface Chunk {
  name: string;
  length: number;
}

async function chunkAt(bytes: FileBytes, at: number): Promise<Chunk> {
  const head = await bytes.read(at, 8);
  return head.length < 8
    ? { name: "", length: 0 }
    : { name: head.toString("latin1", 0, 4), length: head.readUInt32LE(4) };
}

/** Where the next chunk begins. A zero follows one of odd length, but some writers forget it, or put another byte. */
async function nextChunk(bytes: FileBytes, end: number): Promise<number> {
  if (end % 2 === 0 || (await bytes.read(end, 1))[0] === 0) return end + (end % 2);
  const padded = await chunkAt(bytes, end + 1);
  return isName((await chunkAt(bytes, end)).name) && !COMMON.test(padded.name) ? end : end + 1;
}

/** Whether chunks follow up to the file's end. */
async function chunkFollows(bytes: FileBytes, at: number): Promise<boolean> {
  if (at >= bytes.size) return true;
  const { name, length } = await chunkAt(bytes, at);
  return isName(name) && at + 8 + length <= bytes.size;
}

function isName(name: string): boolean {
  return /^[\x20-\x7e]{4}$/.test(name);
}

async function u32(bytes: FileBytes, at: number): Promise<number> {
  const four = await bytes.read(at, 4);
  return four.length === 4 ? four.readUInt32LE() : 0;
}

async function u64(bytes: FileBytes, at: number): Promise<number> {
  const eight = await bytes.read(at, 8);
  return eight.length === 8 ? Number(eight.readBigUInt64LE()) : 0;
}

/**
 * The samples behind a header of the plainest kind, for a decoder that would stumble over what else the file holds.
 * @param step bytes read at once
 */
export async function* plainWav(file: string, wav: Wav, step: number): AsyncGenerator<Uint8Array> {
  yield header(wav);
  if (wav.to > wav.from) yield* createReadStream(file, { start: wav.from, end: wav.to - 1, highWaterMark: step });
}

function header({ codec, channels, rate, bits, block, frames, coefficients }: Wav): Buffer {
  const tag = Number(Object.entries(TAGS).find(([, name]) => name === codec)?.[0]);
  const count = codec === "ms-adpcm" && coefficients.length >= 2 ? coefficients.readUInt16LE(0) : 0;
  const table = count > 0 && coefficients.length >= 2 + 4 * count ? coefficients.subarray(0, 2 + 4 * count) : undefined;
  const extra = frames > 1 ? Buffer.concat([u16(2 + (table?.length ?? 0)), u16(frames), table ?? u16(0)]) : u16(0);
  const format = Buffer.alloc(16);
  format.writeUInt16LE(tag, 0);
  format.writeUInt16LE(channels, 2);
  format.writeUInt32LE(rate, 4);
  format.writeUInt16LE(block, 12);
  format.writeUInt16LE(bits, 14);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(format.length + extra.length);
  // The length of the samples is left at 0, which means: as many as come.
  return Buffer.concat([Buffer.from("RIFF\0\0\0\0WAVEfmt "), length, format, extra, Buffer.from("data\0\0\0\0")]);
}

function u16(value: number): Buffer {
  const two = Buffer.alloc(2);
  two.writeUInt16LE(value);
  return two;
}
