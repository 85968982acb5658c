import { GladiaError } from "../errors";
import type { LiveFormat } from "../live/input";

/** PCM as Wyoming describes it: samples a second, bytes of a sample, channels. */
export interface PcmFormat {
  rate: number;
  width: number;
  channels: number;
}

const RATES: readonly number[] = [8000, 16_000, 32_000, 44_100, 48_000];

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

export function sameFormat(one: PcmFormat, other: PcmFormat): boolean {
  return one.rate === other.rate && one.width === other.width && one.channels === other.channels;
}

/** Bytes of one sample of all channels. */
export function frameBytes({ width, channels }: PcmFormat): number {
  return width * channels;
}

/** A format as a live session takes it. @throws GladiaError GLADIA_AUDIO for a rate that none takes */
export function liveFormat({ rate, width, channels }: PcmFormat): LiveFormat {
  if (!RATES.includes(rate)) throw new GladiaError("GLADIA_AUDIO", "wyoming-rate", { rate, rates: RATES.join(", ") });
  return {
    encoding: "wav/pcm",
    bit_depth: (width * 8) as LiveFormat["bit_depth"],
    sample_rate: rate as LiveFormat["sample_rate"],
    channels,
  };
}

/** PCM as a WAV file. */
export function wavFile({ rate, width, channels }: PcmFormat, parts: readonly Buffer[]): Buffer {
  const size = parts.reduce((sum, { length }) => sum + length, 0);
  const header = Buffer.alloc(44);
  header.write("RIFF", 0, "latin1");
  header.writeUInt32LE(36 + size, 4);
  header.write("WAVEfmt ", 8, "latin1");
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(rate, 24);
  header.writeUInt32LE(rate * width * channels, 28);
  header.writeUInt16LE(width * channels, 32);
  header.writeUInt16LE(width * 8, 34);
  header.write("data", 36, "latin1");
  header.writeUInt32LE(size, 40);
  return Buffer.concat([header, ...parts]);
}
