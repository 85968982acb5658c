import { UnreadableAudio } from "../recogniser/types";
import type { FileBytes } from "./bytes";
import { type Kind, SNIFFED, sniff } from "./sniff";

/** What a file is, and the byte at which its format begins, behind tags that were put in front of it. */
export interface Identified extends Kind {
  start: number;
}

/** Said to whoever brings anything else. */
const READABLE = "Readable are wav, mp3, flac, ogg and opus, and with ffmpeg installed m4a, mp4, webm, mov and more.";
/** More tags than any file has in front. */
const MOST_TAGS = 16;
/** Zeros that may stand before the sound, in bytes. */
const MOST_PADDING = 65_536;

/**
 * What a file is by its bytes.
 * @returns undefined for what is no sound that is known
 */
export async function recognise(bytes: FileBytes): Promise<Identified | undefined> {
  const start = await behindTags(bytes);
  const kind = sniff(await bytes.read(start, SNIFFED));
  if (kind) return { ...kind, start };
  // Nearly all tags of this kind belong to mp3, whose decoder finds frames that lie elsewhere than said.
  const tagged = (await bytes.read(0, 3)).toString("latin1") === "ID3";
  return tagged ? { extension: "mp3", builtIn: "mp3", demuxer: "mp3", start: 0 } : undefined;
}

/** What a file is by its bytes; throws {@link UnreadableAudio} (400) for what cannot be sound. */
export async function identify(bytes: FileBytes): Promise<Identified> {
  const kind = await recognise(bytes);
  if (kind) return kind;
  if (bytes.size === 0) throw new UnreadableAudio("The file is empty.");
  const text = textIn(await bytes.read(0, 512));
  if (text === undefined) throw new UnreadableAudio(`The file is no audio or video that is known. ${READABLE}`);
  throw new UnreadableAudio(`The file is ${text}, not audio.`);
}

/** What kind of text a file begins with, undefined for bytes. */
export function textIn(head: Buffer): "a web page" | "text" | undefined {
  const text = head.toString("utf8");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they tell bytes from text
  if (/[\u0000-\u0008\ufffd]/.test(text.slice(0, -3))) return undefined;
  return /^\s*<(!doctype|html)/i.test(text) ? "a web page" : "text";
}

/** The byte behind all tags (ID3v2, APE) and zeros at the front of a file. */
async function behindTags(bytes: FileBytes): Promise<number> {
  let at = 0;
  for (let count = 0; count < MOST_TAGS; count++) {
    const head = await bytes.read(at, 32);
    const length = id3Length(head) ?? apeLength(head);
    if (length === undefined) break;
    at += length;
  }
  const padding = await bytes.read(at, MOST_PADDING);
  const zeros = padding.findIndex((byte) => byte !== 0);
  // Transport streams with time stamps, MPEG films and some mp4 begin with zeros of their own.
  return zeros > 8 ? at + zeros : at;
}

function id3Length(head: Buffer): number | undefined {
  if (head.length < 10 || head.toString("latin1", 0, 3) !== "ID3") return undefined;
  const sizes = [...head.subarray(6, 10)];
  if (sizes.some((byte) => byte > 0x7f)) return undefined;
  const footer = head.readUInt8(5) & 0x10 ? 10 : 0;
  return 10 + sizes.reduce((sum, byte) => sum * 128 + byte, 0) + footer;
}

function apeLength(head: Buffer): number | undefined {
  if (head.length < 32 || head.toString("latin1", 0, 8) !== "APETAGEX") return undefined;
  return 32 + head.readUInt32LE(12);
}
