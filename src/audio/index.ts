import { isAnyArrayBuffer } from "node:util/types";
import type { TextKey } from "../errors";
import { bufferAudio } from "./buffer";
import { encodedFormat } from "./encoded";
import { heldAudio, isBufferJson, isStream } from "./object";
import { type Audio, refuse } from "./source";
import { Spool } from "./spool";
import { passingAudio } from "./stream";
import { type AudioOptions, textAudio } from "./text";

export { isStream } from "./object";

/** Types of values that a flow may hold instead of audio. */
const KINDS: Record<string, TextKey> = {
  number: "kind-number",
  boolean: "kind-boolean",
  object: "kind-object",
  array: "kind-array",
};

/**
 * Tells what kind of audio a value is: Buffer, typed array or ArrayBuffer (of any realm), path, `file:` URL, `data:` URI,
 * base64, http(s) URL, Readable, a Spool of chunks, or an object of another node that holds one of these.
 * @throws GladiaError GLADIA_AUDIO for anything else and for audio that cannot be sent
 */
export async function readAudio(value: unknown, options: AudioOptions): Promise<Audio> {
  if (value === undefined || value === null || value === "") {
    throw refuse("audio-nothing");
  }
  const direct = await directAudio(value, options);
  if (direct) return direct;
  if (typeof value === "object") {
    const held = await heldAudio(value);
    const inner = held && { ...options, filename: options.filename || held.filename };
    const found = inner && (await directAudio(held.value, inner));
    if (found) return found;
  }
  const kind = Array.isArray(value) ? "array" : typeof value;
  throw refuse("audio-kind", { kind: KINDS[kind] ? { key: KINDS[kind] } : kind });
}

/** The audio that a value is by itself; undefined for an object that may hold some. */
async function directAudio(value: unknown, options: AudioOptions): Promise<Audio | undefined> {
  const { filename, trust } = options;
  const bytes = bytesOf(value);
  if (bytes)
    return isEncoded(bytes) ? textAudio(bytes.toString("latin1"), options) : bufferAudio(bytes, filename, trust);
  if (value instanceof Spool) {
    const close = () => value.close();
    return passingAudio(value, { filename, trust, what: { key: "what-chunks" }, close });
  }
  if (isStream(value)) {
    const { destroyed, readableEnded } = value as { destroyed?: boolean; readableEnded?: boolean };
    if (destroyed || readableEnded) throw refuse("audio-gone");
    return passingAudio(value, { filename, trust, what: { key: "what-stream" }, close: async () => letGo(value) });
  }
  return typeof value === "string" ? textAudio(value, options) : undefined;
}

/** Characters by which audio in text is known. */
const HEAD = 8192;
/** Bytes of text that are made a string in one go. */
const MOST_TEXT = 128 * 1024 * 1024;

/** Whether bytes are those of a text that holds audio, as a broker or a file node that knows no text gives it. */
function isEncoded(bytes: Buffer): boolean {
  return bytes.length <= MOST_TEXT && encodedFormat(bytes.toString("latin1", 0, HEAD).trimStart())?.kind === "audio";
}

/** The bytes of a typed array or an ArrayBuffer, as a Buffer on the same memory. */
export function bytesOf(value: unknown): Buffer | undefined {
  if (Buffer.isBuffer(value)) return value;
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return isAnyArrayBuffer(value) ? Buffer.from(value) : undefined;
}

/** The bytes of a piece of a file, also of one that went through JSON; undefined for anything else. */
export function pieceOf(value: unknown): Buffer | undefined {
  return isBufferJson(value) ? Buffer.from(value.data as number[]) : bytesOf(value);
}

/** Ends a stream of somebody else. */
function letGo(stream: object): void {
  const { on, destroy, cancel } = stream as Record<string, ((...args: unknown[]) => unknown) | undefined>;
  on?.call(stream, "error", () => {}); // given up by us: its abort is no news
  if (destroy) destroy.call(stream);
  else if (cancel) Promise.resolve(cancel.call(stream)).catch(() => {}); // a web stream that is read cannot be cancelled
}
