import { resolve } from "node:path";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { TextKey } from "../errors";
import type { Transport } from "../http/transport";
import { bufferAudio, dataUriAudio } from "./buffer";
import { fileAudio } from "./file";
import { isLink, remoteAudio } from "./remote";
import { type Audio, refuse } from "./source";
import { Spool } from "./spool";
import { passingAudio } from "./stream";

export interface AudioOptions {
  /** Name for the upload; else taken from the path, the URL or the bytes. */
  filename?: string | undefined;
  /** Download an http(s) URL here and upload it, for addresses that Gladia cannot reach. */
  fetch: boolean;
  /** Folder that relative paths start from. */
  folder: string;
  /** Whether a URL is a file that lies at Gladia already. */
  isOwn(url: string): boolean;
  transport: Transport;
  timeout: number;
  retries: number;
  signal: AbortSignal;
}

/** Types of values that a flow may hold instead of audio. */
const KINDS: Record<string, TextKey> = {
  number: "kind-number",
  boolean: "kind-boolean",
  object: "kind-object",
  array: "kind-array",
};

/**
 * Tells what kind of audio a value is: Buffer, Uint8Array or ArrayBuffer, path, `file:` URL, `data:` URI, http(s) URL,
 * Readable, or a Spool of chunks.
 * @throws GladiaError GLADIA_AUDIO for anything else and for audio that cannot be sent
 */
export async function readAudio(value: unknown, options: AudioOptions): Promise<Audio> {
  const { filename } = options;
  if (value === undefined || value === null || value === "") {
    throw refuse("audio-nothing");
  }
  if (Buffer.isBuffer(value)) {
    return bufferAudio(value, filename);
  }
  if (ArrayBuffer.isView(value)) {
    return bufferAudio(Buffer.from(value.buffer, value.byteOffset, value.byteLength), filename);
  }
  if (value instanceof ArrayBuffer) {
    return bufferAudio(Buffer.from(value), filename);
  }
  if (value instanceof Spool) {
    return passingAudio(value, { filename, what: filename ?? { key: "what-chunks" }, close: () => value.close() });
  }
  if (value instanceof Readable) {
    if (value.destroyed || value.readableEnded) throw refuse("audio-gone");
    const close = async () => {
      value.on("error", () => {}).destroy(); // given up by us: its abort is no news
    };
    return passingAudio(value, { filename, what: filename ?? { key: "what-stream" }, close });
  }
  if (typeof value === "string") {
    return readText(value.trim(), options);
  }
  const kind = Array.isArray(value) ? "array" : typeof value;
  throw refuse("audio-kind", { kind: KINDS[kind] ? { key: KINDS[kind] } : kind });
}

async function readText(text: string, options: AudioOptions): Promise<Audio> {
  if (isLink(text)) {
    return options.fetch && !options.isOwn(text) ? remoteAudio(text, options) : { kind: "link", url: text };
  }
  if (/^data:/i.test(text)) {
    return dataUriAudio(text, options.filename);
  }
  if (/^\s*</.test(text) || /[\n\0]/.test(text)) {
    const html = text.startsWith("<");
    throw refuse(html ? "audio-html" : "audio-text", { what: { key: "what-value" }, kind: { key: "kind-text" } });
  }
  if (/^file:/i.test(text)) {
    return fileAudio(pathOf(text), options.filename);
  }
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(text)) {
    throw refuse("audio-scheme", { scheme: text.slice(0, text.indexOf(":")) });
  }
  return fileAudio(resolve(options.folder, text), options.filename);
}

function pathOf(fileUrl: string): string {
  try {
    return fileURLToPath(fileUrl);
  } catch {
    throw refuse("audio-url", { url: fileUrl.slice(0, 80) });
  }
}
