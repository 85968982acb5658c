import type { LiveFormat } from "./input";

/** Bytes of one sample of all channels. */
export function frameBytes({ bit_depth, channels }: LiveFormat): number {
  return (bit_depth / 8) * channels;
}

export function bytesPerSecond(format: LiveFormat): number {
  return frameBytes(format) * format.sample_rate;
}
