import type { FileBytes } from "./bytes";
import type { Said } from "./limits";

/** One frame of MPEG sound. `length` in bytes, `samples` of each channel, `rate` in Hz. */
interface Frame {
  layer: "mp3" | "mp2" | "mp1" | "aac";
  length: number;
  samples: number;
  rate: number;
  channels: number;
}

/** Bytes of a header that {@link frameAt} looks at. */
const HEADER = 6;
/** kbit/s by index: MPEG 1 layers 1, 2, 3; MPEG 2 and 2.5 layer 1, then layers 2 and 3. */
const BIT_RATES = [
  [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
  [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
  [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
] as const;
const MPEG_RATES = [44_100, 48_000, 32_000];
const AAC_RATES = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
];

/** The frame whose header lies at byte `at`, undefined if there is none. */
function frameAt(bytes: Uint8Array, at: number): Frame | undefined {
  if (at + HEADER > bytes.length) return undefined;
  const [sync = 0, kind = 0, third = 0, fourth = 0, fifth = 0, sixth = 0] = bytes.subarray(at, at + HEADER);
  if (sync !== 0xff || (kind & 0xe0) !== 0xe0) return undefined;
  const layer = 4 - ((kind >> 1) & 3);
  if (layer === 4) return (kind & 0xf0) === 0xf0 ? aac(third, fourth, fifth, sixth) : undefined;
  const version = (kind >> 3) & 3;
  const bitRate = BIT_RATES[version === 3 ? layer - 1 : layer === 1 ? 3 : 4]?.[(third >> 4) - 1];
  const base = MPEG_RATES[(third >> 2) & 3];
  if (version === 1 || bitRate === undefined || base === undefined) return undefined;
  const rate = version === 3 ? base : version === 2 ? base / 2 : base / 4;
  const samples = layer === 1 ? 384 : layer === 3 && version !== 3 ? 576 : 1152;
  const slot = layer === 1 ? 4 : 1;
  const length = (Math.floor((samples / 8 / slot) * ((bitRate * 1000) / rate)) + ((third >> 1) & 1)) * slot;
  return { layer: `mp${layer as 1 | 2 | 3}`, length, samples, rate, channels: fourth >> 6 === 3 ? 1 : 2 };
}

/** A frame of AAC in ADTS, by the bytes after its sync word. */
function aac(third: number, fourth: number, fifth: number, sixth: number): Frame | undefined {
  const rate = AAC_RATES[(third >> 2) & 15];
  const length = ((fourth & 3) << 11) | (fifth << 3) | (sixth >> 5);
  if (rate === undefined || length < 7) return undefined;
  const channels = ((third & 1) << 2) | (fourth >> 6);
  return { layer: "aac", length, samples: 1024, rate, channels: channels === 7 ? 8 : channels };
}

function alike(a: Frame, b: Frame | undefined): boolean {
  return b !== undefined && a.layer === b.layer && a.rate === b.rate;
}

/**
 * Where frames begin that follow each other: the bytes of a frame may stand in any file.
 * @param most bytes to look through
 * @returns the place, and the first frame
 */
export function findFrames(bytes: Uint8Array, most: number): { at: number; frame: Frame } | undefined {
  for (let at = bytes.indexOf(0xff); at >= 0 && at < most; at = bytes.indexOf(0xff, at + 1)) {
    const frame = frameAt(bytes, at);
    if (frame === undefined) continue;
    let next = at + frame.length;
    let count = 1;
    while (count < 3 && alike(frame, frameAt(bytes, next))) {
      next += frameAt(bytes, next)?.length as number;
      count += 1;
    }
    // A file of a single frame is sound too, when it begins with that.
    if (count === 3 || (at === 0 && next + HEADER > bytes.length)) return { at, frame };
  }
  return undefined;
}

/** What the frames of a file hold. `declared`: seconds there should be; `from`: the byte at which they begin. */
interface Frames extends Required<Said> {
  declared: number;
  from: number;
}

/**
 * Counts the frames of a file of mp3 or AAC, since a few of them tell little about its length.
 * @param start byte at which to begin
 * @param first a frame of the kind to be counted
 */
export async function walkFrames(bytes: FileBytes, start: number, first: Frame): Promise<Frames> {
  const head = await bytes.read(start, first.length);
  const info = first.layer === "mp3" ? infoOf(head) : undefined;
  const { rate } = first;
  let channels = first.channels;
  let samples = 0;
  let at = info ? start + first.length : start;
  while (at + HEADER <= bytes.size) {
    const piece = await bytes.read(at, HEADER);
    const frame = frameAt(piece, 0);
    if (frame !== undefined && alike(first, frame)) {
      samples += frame.samples;
      channels = Math.max(channels, frame.channels);
      at += frame.length;
    } else {
      at += await gap(bytes, at, first);
    }
  }
  const duration = Math.max(0, samples - (info?.silent ?? 0)) / rate;
  const declared = info?.frames ? Math.max(0, info.frames * first.samples - info.silent) / rate : duration;
  return { rate, channels, duration, declared, from: start };
}

/** Bytes from `at`, where no frame is, to the next one. */
async function gap(bytes: FileBytes, at: number, first: Frame): Promise<number> {
  const piece = await bytes.read(at, 16_384);
  for (let next = piece.indexOf(0xff, 1); next >= 0; next = piece.indexOf(0xff, next + 1)) {
    const frame = frameAt(piece, next);
    if (frame === undefined || !alike(first, frame)) continue;
    const after = next + frame.length;
    if (alike(first, frameAt(piece, after)) || at + after === bytes.size) return next;
  }
  return Math.max(1, piece.length - HEADER);
}

/** What an encoder writes into a first frame without sound: how many frames follow, and how much of them is padding. */
function infoOf(frame: Buffer): { frames: number; silent: number } | undefined {
  const at = ["Xing", "Info"]
    .map((name) => frame.subarray(0, 64).indexOf(name, 4, "latin1"))
    .find((place) => place > 0);
  if (at === undefined) return undefined;
  const frames = (frame[at + 7] ?? 0) & 1 && at + 12 <= frame.length ? frame.readUInt32BE(at + 8) : 0;
  const encoder = frame.toString("latin1", at + 120, at + 124);
  if (!/^L(AME|av[cf])$/.test(encoder) || at + 144 > frame.length) return { frames, silent: 0 };
  const padding = frame.readUIntBE(at + 141, 3);
  return { frames, silent: (padding >> 12) + (padding & 0xfff) };
}
