import { findFrames } from "./mpeg";
import { oggStreams } from "./ogg";

/** Formats that are decoded here, without help. */
export type BuiltIn = "wav" | "mp3" | "flac" | "ogg" | "opus";

/** What a file's bytes say it is. */
export interface Kind {
  /** Usual ending of such a file's name, without dot. */
  extension: string;
  /** Decoder of our own, if there is one. */
  builtIn?: BuiltIn;
  /** ffmpeg's name of the format. */
  demuxer: string;
}

/** Bytes that {@link sniff} wants to see. */
export const SNIFFED = 16_384;
/** Bytes before the first frame of a stream that was cut anywhere. */
const CUT = 4096;

const PLAIN: [offset: number, magic: string, extension: string, demuxer: string][] = [
  [0, "RIFX", "wav", "wav"],
  [0, "riff\u002e\u0091\u00cf\u0011\u00a5\u00d6\u0028\u00db", "w64", "w64"],
  [0, "#!AMR", "amr", "amr"],
  [0, "caff", "caf", "caf"],
  [0, "FLV\u0001", "flv", "flv"],
  [0, ".snd", "au", "au"],
  [0, "ADIF", "aac", "aac"],
  [0, "\u0000\u0000\u0001\u00ba", "mpg", "mpeg"],
  [0, "0&\u00b2u\u008ef\u00cf\u0011", "wma", "asf"],
];
/** Endings by the main brand of ISO files; all others are mp4. */
const BRANDS: Record<string, string> = { "M4A ": "m4a", "M4B ": "m4a", "M4V ": "m4v", "qt  ": "mov" };
/** Boxes that a file of this family may begin with. */
const BOXES = /^(ftyp|moov|mdat|wide|free|skip|pnot|uuid|styp|sidx|moof)$/;

/**
 * Tells a file's format from its first bytes, without tags that stand before them.
 *
 * @param head the first {@link SNIFFED} bytes, or all of a shorter file
 * @returns undefined if it is no known sound or film
 */
export function sniff(head: Buffer): Kind | undefined {
  const text = (from: number, to: number) => head.toString("latin1", from, to);
  const form = text(8, 12);
  if (/^(RIFF|RF64|BW64)$/.test(text(0, 4))) {
    if (form === "WAVE") return { extension: "wav", builtIn: "wav", demuxer: "wav" };
    if (form === "AVI ") return { extension: "avi", demuxer: "avi" };
    return undefined;
  }
  if (text(0, 4) === "FORM") return /^AIF[FC]$/.test(form) ? { extension: "aiff", demuxer: "aiff" } : undefined;
  if (text(0, 4) === "fLaC") return { extension: "flac", builtIn: "flac", demuxer: "flac" };
  if (text(0, 4) === "OggS") return ogg(head);
  const [, , extension, demuxer] = PLAIN.find(([at, magic]) => text(at, at + magic.length) === magic) ?? [];
  if (extension && demuxer) return { extension, demuxer };
  if (text(0, 4) === "\u001aE\u00df\u00a3") return { extension: docType(head), demuxer: "matroska" };
  if (BOXES.test(text(4, 8))) return { extension: brand(head), demuxer: "mov" };
  if (text(0, 2) === "\u000bw") return ac3(head);
  return transport(head) ?? mpeg(head);
}

function ogg(head: Buffer): Kind {
  const streams = oggStreams(head);
  const [first] = streams;
  if (streams.length === 1 && first?.codec === "opus") return { extension: "opus", builtIn: "opus", demuxer: "ogg" };
  if (streams.length === 1 && first?.codec === "vorbis") return { extension: "ogg", builtIn: "ogg", demuxer: "ogg" };
  return { extension: streams.some(({ codec }) => codec === "film") ? "ogv" : "ogg", demuxer: "ogg" };
}

/** The ending that the main brand of an ISO file asks for, which a box or two may stand before. */
function brand(head: Buffer): string {
  for (let at = 0; at + 12 <= head.length; ) {
    const box = head.toString("latin1", at + 4, at + 8);
    if (box === "ftyp") {
      const name = head.toString("latin1", at + 8, at + 12);
      return name.startsWith("3g2") ? "3g2" : name.startsWith("3g") ? "3gp" : (BRANDS[name] ?? "mp4");
    }
    if (/^(styp|sidx|moof)$/.test(box)) return "mp4";
    const length = head.readUInt32BE(at);
    if (length < 8) break;
    at += length;
  }
  // Only QuickTime files of old have no such box.
  return "mov";
}

/** What an EBML file says it is: the text of the element DocType in its header. */
function docType(head: Buffer): string {
  const number = (at: number, keepMark: boolean): [value: number, length: number] => {
    const first = head[at] ?? 0;
    const length = Math.clz32(first) - 23;
    let value = keepMark ? first : first & (0xff >> length);
    for (let index = 1; index < length && length <= 8; index++) value = value * 256 + (head[at + index] ?? 0);
    return [value, length];
  };
  const [, width] = number(4, false);
  for (let at = 4 + width, count = 0; at < head.length && count < 32; count++) {
    const [id, idLength] = number(at, true);
    const [length, lengthLength] = number(at + idLength, false);
    const from = at + idLength + lengthLength;
    if (id === 0x4282) return head.toString("latin1", from, from + length).startsWith("webm") ? "webm" : "mkv";
    at = from + length;
  }
  return "mkv";
}

function ac3(head: Buffer): Kind {
  return (head[5] ?? 0) >> 3 > 10 ? { extension: "eac3", demuxer: "eac3" } : { extension: "ac3", demuxer: "ac3" };
}

/** MPEG transport streams: a sync byte every 188 bytes, or every 192 after a time stamp of 4. */
function transport(head: Buffer): Kind | undefined {
  for (const [size, first, extension] of [
    [188, 0, "ts"],
    [192, 4, "m2ts"],
  ] as const) {
    const packets = Math.min(8, Math.floor(head.length / size));
    const synced = Array.from({ length: packets }, (_, index) => head[first + index * size] === 0x47);
    if (packets >= 3 && synced.every(Boolean)) return { extension, demuxer: "mpegts" };
  }
  return undefined;
}

/** Frames without a container. */
function mpeg(head: Buffer): Kind | undefined {
  const { frame } = findFrames(head, CUT) ?? {};
  if (frame === undefined) return undefined;
  if (frame.layer === "aac") return { extension: "aac", demuxer: "aac" };
  if (frame.layer === "mp3") return { extension: "mp3", builtIn: "mp3", demuxer: "mp3" };
  return { extension: "mp2", demuxer: "mp3" };
}
