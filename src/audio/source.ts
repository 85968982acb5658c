import { GladiaError, type Term, type TextKey, type TextParams } from "../errors";
import { type Sniffed, sniff } from "./sniff";

/** Gladia's limit for one file, read in its safe meaning: 1000 MB of 10^6 bytes (supported formats, API documentation). */
export const MOST_BYTES = 1_000_000_000;

/** Audio that is sent on as it is read. */
export interface AudioStream {
  kind: "stream";
  /** File name for the upload, without folders. */
  name: string;
  /** Whether it can be read again for another try. */
  replayable: boolean;
  /**
   * Opens it, once more for each try. `size` in bytes where it is known. `chunks` may give the same memory again in
   * later turns: a chunk is the reader's only until it asks for the next one.
   */
  open(signal: AbortSignal): Promise<{ size: number | undefined; chunks: AsyncIterable<Buffer> }>;
  /** Lets go of files and sockets; to be called at the end in any case, also when it was never opened. */
  close(): Promise<void>;
}

/** Audio that Gladia fetches by itself. */
export interface AudioLink {
  kind: "link";
  url: string;
}

export type Audio = AudioStream | AudioLink;

/** Audio refused before anything is sent. */
export function refuse(key: TextKey, params: TextParams = {}): GladiaError {
  return new GladiaError("GLADIA_AUDIO", key, params);
}

/** Throws for a size that is nothing or too much. `what` names the audio to the user. */
export function checkSize(bytes: number, what: string | Term): void {
  if (bytes === 0) {
    throw refuse("audio-empty", { what });
  }
  if (bytes > MOST_BYTES) {
    throw refuse("audio-too-large", { what, bytes, most: MOST_BYTES });
  }
}

/** Throws for bytes that are text, a web page or JSON; gives the format they are in. */
export function checkHead(head: Buffer, what: string | Term): Sniffed {
  const found = sniff(head);
  if (found.kind === "text") {
    const kind = found.what === "text" ? ({ key: "kind-text" } as const) : found.what;
    throw refuse(found.what === "HTML" ? "audio-html" : "audio-text", { what, kind });
  }
  return found;
}

/**
 * The name a file goes by: the wished one without folders, else `audio`; with the extension that its bytes tell where
 * the name has none.
 */
export function nameFor(wished: string | undefined, found: Sniffed): string {
  const base = (wished ?? "").split(/[\\/]/).pop()?.split(/[?#]/)[0]?.trim() || "audio";
  return /\.\w{1,5}$/.test(base) || found.kind !== "audio" ? base : `${base}.${found.extension}`;
}
