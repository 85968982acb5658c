import type { TextKey } from "../errors";
import { mediaByMagic, otherByMagic } from "./formats";
import { isTransportStream, mpegAudio } from "./frames";

/** Bytes that `sniff` wants to see, where there are that many. */
export const SNIFF_BYTES = 4096;

/** How many tags and boxes are passed over, and how many bytes of nothing. */
const MOST_STEPS = 16;
/** So many bytes of text are text, whatever they begin with. */
const ENOUGH_TEXT = 64;
const MOST_PADDING = 64 * 1024;

/** Major brands of MP4 that are not simply mp4 (the four bytes after `ftyp`). */
const BRANDS: Record<string, string> = {
  "M4A ": "m4a",
  "M4B ": "m4a",
  "M4P ": "m4a",
  "F4A ": "m4a",
  "M4V ": "m4v",
  "qt  ": "mov",
};
const IMAGE_BRAND = /^(hei[cxms]|hev[cx]|mif1|msf1|avi[fs]|crx )$/;
const QUICKTIME = /^(moov|mdat|wide|free|skip|pnot)$/;

/**
 * What a file's first bytes say: a known format of sound or film, text of some kind, something else that is no audio, or
 * nothing we know. `next`: how many bytes further on more can be learnt. `guess`: something else may begin so, too; `isSingle`: and
 * these bytes end before the next frame could tell.
 */
export type Sniffed =
  | { kind: "audio"; extension: string; guess?: boolean; isSingle?: boolean; next?: number | undefined }
  | { kind: "text"; what: "HTML" | "JSON" | "text"; next?: undefined }
  | { kind: "other"; what: TextKey; format: string; next?: undefined }
  | { kind: "unknown"; next?: number | undefined };

/** Reads the format from the first bytes of a file. `head`: at least 1 byte, at best SNIFF_BYTES. */
export function sniff(head: Buffer): Sniffed {
  const written = isText(head);
  // A letter may begin with "MAC " or "FORM", too.
  const known = written && head.length >= ENOUGH_TEXT ? undefined : container(head);
  if (known) return known;
  const other = otherByMagic(head);
  if (other) return { kind: "other", ...other };
  const frames = mpegAudio(head);
  if (frames && !frames.guess && !(written && frames.isSingle)) {
    const { extension, isSingle } = frames;
    return isSingle ? { kind: "audio", extension, isSingle } : { kind: "audio", extension };
  }
  if (written) return { kind: "text", what: textKind(head) };
  if (frames) return { kind: "audio", extension: frames.extension, guess: true };
  return head.some((byte) => byte !== 0) ? { kind: "unknown" } : { kind: "unknown", next: head.length };
}

/** What tags, boxes and magic numbers say. */
function container(head: Buffer): Sniffed | undefined {
  const tag = tagLength(head);
  if (tag > 0) return tagged(head, tag);
  const extension = mediaByMagic(head) ?? isTransportStream(head);
  return extension ? { kind: "audio", extension } : boxed(head);
}

/** Asks for the bytes at an offset and takes them, until the format is known. */
function* walk(head: Buffer): Generator<number, Sniffed, Buffer> {
  let found = sniff(head);
  let at = 0;
  for (let step = 0; found.next !== undefined && step < MOST_STEPS; step++) {
    at += found.next;
    if (found.kind === "unknown" && at > MOST_PADDING) break;
    const bytes = yield at;
    if (bytes.length === 0) break;
    const inner = sniff(bytes);
    if (inner.kind === "audio") found = inner;
    else if (found.kind === "audio") found = { ...found, next: inner.next };
    else found = inner.kind === "unknown" ? inner : { kind: "unknown" };
  }
  return found;
}

/** The format of bytes in memory, however long the tags before the sound are. */
export function identifyBuffer(bytes: Buffer): Sniffed {
  const steps = walk(bytes.subarray(0, SNIFF_BYTES));
  let step = steps.next();
  while (!step.done) step = steps.next(bytes.subarray(step.value, step.value + SNIFF_BYTES));
  return step.value;
}

/** The format of a file. `read` gives SNIFF_BYTES from an offset, less at the file's end. */
export async function identify(read: (offset: number) => Promise<Buffer>): Promise<Sniffed> {
  const steps = walk(await read(0));
  let step = steps.next();
  while (!step.done) step = steps.next(await read(step.value));
  return step.value;
}

/** Length of an ID3v2 tag (https://id3.org/id3v2.4.0-structure, 3.1 and 6.2: seven bits a byte), 0 without one. */
function tagLength(head: Buffer): number {
  if (head.length < 10 || head.toString("latin1", 0, 3) !== "ID3") return 0;
  const [b6 = 0, b7 = 0, b8 = 0, b9 = 0] = head.subarray(6);
  if ((b6 | b7 | b8 | b9) > 0x7f) return 10;
  const footer = ((head[5] ?? 0) & 0x10) > 0 ? 10 : 0;
  return 10 + ((b6 << 21) | (b7 << 14) | (b8 << 7) | b9) + footer;
}

/** Behind a tag comes mp3, unless it is clearly something else: FLAC and AAC are tagged so, too. */
function tagged(head: Buffer, tag: number): Sniffed {
  const rest = head.subarray(tag);
  const next = rest.length >= 64 ? undefined : tag;
  const inner: Sniffed = next === undefined ? sniff(rest) : { kind: "unknown" };
  if (inner.kind !== "audio") return { kind: "audio", extension: "mp3", next };
  return { ...inner, next: inner.next === undefined ? undefined : inner.next + tag };
}

/** The ISO base media family (ISO/IEC 14496-12): boxes with a size and a name. */
function boxed(head: Buffer): Sniffed | undefined {
  if (head.length < 12) return undefined;
  const [name, brand] = [head.toString("latin1", 4, 8), head.toString("latin1", 8, 12)];
  const size = head.readUInt32BE(0);
  if (name === "ftyp") {
    if (IMAGE_BRAND.test(brand)) return { kind: "other", what: "kind-image", format: "HEIF" };
    const others = head.toString("latin1", 16, Math.min(size, 256));
    const plain = others.includes("M4A ") ? "m4a" : "mp4";
    const mobile = brand.startsWith("3g2") ? "3g2" : brand.startsWith("3g") ? "3gp" : plain;
    return { kind: "audio", extension: BRANDS[brand] ?? mobile };
  }
  if (/^(styp|moof|sidx)$/.test(name)) return { kind: "audio", extension: "mp4" };
  if (!QUICKTIME.test(name) || (size > 1 && size < 8)) return undefined;
  const passable = size >= 8 && /^(wide|free|skip)$/.test(name);
  return { kind: "audio", extension: "mov", next: passable ? size : undefined };
}

/** No sound is valid text: it would have to avoid every control character in its first kilobytes. */
function isText(head: Buffer): boolean {
  if (isUtf16(head)) return true;
  for (const byte of head) {
    if (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d && byte !== 0x0c) return false;
    if (byte === 0x7f) return false;
  }
  // A head may end inside a character: the last 3 bytes do not count.
  const text = new TextDecoder("utf-8").decode(head.length > 8 ? head.subarray(0, -3) : head);
  return !text.slice(0, -1).includes("\ufffd");
}

/** What no text has: characters that control other than its lines, are private or not assigned, and halves of characters. */
const NO_CHARACTER = /[^\P{Cc}\t\n\f\r]|[\p{Co}\p{Cn}\p{Cs}]/u;

/** Whether it is UTF-16 with its mark. Quiet sound may begin so, too (-2 and -257 in 16 bits), but does not go on as text. */
function isUtf16(head: Buffer): boolean {
  const isBigEndian = head[0] === 0xfe && head[1] === 0xff;
  if (!isBigEndian && !(head[0] === 0xff && head[1] === 0xfe)) return false;
  const units = Buffer.from(head.subarray(2, head.length - (head.length % 2)));
  const text = (isBigEndian ? units.swap16() : units).toString("utf16le");
  return !NO_CHARACTER.test(text.replace(/[\ud800-\udbff]$/, "")); // a head may end inside a character
}

function textKind(head: Buffer): "HTML" | "JSON" | "text" {
  const text = head
    .toString("utf8")
    .replace(/^\ufeff/, "")
    .trimStart();
  if (/^<(!doctype|html|head|body|\?xml)/i.test(text)) return "HTML";
  return /^[{[]/.test(text) ? "JSON" : "text";
}
