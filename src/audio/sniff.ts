/** Bytes that `sniff` wants to see, where there are that many. */
export const SNIFF_BYTES = 4096;

/** Formats by their first bytes: [offset, bytes as latin1, extension]. */
const MAGIC: [number, string, string][] = [
  [0, "fLaC", "flac"],
  [0, "ID3", "mp3"],
  [0, "FORM", "aiff"],
  [0, "caff", "caf"],
  [0, "#!AMR", "amr"],
  [0, ".snd", "au"],
  [0, "\x1a\x45\xdf\xa3", "mkv"],
  [0, "FLV", "flv"],
  [0, "\x30\x26\xb2\x75", "wmv"],
  [0, "\x0b\x77", "ac3"],
  [8, "WAVE", "wav"],
  [8, "AVI ", "avi"],
  [28, "OpusHead", "opus"],
  [0, "OggS", "ogg"],
];

/** ISO base media brands (the four bytes after `ftyp`) that are not simply mp4. */
const BRANDS: Record<string, string> = { "M4A ": "m4a", "M4B ": "m4a", "qt  ": "mov", "3gp4": "3gp", "3gp5": "3gp" };

/** What a file's first bytes say: a known container, text of some kind, or nothing we know (which is no fault). */
export type Sniffed =
  | { kind: "audio"; extension: string }
  | { kind: "text"; what: "HTML" | "JSON" | "text" }
  | { kind: "unknown" };

/** Reads the format from the first bytes of a file. `head`: at least 1 byte, at best SNIFF_BYTES. */
export function sniff(head: Buffer): Sniffed {
  const latin = head.toString("latin1", 0, 64);
  if (latin.startsWith("ftyp", 4)) {
    return { kind: "audio", extension: BRANDS[latin.slice(8, 12)] ?? "mp4" };
  }
  if (latin.startsWith("\x1a\x45\xdf\xa3") && head.toString("latin1", 0, 64).includes("webm")) {
    return { kind: "audio", extension: "webm" };
  }
  const known = MAGIC.find(([offset, bytes]) => latin.startsWith(bytes, offset));
  if (known) {
    return { kind: "audio", extension: known[2] };
  }
  const [first = 0, second = 0] = head;
  if (first === 0xff && (second & 0xe0) === 0xe0 && second !== 0xfe && second !== 0xff) {
    return { kind: "audio", extension: (second & 0xf6) === 0xf0 ? "aac" : "mp3" };
  }
  return isText(head) ? { kind: "text", what: textKind(head) } : { kind: "unknown" };
}

/** No sound is valid text: it would have to avoid every control character in its first kilobytes. */
function isText(head: Buffer): boolean {
  if ((head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff)) {
    return true; // UTF-16 with its mark
  }
  for (const byte of head) {
    if (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d && byte !== 0x0c) return false;
    if (byte === 0x7f) return false;
  }
  // A head may end inside a character: the last 3 bytes do not count.
  const text = new TextDecoder("utf-8").decode(head.length > 8 ? head.subarray(0, -3) : head);
  return !text.slice(0, -1).includes("\ufffd");
}

function textKind(head: Buffer): "HTML" | "JSON" | "text" {
  const text = head
    .toString("utf8")
    .replace(/^\ufeff/, "")
    .trimStart();
  if (/^<(!doctype|html|head|body|\?xml)/i.test(text)) return "HTML";
  return /^[{[]/.test(text) ? "JSON" : "text";
}
