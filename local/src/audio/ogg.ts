import type { FileBytes } from "./bytes";
import type { Said } from "./limits";

/** One stream of an Ogg file by its first packet; `rate` is that of the page positions, in Hz. */
interface OggStream extends Said {
  codec: "opus" | "vorbis" | "flac" | "other" | "film";
  serial: number;
  /** samples before the sound proper */
  skipped: number;
}

const FLAG_FIRST = 2;
const HEADER = 27;
/** Longest page there can be. */
const PAGE = HEADER + 255 + 255 * 255;
/** Samples of a page at 48 kHz, and some more. */
const MOST_OF_PAGE = 60 * 48_000;
/** Pages of other streams that may follow the last one of the sound. */
const TAIL = 16;

/** The streams that the first pages of an Ogg file announce; at least that of the very first page. */
export function oggStreams(head: Buffer): OggStream[] {
  const streams: OggStream[] = [];
  for (let at = 0; head.toString("latin1", at, at + 4) === "OggS" && at + HEADER < head.length; ) {
    if (streams.length > 0 && !((head[at + 5] as number) & FLAG_FIRST)) break;
    const segments = head[at + 26] as number;
    const packet = at + HEADER + segments;
    const length = head.subarray(at + HEADER, packet).reduce((sum, byte) => sum + byte, 0);
    streams.push({ ...describe(head.subarray(packet, packet + length)), serial: head.readUInt32LE(at + 14) });
    at = packet + length;
  }
  return streams;
}

function describe(packet: Buffer): Omit<OggStream, "serial"> {
  const begins = (text: string) => packet.toString("latin1", 0, text.length) === text;
  if (begins("OpusHead") && packet.length >= 19)
    return { codec: "opus", channels: packet[9] as number, rate: 48_000, skipped: packet.readUInt16LE(10) };
  if (begins("\u0001vorbis") && packet.length >= 30)
    return { codec: "vorbis", channels: packet[11] as number, rate: packet.readUInt32LE(12), skipped: 0 };
  if (begins("\u007fFLAC")) return { codec: "flac", skipped: 0 };
  if (begins("\u0080theora") || begins("\u0001video")) return { codec: "film", skipped: 0 };
  return { codec: "other", skipped: 0 };
}

/**
 * Seconds of an Ogg file by the position that its last page gives.
 * @returns undefined when there is no such page, or it stands at an impossible place
 */
export async function oggDuration(bytes: FileBytes, start: number, stream: OggStream): Promise<number | undefined> {
  const { rate, serial, skipped } = stream;
  if (!rate) return undefined;
  const first = await firstPosition(bytes, start, serial);
  for (let end = bytes.size; end > start; end -= PAGE) {
    const from = Math.max(start, end - 2 * PAGE);
    const piece = await bytes.read(from, Math.min(bytes.size, end + HEADER) - from);
    for (let at = piece.lastIndexOf("OggS"); at >= 0; at = at === 0 ? -1 : piece.lastIndexOf("OggS", at - 1)) {
      const position = positionAt(piece, at, serial);
      if (position === undefined) continue;
      const samples = position - first - skipped;
      return samples > 0 ? samples / rate : undefined;
    }
    if (bytes.size - end > TAIL * PAGE) return undefined;
  }
  return undefined;
}

/** Where the sound begins that is left in a recording which was joined late: 0 for a whole file. */
async function firstPosition(bytes: FileBytes, start: number, serial: number): Promise<number> {
  const head = await bytes.read(start, PAGE);
  for (let at = head.indexOf("OggS"); at >= 0; at = head.indexOf("OggS", at + 1)) {
    const position = positionAt(head, at, serial);
    // A page holds 255 packets, which is 31 s at most: a first one that ends later was not the first.
    if (position) return position > MOST_OF_PAGE ? position : 0;
  }
  return 0;
}

/** The position of the page at this byte; undefined if it is none, another stream's, or one on which no packet ends. */
function positionAt(piece: Buffer, at: number, serial: number): number | undefined {
  if (at + HEADER > piece.length || piece[at + 4] !== 0 || piece.readUInt32LE(at + 14) !== serial) return undefined;
  const position = piece.readBigInt64LE(at + 6);
  return position < 0n ? undefined : Number(position);
}
