import type { SourceFormat } from "./source-format";

/** A segmented code of G.711 as samples from -1 to 1. */
function table(sampleOf: (code: number) => number): Float32Array {
  return Float32Array.from({ length: 256 }, (_, code) => sampleOf(code) / 32768);
}

/** ITU-T G.711, mu-law: all bits inverted, a bias of 33 in units of 4. */
const ULAW = table((code) => {
  const bits = ~code & 0xff;
  const value = ((((bits & 0x0f) << 3) + 0x84) << ((bits & 0x70) >> 4)) - 0x84;
  return bits & 0x80 ? -value : value;
});

/** ITU-T G.711, A-law: even bits inverted. */
const ALAW = table((code) => {
  const bits = code ^ 0x55;
  const segment = (bits & 0x70) >> 4;
  const step = (bits & 0x0f) << 4;
  const value = segment === 0 ? step + 8 : (step + 0x108) << (segment - 1);
  return bits & 0x80 ? value : -value;
});

type Read = (view: DataView, at: number) => number;

function reader({ coding, bits, isBigEndian = false }: SourceFormat): Read {
  const little = !isBigEndian;
  if (coding === "ulaw") return (view, at) => ULAW[view.getUint8(at)] as number;
  if (coding === "alaw") return (view, at) => ALAW[view.getUint8(at)] as number;
  if (coding === "float") {
    const read: Read =
      bits === 64 ? (view, at) => view.getFloat64(at, little) : (view, at) => view.getFloat32(at, little);
    return (view, at) => read(view, at) || 0; // NaN is silence
  }
  const signed: Record<number, Read> = {
    8: (view, at) => view.getInt8(at) / 0x80,
    16: (view, at) => view.getInt16(at, little) / 0x8000,
    24: little
      ? (view, at) => (view.getUint16(at, true) | (view.getInt8(at + 2) << 16)) / 0x80_0000
      : (view, at) => ((view.getInt8(at) << 16) | view.getUint16(at + 1, false)) / 0x80_0000,
    32: (view, at) => view.getInt32(at, little) / 0x8000_0000,
  };
  const read = signed[bits] as Read;
  // Unsigned samples are signed ones with the other first bit.
  return coding === "int" ? read : (view, at) => (read(view, at) < 0 ? read(view, at) + 1 : read(view, at) - 1);
}

/** The samples of each channel, from -1 to 1. `bytes`: whole frames of `format`. */
export function decode(bytes: Buffer, format: SourceFormat): Float32Array[] {
  const read = reader(format);
  const width = format.bits / 8;
  const frame = width * format.channels;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const frames = Math.floor(bytes.length / frame);
  return Array.from({ length: format.channels }, (_, channel) => {
    const samples = new Float32Array(frames);
    for (let i = 0, at = channel * width; i < frames; i++, at += frame) samples[i] = read(view, at);
    return samples;
  });
}

/** Channels of equal length as 16 bit PCM. What is too loud is cut off. */
export function encode(channels: readonly Float32Array[]): Buffer {
  const frames = channels[0]?.length ?? 0;
  const bytes = Buffer.allocUnsafe(frames * channels.length * 2);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  channels.forEach((samples, channel) => {
    for (let i = 0, at = channel * 2; i < frames; i++, at += channels.length * 2) {
      const value = Math.round((samples[i] as number) * 0x8000);
      view.setInt16(at, Math.min(0x7fff, Math.max(-0x8000, value)), true);
    }
  });
  return bytes;
}

/** The mean of all channels. */
export function mix(channels: readonly Float32Array[]): Float32Array {
  const [first = new Float32Array(0), ...others] = channels;
  if (others.length === 0) return first;
  const mixed = new Float32Array(first.length);
  for (let i = 0; i < mixed.length; i++) {
    let sum = 0;
    for (const samples of channels) sum += samples[i] as number;
    mixed[i] = sum / channels.length;
  }
  return mixed;
}
