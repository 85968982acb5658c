import { GladiaError, safeUrl, type Term, type TextKey, type TextParams } from "../errors";
import type { Sniffed } from "./sniff";

/** Gladia's limit for one file, read in its safe meaning: 1000 MB of 10^6 bytes (supported formats, API documentation). */
export const MOST_BYTES = 1_000_000_000;

/** Audio that is sent on as it is read. */
export interface AudioStream {
  kind: "stream";
  /** File name for the upload, without folders; final once it is open. */
  readonly name: string;
  /** Whether it can be read again for another try. */
  replayable: boolean;
  /**
   * Waits until the audio is whole, where it may still be written. Not needed before `open`, but it waits here without
   * holding what `open` is given. @throws GladiaError GLADIA_AUDIO
   */
  ready?(signal: AbortSignal): Promise<void>;
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

/** What a value may do, by where it comes from. */
export interface Trust {
  /** Whether text may be a path or a link to fetch here; if not, why: by the node's setting, or by the message's origin. */
  paths: "yes" | "no" | "request";
  /** Whether a link to fetch may lead into this machine's own and into private networks. */
  lan: boolean;
  /** Whether bytes of a format that we do not know are sent; what is known to be no audio never is. */
  unknown: boolean;
}

/** What is typed into a node is its owner's. */
export const OWNER: Trust = { paths: "yes", lan: true, unknown: true };

/** Characters of a value that an error repeats. */
const SHOWN = 100;

/** The beginning of a text from outside, for an error. */
export function shown(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN - 3)}...` : text;
}

/** A URL for an error: without secrets, and not longer than can be read. */
export const shownUrl = (url: string) => shown(safeUrl(url));

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

/** Throws for bytes that are no audio, and for those of an unknown format where these are not trusted; else gives it back. */
export function checkFormat(found: Sniffed, what: string | Term, trust: Trust = OWNER): Sniffed {
  if (found.kind === "text") {
    const kind = found.what === "text" ? ({ key: "kind-text" } as const) : found.what;
    throw refuse(found.what === "HTML" ? "audio-html" : "audio-text", { what, kind });
  }
  if (found.kind === "other") {
    throw refuse("audio-not-audio", { what, kind: { key: found.what, params: { format: found.format } } });
  }
  if (!trust.unknown && (found.kind === "unknown" || found.guess)) throw refuse("audio-unknown", { what });
  return found;
}
