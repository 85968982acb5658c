import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Transport } from "../http/transport";
import { base64Audio, base64Format, dataUriAudio } from "./encoded";
import { fileAudio } from "./file";
import { isLink, remoteAudio } from "./remote";
import { type Audio, checkFormat, OWNER, refuse, shown, shownUrl, type Trust } from "./source";

export interface AudioOptions {
  /** Name for the upload; else taken from the path, the URL or the bytes. */
  filename?: string | undefined;
  /** Download an http(s) URL here and upload it, for addresses that Gladia cannot reach. */
  fetch: boolean;
  /** What the value may do; default: all. */
  trust?: Trust | undefined;
  /** Folder that relative paths start from. */
  folder: string;
  /** Whether a URL is a file that lies at Gladia already. */
  isOwn(url: string): boolean;
  /** Called when a file that is still written is waited for. */
  onWait?: (() => void) | undefined;
  transport: Transport;
  /** Seconds without progress. */
  timeout: number;
  retries: number;
  signal: AbortSignal;
}

/** Characters of a path: more than any system takes. */
const LONGEST_PATH = 4096;
/** A link that holds the token of a Telegram bot, as its messages do, is for nobody else. */
const SECRET_LINK = /^https?:\/\/[^?#]*\/bot\d+:[\w-]+\//i;

/**
 * Audio that a text is or leads to: an http(s) URL, a `data:` URI, base64, a `file:` URL or a path.
 * @throws GladiaError GLADIA_AUDIO
 */
export async function textAudio(value: string, options: AudioOptions): Promise<Audio> {
  const text = value.trim();
  const { trust = OWNER, filename } = options;
  if (isLink(text)) {
    const fetched = (options.fetch || SECRET_LINK.test(text)) && !options.isOwn(text);
    if (!fetched) return { kind: "link", url: text };
    checkPaths(trust);
    return remoteAudio(text, { ...options, trust });
  }
  if (/^data:/i.test(text.slice(0, 5))) return dataUriAudio(text, filename, trust);
  const format = base64Format(text);
  if (format?.kind === "audio") return base64Audio(text, filename, trust);
  if (format?.kind === "other") checkFormat(format, { key: "what-base64" });
  if (text.startsWith("<") || /[\n\0]/.test(text.slice(0, LONGEST_PATH))) {
    const html = text.startsWith("<");
    throw refuse(html ? "audio-html" : "audio-text", { what: { key: "what-value" }, kind: { key: "kind-text" } });
  }
  if (text.length > LONGEST_PATH) throw refuse("audio-path-long", { length: text.length, start: text.slice(0, 40) });
  checkPaths(trust);
  const file = (path: string) => fileAudio(path, { ...options, trust });
  if (/^file:/i.test(text)) return file(pathOf(text));
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(text)) {
    throw refuse("audio-scheme", { scheme: shown(text.slice(0, text.indexOf(":"))) });
  }
  const trimmed = resolve(options.folder, text);
  if (value === text || value.length > LONGEST_PATH) return file(trimmed);
  // A file's name may begin or end with a blank.
  const exact = resolve(options.folder, value);
  const isThere = await stat(exact).catch(() => undefined);
  return file(isThere ? exact : trimmed);
}

/** Tells the same whether there is a file or not. */
function checkPaths({ paths }: Trust): void {
  if (paths !== "yes") throw refuse(paths === "no" ? "audio-paths-no" : "audio-paths-request");
}

function pathOf(fileUrl: string): string {
  try {
    return fileURLToPath(fileUrl);
  } catch {
    throw refuse("audio-url", { url: shownUrl(fileUrl) });
  }
}
