import { createReadStream } from "node:fs";
import type { Measured } from "../recogniser/protocol";
import { UnreadableAudio } from "../recogniser/types";
import { type Ffmpeg, ffmpegWav } from "./ffmpeg";
import { plainFlac } from "./flac";
import { checkLimits, MOST_SECONDS } from "./limits";
import type { Headers } from "./probe";
import { Resampler } from "./resample";
import type { BuiltIn } from "./sniff";
import { RATE, Track } from "./track";
import { plainWav } from "./wav";

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

/** Sound of all distinct channels together, in seconds: that of two as long as can be takes 1 GB here. */
const MOST_TOGETHER = 2 * MOST_SECONDS;
/** Bytes decoded at once. Of the packed formats a few bytes can stand for seconds of silence. */
const CHUNK = { wav: 64 * 1024, mp3: 16 * 1024, ogg: 4096, opus: 4096, flac: 2048 };
const NOTHING = "The file holds no sound; it may be cut short.";

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
 * @throws UnreadableAudio if there is no sound to be had from the file, or too much
 */
export async function decodeFile(
  file: string,
  headers: Headers,
  ffmpeg: Ffmpeg,
  signal: AbortSignal,
): Promise<Track[]> {
  let lanes: Lane[] = [];
  for await (const { channelData, sampleRate } of pieces(file, headers, ffmpeg)) {
    signal.throwIfAborted();
    if (lanes.length === 0) lanes = new Array<Lane>(channelData.length).fill(new Lane());
    // Should the number of channels change on the way, the first stands in for one that is gone.
    const sounds = lanes.map((_, channel) => channelData[channel] ?? (channelData[0] as Float32Array));
    lanes = split(lanes, sounds);
    for (const lane of new Set(lanes)) lane.push(sounds[lanes.indexOf(lane)] as Float32Array, sampleRate);
    checkLimits({ duration: Math.max(...lanes.map(({ track }) => track.length)) / RATE });
    const together = [...new Set(lanes)].reduce((sum, lane) => sum + lane.track.length, 0);
    if (together > MOST_TOGETHER * RATE)
      throw new UnreadableAudio(`The file is too long: ${MOST_TOGETHER / 60} minutes of all its channels are read.`);
  }
  for (const lane of new Set(lanes)) lane.end();
  if (!lanes[0]?.track.length) throw new UnreadableAudio(NOTHING);
  return lanes.map((lane) => lane.track);
}

/**
 * Decodes a whole file to learn how much there is of it.
 *
 * @returns its seconds and channels
 * @throws UnreadableAudio as {@link decodeFile}
 */
export async function measureFile(
  file: string,
  headers: Headers,
  ffmpeg: Ffmpeg,
  signal: AbortSignal,
): Promise<Measured> {
  let duration = 0;
  let channels = 0;
  for await (const { channelData, sampleRate } of pieces(file, headers, ffmpeg)) {
    signal.throwIfAborted();
    channels ||= channelData.length;
    duration += (channelData[0]?.length ?? 0) / sampleRate;
    checkLimits({ duration });
  }
  if (duration === 0) throw new UnreadableAudio(NOTHING);
  return { duration: Math.round(duration * 1e6) / 1e6, channels };
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

/** The sound of a file, each piece within the limits. */
async function* pieces(file: string, headers: Headers, ffmpeg: Ffmpeg): AsyncGenerator<Piece> {
  const { kind } = headers;
  const sound = kind.builtIn
    ? decodeBytes(packed(file, headers, kind.builtIn), kind.builtIn)
    : decodeBytes(ffmpegWav(file, kind, ffmpeg), "wav");
  for await (const piece of sound) {
    checkLimits({ channels: piece.channelData.length, rate: piece.sampleRate });
    yield piece;
  }
}

/** The bytes of a file as its decoder wants to see them. */
function packed(file: string, { kind, wav, flac }: Headers, format: BuiltIn): AsyncIterable<Uint8Array> {
  if (wav) return plainWav(file, wav, CHUNK.wav);
  if (flac) return plainFlac(file, flac, CHUNK.flac);
  if (format === "wav" || format === "flac") throw new UnreadableAudio(NOTHING);
  return createReadStream(file, { start: kind.start, highWaterMark: CHUNK[format] });
}

/** Whether an error comes from the operating system (ENOENT, EACCES, EIO ...), not from the bytes. */
function isSystemError(error: unknown): boolean {
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
    if (error instanceof UnreadableAudio || isSystemError(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new UnreadableAudio(`The ${format} file cannot be decoded: ${reason}`);
  } finally {
    decoder.free();
  }
}
