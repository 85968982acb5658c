/** Formats that are decoded here, without help. */
export type BuiltIn = "wav" | "mp3" | "flac" | "ogg" | "opus";

/** What a file's first bytes say it is. */
export interface Kind {
  /** Usual ending of such a file's name, without dot. */
  extension: string;
  /** Decoder of our own, if there is one. */
  builtIn?: BuiltIn;
  /** ffmpeg's name of the format, if it is one to be left to ffmpeg. */
  demuxer?: string;
}

/** Bytes that {@link sniff} wants to see. */
export const SNIFFED = 4096;

const PLAIN: [offset: number, magic: string, extension: string, demuxer: string][] = [
  [4, "ftypqt  ", "mov", "mov"],
  [4, "ftypM4A ", "m4a", "mov"],
  [4, "ftypM4B ", "m4a", "mov"],
  [4, "ftyp3g", "3gp", "mov"],
  [4, "ftyp", "mp4", "mov"],
  [4, "moov", "mov", "mov"],
  [4, "mdat", "mov", "mov"],
  [4, "wide", "mov", "mov"],
  [0, "FORM", "aiff", "aiff"],
  [0, "RF64", "wav", "wav"],
  [0, "#!AMR", "amr", "amr"],
  [0, "caff", "caf", "caf"],
  [0, "FLV\u0001", "flv", "flv"],
  [0, ".snd", "au", "au"],
  [0, "ADIF", "aac", "aac"],
  [0, "\u000bw", "ac3", "ac3"],
  [0, "\u0000\u0000\u0001\u00ba", "mpg", "mpeg"],
];
const ASF = "3026b2758e66cf11";
const EBML = "1a45dfa3";

/**
 * Tells a file's format from its first bytes.
 *
 * @param head the file's first {@link SNIFFED} bytes, or all of a shorter file
 * @returns undefined if it is no known sound or film
 */
export function sniff(head: Uint8Array): Kind | undefined {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  const text = (from: number, to: number) => bytes.toString("latin1", from, to);
  if (text(0, 4) === "RIFF" && text(8, 12) === "WAVE") return { extension: "wav", builtIn: "wav" };
  if (text(0, 4) === "RIFF" && text(8, 12) === "AVI ") return { extension: "avi", demuxer: "avi" };
  if (text(0, 4) === "fLaC") return { extension: "flac", builtIn: "flac" };
  if (text(0, 4) === "OggS") return ogg(bytes);
  if (text(0, 3) === "ID3") return { extension: "mp3", builtIn: "mp3" };
  const [, , extension, demuxer] = PLAIN.find(([at, magic]) => text(at, at + magic.length) === magic) ?? [];
  if (extension && demuxer) return { extension, demuxer };
  const hex = bytes.toString("hex", 0, 8);
  if (hex === ASF) return { extension: "wma", demuxer: "asf" };
  if (hex.startsWith(EBML)) return { extension: bytes.includes("webm") ? "webm" : "mkv", demuxer: "matroska" };
  return mpeg(bytes);
}

/** An Ogg file's first page holds the first packet of its codec. */
function ogg(bytes: Buffer): Kind {
  const packet = 27 + (bytes[26] ?? 0);
  const magic = bytes.toString("latin1", packet, packet + 8);
  if (magic.startsWith("OpusHead")) return { extension: "opus", builtIn: "opus" };
  if (magic.startsWith("\u0001vorbis")) return { extension: "ogg", builtIn: "ogg" };
  return { extension: "ogg", demuxer: "ogg" };
}

/** Raw MPEG frames: eleven set bits, then version, layer, bit rate and sample rate, none of them the reserved value. */
function mpeg(bytes: Buffer): Kind | undefined {
  const [first = 0, second = 0, third = 0] = bytes;
  if (first !== 0xff || (second & 0xe0) !== 0xe0) return undefined;
  const layer = (second >> 1) & 3;
  if (layer === 0) return (second & 0xf0) === 0xf0 ? { extension: "aac", demuxer: "aac" } : undefined;
  const reserved = ((second >> 3) & 3) === 1 || third >> 4 === 15 || ((third >> 2) & 3) === 3;
  if (reserved) return undefined;
  return layer === 1 ? { extension: "mp3", builtIn: "mp3" } : { extension: "mp2", demuxer: "mp3" };
}
