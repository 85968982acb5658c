import type { Sniffed } from "./sniff";

/** Extensions of audio and video; any other one may be a date, a script or a version. */
const MEDIA = new Set(
  (
    "3g2 3ga 3gp 3gpp aac ac3 adts aif aifc aiff amr ape asf au avi awb caf dff ds2 dsf dss dts dv ec3 eac3 f4a f4v flac flv gsm " +
    "m1a m1v m2a m2ts m2v m4a m4b m4p m4v mka mkv mov mp1 mp2 mp3 mp4 mpa mpc mpe mpeg mpg mpga mts mxf oga ogg ogm ogv ogx " +
    "opus pcm qt ra raw rf64 rm rmvb silk snd sph spx tta ts ulaw voc vob w64 wav wave weba webm wma wmv wv"
  ).split(" "),
);
/** Characters of a name, its extension included. */
const LONGEST = 200;

const extensionOf = (name: string) => /\.(\w{1,5})$/.exec(name)?.[1]?.toLowerCase() ?? "";
const hasExtension = (name: string) => MEDIA.has(extensionOf(name));

/**
 * The name a file goes by: the wished one without folders, else `audio`; with the extension that its bytes tell where
 * the name has none of audio or video.
 */
export function nameFor(wished: string | undefined, found: Sniffed): string {
  const base = cleanName(wished ?? "") || "audio";
  return hasExtension(base) || found.kind !== "audio" ? base : `${base}.${found.extension}`;
}

/** The last part of a path, without what no name may hold; empty when nothing is left. A URL gives its path's end. */
function cleanName(text: string): string {
  const start = text.slice(-4096);
  const path = /^https?:\/\//i.test(text) && URL.canParse(text) ? linkName(new URL(text)) : start;
  const name = repairName(path)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it takes them out
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, "")
    .split(/[\\/]/)
    .pop() as string;
  const trimmed = name.trim();
  if (/^\.*$/.test(trimmed)) return "";
  return wellFormed(trimmed.length > LONGEST ? shortened(trimmed) : trimmed);
}

/** Half a character, as a cut or a broken name leaves it, cannot be sent. */
const wellFormed = (name: string) => Buffer.from(name).toString();

function shortened(name: string): string {
  const end = hasExtension(name) ? `.${extensionOf(name)}` : "";
  return name.slice(0, LONGEST - end.length) + end;
}

/**
 * A name whose UTF-8 was read as Latin-1, as multer reads those of uploads, put right. Any other name stays: hardly one
 * that is written in Latin-1 happens to be UTF-8.
 */
function repairName(name: string): string {
  if (!/^[\0-\xff]*$/.test(name) || !/[\x80-\xff]/.test(name)) return name;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.from(name, "latin1"));
  } catch {
    return name;
  }
}

/**
 * What people call audio that is known by its path or address; undefined where that names nothing. An upload's own
 * address ends with an id, which is nobody's name.
 */
export function spokenName(reference: string): string | undefined {
  if (reference.startsWith("data:")) return undefined;
  const name = cleanName(reference);
  return name === "" || (/^https?:/i.test(reference) && UUID.test(name)) ? undefined : name;
}

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** The end of a URL's path, as it would be typed. */
export function linkName({ pathname }: URL): string {
  const last = pathname.split("/").pop() ?? "";
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}

/** The name that tells the format best: the first with an extension of audio or video, else the first that is there. */
export function bestName(names: (string | undefined)[]): string | undefined {
  const there = names.filter((name): name is string => Boolean(name && cleanName(name)));
  return there.find((name) => hasExtension(cleanName(name))) ?? there[0];
}

/** The file name in a `Content-Disposition` header (RFC 6266, with the encoding of RFC 8187); undefined without one. */
export function dispositionName(header: string | undefined): string | undefined {
  const fields = new Map<string, string>();
  for (const match of (header ?? "")
    .slice(0, 4096)
    // Blanks in a name without quotes, and no type before it, are wrong and common.
    .matchAll(/(?:^|;)\s*([\w*-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]*))/g)) {
    const [, name = "", quoted, token = ""] = match;
    fields.set(name.toLowerCase(), quoted === undefined ? token.trim() : quoted.replace(/\\(.)/g, "$1"));
  }
  return extended(fields.get("filename*")) ?? fields.get("filename");
}

function extended(value: string | undefined): string | undefined {
  const [, charset = "", encoded = ""] = /^([\w-]*)'[\w-]*'(.*)$/.exec(value ?? "") ?? [];
  if (!encoded) return undefined;
  const bytes = encoded.replace(/%([\da-f]{2})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
  try {
    return new TextDecoder(charset).decode(Buffer.from(bytes, "latin1"));
  } catch {
    return bytes; // a charset that nobody knows
  }
}
