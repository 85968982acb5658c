import type { TextKey } from "../errors";

/** Audio and video by bytes at a fixed place: [offset, bytes as latin1, extension]. */
const MEDIA: [number, string, string][] = [
  [0, "fLaC", "flac"],
  [0, "caff", "caf"],
  [0, "#!AMR-WB", "awb"],
  [0, "#!AMR", "amr"],
  [0, "#!SILK_V3", "silk"],
  [1, "#!SILK_V3", "silk"],
  [0, ".snd", "au"],
  [0, "FLV\x01", "flv"],
  [0, "ADIF", "aac"],
  [0, "riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb", "w64"],
  [0, "\x00\x00\x01\xba", "mpg"],
  [0, "\x00\x00\x01\xb3", "mpg"],
  [0, "\x7f\xfe\x80\x01", "dts"],
  [0, "MAC ", "ape"],
  [0, "wvpk", "wv"],
  [0, "TTA1", "tta"],
  [0, "MPCK", "mpc"],
  [0, "MP+", "mpc"],
  [0, "DSD ", "dsf"],
  [0, "FRM8", "dff"],
  [0, ".RMF", "rm"],
  [0, ".ra\xfd", "ra"],
  [0, "NIST_1A\n", "sph"],
  [0, "Creative Voice File\x1a", "voc"],
  [0, "\x02dss", "dss"],
  [0, "\x03dss", "dss"],
  [0, "\x03ds2", "ds2"],
];

/** The kinds of the containers RIFF, RF64 and IFF, whose name is at byte 8. */
const RIFF: Record<string, string> = { WAVE: "wav", "AVI ": "avi" };
const IFF: Record<string, string> = { AIFF: "aiff", AIFC: "aiff" };

type Kind = [offset: number, bytes: string, what: TextKey, format: string];

/** What is no audio for sure. */
const OTHERS: Kind[] = [
  [0, "SQLite format 3\0", "kind-database", "SQLite"],
  [0, "\x1f\x8b", "kind-archive", "gzip"],
  [0, "PK\x03\x04", "kind-archive", "zip"],
  [0, "PK\x05\x06", "kind-archive", "zip"],
  [0, "BZh", "kind-archive", "bzip2"],
  [0, "\xfd7zXZ\0", "kind-archive", "xz"],
  [0, "\x28\xb5\x2f\xfd", "kind-archive", "zstd"],
  [0, "\x04\x22\x4d\x18", "kind-archive", "lz4"],
  [0, "7z\xbc\xaf\x27\x1c", "kind-archive", "7z"],
  [0, "Rar!\x1a\x07", "kind-archive", "rar"],
  [257, "ustar", "kind-archive", "tar"],
  [0, "\x7fELF", "kind-program", "ELF"],
  [0, "\xcf\xfa\xed\xfe", "kind-program", "Mach-O"],
  [0, "\xce\xfa\xed\xfe", "kind-program", "Mach-O"],
  [0, "\xca\xfe\xba\xbe", "kind-program", "Java"],
  [0, "\0asm", "kind-program", "WebAssembly"],
  [0, "%PDF-", "kind-document", "PDF"],
  [0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "kind-document", "Office"],
  [0, "\x89PNG\r\n\x1a\n", "kind-image", "PNG"],
  [0, "\xff\xd8\xff", "kind-image", "JPEG"],
  [0, "GIF87a", "kind-image", "GIF"],
  [0, "GIF89a", "kind-image", "GIF"],
  [0, "II*\0", "kind-image", "TIFF"],
  [0, "MM\0*", "kind-image", "TIFF"],
  [0, "8BPS", "kind-image", "Photoshop"],
  [0, "\0\0\x01\0", "kind-image", "ICO"],
  [0, "\0\0\0\x0cJXL ", "kind-image", "JPEG XL"],
  [0, "\0\0\0\x0cjP  ", "kind-image", "JPEG 2000"],
  [0, "wOFF", "kind-file", "WOFF"],
  [0, "wOF2", "kind-file", "WOFF2"],
  [0, "OTTO", "kind-file", "OpenType"],
  [0, "MThd", "kind-file", "MIDI"],
  [0, "\xd4\xc3\xb2\xa1", "kind-file", "pcap"],
  [0, "\xa1\xb2\xc3\xd4", "kind-file", "pcap"],
  [0, "\x0a\x0d\x0d\x0a", "kind-file", "pcapng"],
  [0, "\x03\xd9\xa2\x9a", "kind-file", "KeePass"],
  [0, "\xfe\xed\xfe\xed", "kind-file", "Java keystore"],
  [0, "bplist00", "kind-file", "plist"],
];

/** Parts of an Office document, which is a zip archive. */
const OFFICE = /\[Content_Types\]\.xml|word\/|xl\/|ppt\/|mimetypeapplication\/vnd\.oasis/;

/** Sizes of the second header of a BMP image; the two letters at its beginning say little. */
const BMP_HEADERS = new Set([12, 40, 52, 56, 64, 108, 124]);

/** The extension of a format that begins with these bytes. */
export function mediaByMagic(head: Buffer): string | undefined {
  const latin = head.toString("latin1", 0, 64);
  const [id, kind] = [latin.slice(0, 4), latin.slice(8, 12)];
  if (/^(RIFF|RIFX|RF64|BW64)$/.test(id)) return RIFF[kind];
  if (id === "FORM") return IFF[kind];
  if (id === "OggS") return ogg(head);
  if (id === "\x1a\x45\xdf\xa3") return matroska(head);
  if (id === "\x30\x26\xb2\x75") return asf(head);
  if (latin.startsWith("\x0b\x77")) return dolby(head);
  return MEDIA.find(([offset, bytes]) => latin.startsWith(bytes, offset))?.[2];
}

/** What begins with these bytes and is no audio: a key of the texts, and the format's name. */
export function otherByMagic(head: Buffer): { what: TextKey; format: string } | undefined {
  const latin = head.toString("latin1", 0, 320);
  if (latin.startsWith("PK\x03\x04") && OFFICE.test(head.toString("latin1"))) {
    return { what: "kind-document", format: "Office" };
  }
  if (latin.startsWith("RIFF") && latin.startsWith("WEBP", 8)) return { what: "kind-image", format: "WebP" };
  if (latin.startsWith("BM") && head.length > 18 && BMP_HEADERS.has(head.readUInt32LE(14))) {
    return { what: "kind-image", format: "BMP" };
  }
  if (latin.startsWith("MZ") && head.length > 64) {
    const at = head.readUInt32LE(60);
    if (head.toString("latin1", at, at + 4) === "PE\0\0") return { what: "kind-program", format: "Windows" };
  }
  const found = OTHERS.find(([offset, bytes]) => latin.startsWith(bytes, offset));
  return found && { what: found[2], format: found[3] };
}

/** An Ogg page holds its codec's first packet behind the table of its segments. */
function ogg(head: Buffer): string {
  const at = 27 + (head[26] ?? 0);
  const packet = head.toString("latin1", at, at + 8);
  if (packet === "OpusHead") return "opus";
  return packet.startsWith("\x80theora") || packet.startsWith("fishead") ? "ogv" : "ogg";
}

/** AC-3 and its successor by the version in the sixth byte (ETSI TS 102 366). */
function dolby(head: Buffer): string | undefined {
  const [rates = 0xff, version = 0xff] = head.subarray(4);
  if (version >> 3 > 16) return undefined;
  if (version >> 3 > 10) return "eac3";
  return rates >> 6 !== 3 && (rates & 0x3f) < 38 ? "ac3" : undefined;
}

const ASF_VIDEO = Buffer.from("c0ef19bc4d5bcf11a8fd00805f5c442b", "hex");

function asf(head: Buffer): string | undefined {
  if (head.toString("hex", 0, 8) !== "3026b2758e66cf11") return undefined;
  return head.includes(ASF_VIDEO) ? "wmv" : "wma";
}

/** A number of EBML (RFC 8794): the first byte's leading zeros tell its length. `keep`: with the marker, as ids have it. */
function ebmlNumber(head: Buffer, at: number, keep = false): { value: number; next: number } | undefined {
  const first = head[at];
  if (first === undefined || first === 0) return undefined;
  const length = Math.clz32(first) - 23;
  if (at + length > head.length) return undefined;
  let value = keep ? first : first & (0xff >> length);
  for (let i = 1; i < length; i++) value = value * 256 + (head[at + i] ?? 0);
  return { value, next: at + length };
}

const DOC_TYPE = 0x4282;

/** Matroska and WebM differ by the DocType in the first element. */
function matroska(head: Buffer): string {
  const size = ebmlNumber(head, 4);
  const end = size ? Math.min(head.length, size.next + size.value) : 0;
  for (let at = size?.next ?? 0; at < end; ) {
    const id = ebmlNumber(head, at, true);
    const length = id && ebmlNumber(head, id.next);
    if (!id || !length) break;
    if (id.value === DOC_TYPE) {
      return head.toString("latin1", length.next, length.next + length.value).startsWith("webm") ? "webm" : "mkv";
    }
    at = length.next + length.value;
  }
  return "mkv";
}
