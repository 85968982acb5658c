import type { Stats } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { basename } from "node:path";
import { fileFault, fileStats, isFresh, isSame, settled } from "./file-stats";
import { nameFor } from "./names";
import { identify, SNIFF_BYTES } from "./sniff";
import { type AudioStream, checkFormat, checkSize, OWNER, refuse, shown, type Trust } from "./source";

const LARGEST_READ = 1024 * 1024;
/** Reads start small, so that a slow line shows progress, and grow while the reader is quick. */
const FIRST_READ = 256 * 1024;
/** Not below a socket's high-water mark (64 KiB on Node 22): the writer must have let go of a chunk when it asks for the next. */
const SMALLEST_READ = 64 * 1024;
const QUICK = 50;
const SLOW = 500;

interface FileOptions {
  filename?: string | undefined;
  trust?: Trust | undefined;
  /** Seconds that a file which is still written is waited for. */
  timeout: number;
  /** Called when a file is waited for. */
  onWait?: (() => void) | undefined;
}

/**
 * A file on disk, read through two buffers used in turn: a fresh buffer for each read would drive full garbage
 * collections. One that changed within the last second is looked into when it rests; one that changes while it is read
 * fails.
 * @param path absolute
 * @throws GladiaError GLADIA_AUDIO for what is missing, unreadable, not a file, empty, too large, or no audio
 */
export async function fileAudio(path: string, options: FileOptions): Promise<AudioStream> {
  const { filename, trust = OWNER, timeout, onWait = () => {} } = options;
  const nameOf = (found: Parameters<typeof nameFor>[1]) => nameFor(filename || basename(path), found);
  let name: string | undefined;
  const look = async () => {
    name ??= nameOf(checkFormat(await withFile(path, (file) => formatOf(file, path)), shown(path), trust));
  };
  const stats = await fileStats(path);
  if (!isFresh(stats)) {
    checkSize(stats.size, shown(path));
    await look();
  }
  const ready = async (signal: AbortSignal): Promise<Stats> => {
    const rested = await settled(path, { timeout, signal, onWait });
    checkSize(rested.size, shown(path));
    await look();
    return rested;
  };
  let file: FileHandle | undefined;
  const close = async () => {
    const opened = file;
    file = undefined;
    await opened?.close();
  };
  return {
    kind: "stream",
    get name() {
      return name ?? nameOf({ kind: "unknown" });
    },
    replayable: true,
    ready: async (signal) => {
      await ready(signal);
    },
    open: async (signal) => {
      await close();
      const rested = await ready(signal);
      file = await openFile(path);
      if (!isSame(await file.stat(), rested)) throw refuse("audio-changed", { path: shown(path) });
      return { size: rested.size, chunks: readFile(file, rested, path, signal) };
    },
    close,
  };
}

function formatOf(file: FileHandle, path: string) {
  return identify(async (offset) => {
    const bytes = Buffer.alloc(SNIFF_BYTES);
    const { bytesRead } = await file.read(bytes, 0, SNIFF_BYTES, offset).catch((error: unknown) => {
      throw fileFault(error, path);
    });
    return bytes.subarray(0, bytesRead);
  });
}

async function withFile<T>(path: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await openFile(path);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

function openFile(path: string): Promise<FileHandle> {
  return open(path, "r").catch((error: unknown) => {
    throw fileFault(error, path);
  });
}

/** The bytes of a file that is as `stats` saw it, from its beginning to its end. */
async function* readFile(file: FileHandle, stats: Stats, path: string, signal: AbortSignal): AsyncGenerator<Buffer> {
  const buffers: Buffer[] = [];
  const { size } = stats;
  let length = FIRST_READ;
  let position = 0;
  for (let turn = 0; position < size; turn++) {
    signal.throwIfAborted();
    const wanted = Math.min(length, size - position, LARGEST_READ);
    let buffer = buffers[turn % 2];
    if (!buffer || buffer.length < wanted) {
      buffer = Buffer.allocUnsafeSlow(wanted);
      buffers[turn % 2] = buffer;
    }
    await readFully(file, buffer, wanted, position, path);
    position += wanted;
    const given = performance.now();
    yield buffer.subarray(0, wanted);
    const took = performance.now() - given;
    if (took < QUICK) length = Math.min(length * 2, LARGEST_READ);
    if (took > SLOW) length = Math.max(length / 2, SMALLEST_READ);
  }
  // Half a recording is worse than none: the last bytes of the request are not sent, so that it fails.
  if (!isSame(await file.stat(), stats)) throw refuse("audio-changed", { path: shown(path) });
}

/** A short read would make a chunk smaller than the writer's high-water mark, which may then still hold it. */
async function readFully(
  file: FileHandle,
  buffer: Buffer,
  wanted: number,
  position: number,
  path: string,
): Promise<void> {
  for (let have = 0; have < wanted; ) {
    const { bytesRead } = await file.read(buffer, have, wanted - have, position + have).catch((error: unknown) => {
      throw fileFault(error, path);
    });
    if (bytesRead === 0) {
      throw refuse("audio-changed", { path: shown(path) });
    }
    have += bytesRead;
  }
}
