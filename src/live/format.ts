import type { LiveFormat } from "./input";

/** Bytes of one sample of all channels. */
export function frameBytes({ bit_depth, channels }: LiveFormat): number {
  return (bit_depth / 8) * channels;
}

export function bytesPerSecond(format: LiveFormat): number {
  return frameBytes(format) * format.sample_rate;
}

/** Whether audio of both formats can go into one session. */
export function isSameFormat(one: LiveFormat | undefined, other: LiveFormat): boolean {
  return (
    one?.encoding === other.encoding &&
    one.bit_depth === other.bit_depth &&
    one.sample_rate === other.sample_rate &&
    one.channels === other.channels
  );
}
