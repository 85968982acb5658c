import { EqualChannels, type Stretch } from "./equal-channels";
import { Resampler } from "./resampler";
import { decode, encode, mix } from "./samples";
import { frameBytesOf, isTaken, liveFormatOf, type SourceFormat } from "./source-format";
import type { LiveFormat, Mono, Sound } from "./types";

/** Frames that are worked on in one step: some milliseconds of work at most. */
const STEP = 8192;
const NOTHING = Buffer.alloc(0);

/** Brings the samples of one number of channels into a format that Gladia takes. */
class Encoder {
  readonly format: LiveFormat;
  readonly #source: SourceFormat;
  readonly #mixes: boolean;
  readonly #resamplers: Resampler[];
  /** Whether samples go on as they came. */
  readonly isPlain: boolean;

  constructor(source: SourceFormat, mixes: boolean) {
    this.#source = source;
    this.#mixes = mixes && source.channels > 1;
    this.format = liveFormatOf(source, mixes);
    this.isPlain = isTaken(source) && !this.#mixes;
    const { sample_rate: rate, channels } = this.format;
    this.#resamplers =
      rate === source.rate ? [] : Array.from({ length: channels }, () => new Resampler(Math.round(source.rate), rate));
  }

  write(bytes: Buffer): Buffer {
    if (this.isPlain) return bytes;
    const samples = decode(bytes, this.#source);
    const channels = this.#mixes ? [mix(samples)] : samples;
    return encode(channels.map((channel, i) => this.#resamplers[i]?.write(channel) ?? channel));
  }

  end(): Buffer {
    return encode(this.#resamplers.map((resampler) => resampler.end()));
  }
}

/** Turns the bytes of a source, split anywhere, into whole frames in a format that Gladia takes. */
export class Converter {
  readonly #source: SourceFormat;
  readonly #mono: Mono;
  readonly #frame: number;
  readonly #equal: EqualChannels | undefined;
  #encoder: Encoder | undefined;
  #channels = 0;
  /** Bytes of a frame whose rest is still to come. */
  #rest: Buffer = NOTHING;

  /** @throws GladiaError GLADIA_AUDIO for more channels than Gladia takes */
  constructor(source: SourceFormat, mono: Mono) {
    this.#source = source;
    this.#mono = mono;
    this.#frame = frameBytesOf(source);
    this.#equal = mono === "auto" && source.channels > 1 ? new EqualChannels(source) : undefined;
    if (mono !== "auto") liveFormatOf(source, mono === "mix");
  }

  /** The sound of bytes that go on as they are, as those of most microphones do after the first ones; undefined for all others. */
  plain(bytes: Buffer): Sound | undefined {
    if (!this.#encoder?.isPlain || this.#equal || this.#rest.length > 0) return undefined;
    return bytes.length > 0 && bytes.length % this.#frame === 0 ? { format: this.#encoder.format, bytes } : undefined;
  }

  *write(bytes: Buffer): Generator<Sound> {
    const whole = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes;
    const end = whole.length - (whole.length % this.#frame);
    this.#rest = end === whole.length ? NOTHING : Buffer.from(whole.subarray(end));
    const size = STEP * this.#frame;
    for (let at = 0; at < end; at += size) {
      const step = whole.length <= size && end === whole.length ? whole : whole.subarray(at, Math.min(end, at + size));
      if (this.#equal) yield* this.#compare(step);
      else yield* this.#encode({ channels: this.#source.channels, bytes: step });
    }
  }

  /** A message is over. */
  *settle(): Generator<Sound> {
    for (const stretch of this.#equal?.settle() ?? []) yield* this.#encode(stretch);
  }

  /** Nothing more comes. */
  *end(): Generator<Sound> {
    for (const stretch of this.#equal?.end() ?? []) yield* this.#encode(stretch);
    yield* this.#finish();
    this.#rest = NOTHING;
  }

  /** Channels are compared in steps of 20 ms, so that all of them go on from about where they differ. */
  *#compare(bytes: Buffer): Generator<Sound> {
    const length = Math.max(1, Math.floor(this.#source.rate / 50)) * this.#frame;
    for (let at = 0; at < bytes.length; at += length) {
      for (const stretch of this.#equal?.write(bytes.subarray(at, at + length)) ?? []) yield* this.#encode(stretch);
    }
  }

  *#encode({ channels, bytes }: Stretch): Generator<Sound> {
    if (!this.#encoder || channels !== this.#channels) {
      yield* this.#finish();
      this.#channels = channels;
      this.#encoder = new Encoder({ ...this.#source, channels }, this.#mono === "mix");
    }
    const { format } = this.#encoder;
    const written = this.#encoder.write(bytes);
    if (written.length > 0) yield { format, bytes: written };
  }

  *#finish(): Generator<Sound> {
    const encoder = this.#encoder;
    this.#encoder = undefined;
    const bytes = encoder?.end();
    if (encoder && bytes && bytes.length > 0) yield { format: encoder.format, bytes };
  }
}
