import type { Stats } from "node:fs";
import { stat } from "node:fs/promises";
import { pause } from "../http/retry";
import { checkSize, refuse, shown } from "./source";

/** Milliseconds without a change after which a file is taken for finished. */
const REST = 1000;
/** Milliseconds between two looks at a file that is being written. */
const LOOK = 250;

/**
 * What the file system says of a recording. Looked at before it is opened: opening a named pipe would wait for its writer.
 * @throws GladiaError GLADIA_AUDIO for what is missing, unreadable or not a file
 */
export async function fileStats(path: string): Promise<Stats> {
  const stats = await stat(path).catch((error: unknown) => {
    throw fileFault(error, path);
  });
  if (stats.isDirectory()) throw refuse("audio-folder", { path: shown(path) });
  if (!stats.isFile()) throw refuse("audio-not-a-file", { path: shown(path) });
  return stats;
}

/** Turns what the file system threw into a failure that says what to do. */
export function fileFault(error: unknown, path: string): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  const params = { path: shown(path) };
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
    case "ERR_INVALID_ARG_VALUE":
      return refuse("audio-missing", params);
    case "EACCES":
    case "EPERM":
      return refuse("audio-unreadable", params);
    case "ELOOP":
      return refuse("audio-link-loop", params);
    case "ENAMETOOLONG":
      return refuse("audio-name-long", params);
    default: {
      // Only the file system's errors have a number; anything else is ours.
      const isSystem = (error as NodeJS.ErrnoException).errno !== undefined && code;
      return isSystem ? refuse("audio-file-fault", { ...params, reason: `${message.split(",")[0]}` }) : error;
    }
  }
}

/** Whether a file changed so lately that it may still be written. */
export function isFresh({ mtimeMs }: Stats): boolean {
  return Math.abs(Date.now() - mtimeMs) < REST;
}

/** Whether two looks at a file saw the same. */
export const isSame = (a: Stats, b: Stats) => a.size === b.size && a.mtimeMs === b.mtimeMs && a.ino === b.ino;

interface SettleOptions {
  /** Seconds that it is waited for. */
  timeout: number;
  signal: AbortSignal;
  /** Called when there is something to wait for. */
  onWait: () => void;
}

/**
 * Waits for a file that is being written until it rests. What nobody writes is given at once.
 * @throws GladiaError GLADIA_AUDIO when it does not rest in time, and for what `fileStats` throws; the signal's reason
 */
export async function settled(path: string, { timeout, signal, onWait }: SettleOptions): Promise<Stats> {
  let last = await fileStats(path);
  if (!isFresh(last)) return last;
  onWait();
  const end = performance.now() + Math.max(timeout * 1000, REST + LOOK);
  // The part of its rest that it has had already, by the clock that its time is of.
  let since = performance.now() - Math.max(0, Date.now() - last.mtimeMs);
  while (performance.now() - since < REST) {
    if (performance.now() > end) throw refuse("audio-growing", { path: shown(path), seconds: timeout });
    await pause(Math.min(LOOK, since + REST - performance.now() + 5), signal);
    const now = await fileStats(path);
    if (!isSame(now, last)) since = performance.now();
    last = now;
    checkSize(Math.max(1, last.size), path);
  }
  return last;
}
