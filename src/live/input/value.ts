import { isAnyArrayBuffer } from "node:util/types";
import { sniff } from "../../audio/sniff";
import { GladiaError, type TextParams } from "../../errors";
import { isObject } from "../../options/merge";

/** Bytes of one message. */
const MOST = 128 * 1024 * 1024;
/** Bytes that are written as a list of numbers, which are read in one go. */
const MOST_NUMBERS = 2 * 1024 * 1024;
/** Characters of base64 that are decoded in one step. */
const STEP = 256 * 1024;
/** A shorter text may be a word as well as base64, and fewer bytes anything. */
const SHORTEST_BASE64 = 32;
export const SHORTEST_TEXT = 8;
const SHORTEST_WORD = 3;
/** What a text begins with tells what it is; of compressed audio two frames are in so many bytes. */
const HEAD = 4096;

/** How texts of a source are to be read: as the bytes that a core node made them of, or as base64. */
export type TextMode = "bytes" | "base64";

const refuse = (key: "live-audio-kind" | "live-audio-text", params: TextParams) =>
  new GladiaError("GLADIA_AUDIO", key, params);

/** The bytes of a value that holds bytes, without a copy; undefined for a text or anything else. @throws GladiaError GLADIA_AUDIO */
export function bytesOf(value: unknown): Buffer | undefined {
  const bytes = Buffer.isBuffer(value)
    ? value
    : ArrayBuffer.isView(value)
      ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
      : isAnyArrayBuffer(value)
        ? Buffer.from(value)
        : isObject(value) && value["type"] === "Buffer" && Array.isArray(value["data"])
          ? Buffer.from(within(value["data"], MOST_NUMBERS) as number[])
          : undefined;
  return bytes && within(bytes);
}

/** Codings of typed arrays whose samples are not what bare audio has when nothing is said of it. */
const KINDS: Record<string, string> = { Float32Array: "float32", Float64Array: "float64", Int32Array: "s32le" };

/** The coding that the kind of a typed array says, of whatever realm it is; undefined for all others. */
export function codingOfArray(value: unknown): string | undefined {
  if (Buffer.isBuffer(value)) return undefined;
  return ArrayBuffer.isView(value) ? KINDS[Object.prototype.toString.call(value).slice(8, -1)] : undefined;
}

function within<T extends { length: number }>(value: T, most = MOST): T {
  if (value.length <= most) return value;
  throw new GladiaError("GLADIA_AUDIO", "live-audio-large", { most: most / 1024 / 1024 });
}

/** How the first text of a source is to be read. */
export function textMode(text: string): TextMode {
  const head = text.slice(0, HEAD).replace(/^data:[^,]{0,200};base64,/, "");
  return head.length >= SHORTEST_BASE64 && /^[A-Za-z\d+/_\-\s]+={0,2}\s*$/.test(head) && !/[^\s] [^\s]/.test(head)
    ? "base64"
    : "bytes";
}

/** The bytes of a text, a part at each step. @throws GladiaError GLADIA_AUDIO */
export function* textBytes(text: string, mode: TextMode): Generator<Buffer> {
  within(text);
  if (mode === "bytes") {
    for (let at = 0; at < text.length; ) {
      let end = Math.min(text.length, at + STEP);
      if (end < text.length && isHighSurrogate(text.charCodeAt(end - 1))) end--;
      yield Buffer.from(text.slice(at, end), "utf8");
      at = end;
    }
    return;
  }
  const start = text.startsWith("data:") ? text.indexOf(",") + 1 : 0;
  let rest = "";
  for (let at = start; at < text.length; at += STEP) {
    const part = rest + text.slice(at, at + STEP).replace(/\s+/g, "");
    const isLast = at + STEP >= text.length;
    const whole = isLast ? part.length : part.length - (part.length % 4);
    rest = part.slice(whole);
    yield Buffer.from(part.slice(0, whole), "base64");
  }
}

const isHighSurrogate = (code: number) => code >= 0xd800 && code < 0xdc00;

/** The compressed format that bytes begin with: played as they are, they would be noise. */
export function packedFormat(head: Buffer): string | undefined {
  const found = sniff(head.subarray(0, HEAD));
  if (found.kind !== "audio" || found.guess || (found.isSingle && head.length >= HEAD)) return undefined;
  if (found.extension !== "wav") return found.extension;
  return head.toString("latin1", 0, 4) === "RIFX" ? "RIFX" : undefined;
}

/**
 * Whether bytes begin with what may be a frame of MPEG audio, or samples that look like one, as one in a thousand microphones
 * has them; what follows says which. Sound of 16 bits hardly ever begins as mp3 does.
 */
export function mayBePacked(head: Buffer, isLaw: boolean): boolean {
  if (head[0] !== 0xff || head.length >= HEAD) return false;
  const found = sniff(head);
  return found.kind === "audio" && found.isSingle === true && (isLaw || found.extension !== "mp3");
}

/** @throws GladiaError GLADIA_AUDIO for text */
export function refuseText(head: Buffer): void {
  if (head.length >= SHORTEST_TEXT && sniff(head.subarray(0, HEAD)).kind === "text") {
    throw notAudioText(head.toString("utf8", 0, 400));
  }
}

/** Whether a source's first text is a word: too short for base64, and no bytes that a node made a text of are that few. */
export function isWord(text: string): boolean {
  return text.length >= SHORTEST_WORD && text.length < SHORTEST_TEXT && sniff(Buffer.from(text)).kind === "text";
}

/** What is told of a text that is no audio. */
export const notAudioText = (text: string) => refuse("live-audio-text", { start: beginning(text.slice(0, 400)) });

const beginning = (text: string) => text.replace(/\s+/g, " ").slice(0, 60);

/** What is told of a value that is no audio at all. */
export function notAudio(value: unknown): GladiaError {
  if (typeof value === "number") return new GladiaError("GLADIA_AUDIO", "live-audio-number", { value });
  const kind = Array.isArray(value)
    ? "kind-array"
    : value === null || value === undefined
      ? undefined
      : `kind-${typeof value}`;
  if (kind === undefined) return new GladiaError("GLADIA_AUDIO", "live-audio-nothing");
  return refuse("live-audio-kind", {
    kind: kind === "kind-boolean" || kind === "kind-array" ? { key: kind } : { key: "kind-object" },
  });
}
