import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { UnreadableAudio } from "../recogniser/types";
import { type Ffmpeg, ffmpegWav } from "./ffmpeg";
import { Resampler } from "./resample";
import { type BuiltIn, type Kind, SNIFFED, sniff } from "./sniff";
import { RATE, Track } from "./track";

/** A piece of sound: samples of each channel, and how many a second (Hz). */
interface Piece {
  channelData: Float32Array[];
  sampleRate: number;
}

interface Decoder {
  decode(bytes: Uint8Array): Piece;
  flush?(): Piece;
  free(): void;
}

/** The decoders are ES modules; each is loaded when the first file of its kind comes. */
const DECODERS: Record<BuiltIn, () => Promise<Decoder>> = {
  wav: async () => (await import("@audio/decode-wav")).decoder(),
  mp3: async () => (await import("@audio/decode-mp3")).decoder(),
  flac: async () => (await import("@audio/decode-flac")).decoder(),
  ogg: async () => (await import("@audio/decode-vorbis")).decoder(),
  opus: async () => (await import("@audio/decode-opus")).decoder(),
};

/** More channels than any recorder of speech makes. */
const MOST_CHANNELS = 8;
/** Gladia takes files of up to 255 minutes; two channels of that take 1 GB here. Seconds, over all channels. */
const MOST_SECONDS = 2 * 255 * 60;
/** Bytes decoded at once: at the lowest bit rates still less than a minute of sound. */
const CHUNK = 64 * 1024;

/** The file's first {@link SNIFFED} bytes, or all of a shorter file. */
export async function readHead(file: string): Promise<Buffer> {
  const handle = await open(file);
  try {
    const head = Buffer.alloc(SNIFFED);
    const { bytesRead } = await handle.read(head, 0, SNIFFED, 0);
    return head.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** What the file is by its first bytes; throws {@link UnreadableAudio} (400) for what cannot be sound. */
export function identify(head: Buffer): Kind {
  const kind = sniff(head);
  if (kind) return kind;
  throw new UnreadableAudio(head.length === 0 ? "The file is empty." : describe(head));
}

function describe(bytes: Buffer): string {
  const text = bytes.toString("utf8", 0, 512);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they tell bytes from text
  if (/[\u0000-\u0008\ufffd]/.test(text.slice(0, -3)))
    return `The file is no audio or video that is known. ${READABLE}`;
  return `The file is ${/^\s*<(!doctype|html)/i.test(text) ? "a web page" : "text"}, not audio.`;
}

/** Said to whoever brings anything else. */
const READABLE = "Readable are wav, mp3, flac, ogg and opus, and with ffmpeg installed m4a, mp4, webm, mov and more.";

/** Channels that have been one and the same so far share a lane: mp3 and many stereo files hold mono twice. */
class Lane {
  private resampler: Resampler | undefined;
  private rate = 0;
  constructor(readonly track = new Track()) {}

  push(samples: Float32Array, rate: number): void {
    if (rate !== this.rate) {
      this.end();
      this.rate = rate;
      this.resampler = new Resampler(rate, RATE);
    }
    this.track.push((this.resampler as Resampler).push(samples));
  }

  end(): void {
    if (this.resampler) this.track.push(this.resampler.flush());
  }

  fork(): Lane {
    const lane = new Lane(this.track.copy());
    lane.rate = this.rate;
    lane.resampler = this.resampler?.copy();
    return lane;
  }
}

/**
 * Decodes a whole file to 16 kHz, piece by piece, so that memory holds only the result (32 kB per second and channel).
 *
 * @param signal stops the work: the promise is rejected with the signal's reason
 * @returns a track per channel; channels that are the same bit for bit share one
 * @throws UnreadableAudio if there is no sound to be had from the file
 */
export async function decodeFile(file: string, kind: Kind, ffmpeg: Ffmpeg, signal: AbortSignal): Promise<Track[]> {
  let lanes: Lane[] = [];
  for await (const { channelData, sampleRate } of pieces(file, kind, ffmpeg)) {
    signal.throwIfAborted();
    if (lanes.length === 0) lanes = new Array<Lane>(allowed(channelData.length)).fill(new Lane());
    // Should the number of channels change on the way, the first stands in for one that is gone.
    const sounds = lanes.map((_, channel) => channelData[channel] ?? (channelData[0] as Float32Array));
    lanes = split(lanes, sounds);
    for (const lane of new Set(lanes)) lane.push(sounds[lanes.indexOf(lane)] as Float32Array, sampleRate);
    const length = [...new Set(lanes)].reduce((sum, lane) => sum + lane.track.length, 0);
    if (length > MOST_SECONDS * RATE) {
      throw new UnreadableAudio(
        `The file is too long: ${MOST_SECONDS / 60} minutes of all its channels are read.`,
        422,
      );
    }
  }
  for (const lane of new Set(lanes)) lane.end();
  if (!lanes[0]?.track.length) throw new UnreadableAudio("The file holds no sound; it may be cut short.");
  return lanes.map((lane) => lane.track);
}

function allowed(channels: number): number {
  if (channels <= MOST_CHANNELS) return channels;
  throw new UnreadableAudio(`The file has ${channels} channels; at most ${MOST_CHANNELS} are read.`, 422);
}

/** Gives a channel that begins to differ a lane of its own. */
function split(lanes: Lane[], sounds: Float32Array[]): Lane[] {
  const result: Lane[] = [];
  lanes.forEach((lane, channel) => {
    const sound = sounds[channel] as Float32Array;
    const like = lanes.findIndex((other, index) => index < channel && other === lane && same(sounds[index], sound));
    const first = lanes.indexOf(lane) === channel;
    result.push(first ? lane : like >= 0 ? (result[like] as Lane) : lane.fork());
  });
  return result;
}

function same(a: Float32Array | undefined, b: Float32Array): boolean {
  return a !== undefined && bytesOf(a).equals(bytesOf(b));
}

function bytesOf(samples: Float32Array): Buffer {
  return Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
}

async function* pieces(file: string, kind: Kind, ffmpeg: Ffmpeg): AsyncGenerator<Piece> {
  if (!kind.builtIn) {
    yield* decodeBytes(ffmpegWav(file, kind, ffmpeg), "wav");
    return;
  }
  try {
    yield* decodeBytes(createReadStream(file, { highWaterMark: CHUNK }), kind.builtIn);
  } catch (error) {
    if (!isUnsupportedWav(error)) throw error;
    yield* decodeBytes(ffmpegWav(file, { ...kind, demuxer: "wav" }, ffmpeg), "wav");
  }
}

/** The container is WAV, the sound in it something rarer, such as GSM. */
function isUnsupportedWav(error: unknown): boolean {
  return error instanceof TypeError && error.message.startsWith("Unsupported WAV");
}

/** Whether an error comes from the operating system (ENOENT, EACCES, EIO ...), not from the bytes. */
export function isSystemError(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}

async function* decodeBytes(bytes: AsyncIterable<Uint8Array>, format: BuiltIn): AsyncGenerator<Piece> {
  const decoder = await DECODERS[format]();
  try {
    for await (const chunk of bytes) {
      // Some decoders read a Buffer's whole pool instead of its part.
      const piece = decoder.decode(Uint8Array.from(chunk));
      if (piece.channelData[0]?.length) yield piece;
    }
    const rest = decoder.flush?.();
    if (rest?.channelData[0]?.length) yield rest;
  } catch (error) {
    if (error instanceof UnreadableAudio || isUnsupportedWav(error) || isSystemError(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new UnreadableAudio(`The ${format} file cannot be decoded: ${reason}`);
  } finally {
    decoder.free();
  }
}
