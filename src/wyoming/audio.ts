import { GladiaError } from "../errors";
import type { LiveFormat } from "../live/input";
import { Resampler } from "../live/input/resampler";
import { decode, encode, mix } from "../live/input/samples";
import type { SourceFormat } from "../live/input/source-format";

/** PCM as Wyoming describes it: samples a second, bytes of a sample, channels. */
export interface PcmFormat {
  rate: number;
  width: number;
  channels: number;
}

/** What all speech is brought to: what Home Assistant sends, in which all of speech is. */
export const SPEECH_FORMAT: LiveFormat = { encoding: "wav/pcm", bit_depth: 16, sample_rate: 16_000, channels: 1 };

/** Frames that are worked on in one step: some milliseconds of work at most. */
const STEP = 4096;

/** The format of `audio-start` and `audio-chunk`. @throws GladiaError GLADIA_AUDIO for one that cannot be */
export function pcmFormat({ rate, width, channels }: Record<string, unknown>): PcmFormat {
  const isCount = (value: unknown, most: number): value is number =>
    Number.isInteger(value) && (value as number) >= 1 && (value as number) <= most;
  if (!isCount(rate, 192_000) || rate < 4000 || !isCount(width, 4) || !isCount(channels, 8)) {
    const shown = [rate, width, channels].map((value) => String(value).slice(0, 20)).join(", ");
    throw new GladiaError("GLADIA_AUDIO", "wyoming-format", { format: shown });
  }
  return { rate, width, channels };
}

function sameFormat(one: PcmFormat, other: PcmFormat): boolean {
  return one.rate === other.rate && one.width === other.width && one.channels === other.channels;
}

/** Seconds that bytes of a format last. */
export function secondsOf(bytes: number, { rate, width, channels }: PcmFormat): number {
  return bytes / (rate * width * channels);
}

/**
 * Whether 8 bit samples have a sign. Wyoming does not say: WAV files, which clients send on, have none, the reference
 * library's own conversion takes them to have one. Silence tells: it is at 0x80, or at 0x00 and 0xff.
 */
function isSigned(bytes: Buffer): boolean {
  let distance = 0;
  for (const byte of bytes) distance += Math.abs(byte - 0x80);
  return distance > bytes.length * 0x40;
}

/** Brings PCM of one format to `SPEECH_FORMAT`. Channels are mixed, since a command has one text. */
class Conversion {
  readonly format: PcmFormat;
  readonly #frame: number;
  readonly #isSpeech: boolean;
  readonly #resampler: Resampler | undefined;
  #source: SourceFormat | undefined;
  /** Bytes of a frame whose rest is still to come. */
  #rest: Buffer = Buffer.alloc(0);

  constructor(format: PcmFormat) {
    const { rate, width, channels } = format;
    const { sample_rate, bit_depth } = SPEECH_FORMAT;
    this.format = format;
    this.#frame = width * channels;
    this.#isSpeech = rate === sample_rate && width * 8 === bit_depth && channels === SPEECH_FORMAT.channels;
    this.#resampler = rate === sample_rate ? undefined : new Resampler(rate, sample_rate);
  }

  *write(bytes: Buffer): Generator<Buffer> {
    const all = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes;
    const end = all.length - (all.length % this.#frame);
    this.#rest = Buffer.from(all.subarray(end));
    for (let at = 0; at < end; at += STEP * this.#frame) {
      const pcm = this.#convert(all.subarray(at, Math.min(end, at + STEP * this.#frame)));
      if (pcm.length > 0) yield pcm;
    }
  }

  /** What the filter still holds. Part of a sample is none. */
  *end(): Generator<Buffer> {
    const pcm = this.#resampler ? encode([this.#resampler.end()]) : Buffer.alloc(0);
    if (pcm.length > 0) yield pcm;
  }

  #convert(frames: Buffer): Buffer {
    if (this.#isSpeech) return frames;
    const { rate, width, channels } = this.format;
    this.#source ??= { coding: width === 1 && !isSigned(frames) ? "uint" : "int", bits: width * 8, rate, channels };
    const mono = mix(decode(frames, this.#source));
    return encode([this.#resampler?.write(mono) ?? mono]);
  }
}

/** Brings the audio of one utterance, whose format may change, to `SPEECH_FORMAT`: a little at each step. */
export class SpeechConverter {
  #conversion: Conversion | undefined;

  /** @param bytes cut anywhere, even within a sample */
  *write(format: PcmFormat, bytes: Buffer): Generator<Buffer> {
    if (!this.#conversion || !sameFormat(this.#conversion.format, format)) {
      yield* this.end();
      this.#conversion = new Conversion(format);
    }
    yield* this.#conversion.write(bytes);
  }

  /** No more comes. */
  *end(): Generator<Buffer> {
    const conversion = this.#conversion;
    this.#conversion = undefined;
    if (conversion) yield* conversion.end();
  }
}

/** Speech in `SPEECH_FORMAT` as a WAV file. */
export function wavFile(parts: readonly Buffer[]): Buffer {
  const { bit_depth, sample_rate, channels } = SPEECH_FORMAT;
  const frame = (bit_depth / 8) * channels;
  const size = parts.reduce((sum, { length }) => sum + length, 0);
  const header = Buffer.alloc(44);
  header.write("RIFF", 0, "latin1");
  header.writeUInt32LE(36 + size, 4);
  header.write("WAVEfmt ", 8, "latin1");
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(sample_rate, 24);
  header.writeUInt32LE(sample_rate * frame, 28);
  header.writeUInt16LE(frame, 32);
  header.writeUInt16LE(bit_depth, 34);
  header.write("data", 36, "latin1");
  header.writeUInt32LE(size, 40);
  return Buffer.concat([header, ...parts]);
}
