import { type FileHandle, open, stat } from "node:fs/promises";
import { SNIFF_BYTES } from "./sniff";
import { type AudioStream, checkHead, checkSize, nameFor, refuse } from "./source";

const LARGEST_READ = 1024 * 1024;
/** Reads start small, so that a slow line shows progress, and grow while the reader is quick. */
const FIRST_READ = 256 * 1024;
/** Not below a socket's high-water mark (64 KiB on Node 22): the writer must have let go of a chunk when it asks for the next. */
const SMALLEST_READ = 64 * 1024;
const QUICK = 50;
const SLOW = 500;

/**
 * A file on disk, read through two buffers used in turn: a fresh buffer for each read would drive full garbage
 * collections.
 * @param path absolute
 * @throws GladiaError GLADIA_AUDIO for what is missing, unreadable, not a file, empty, too large, or text
 */
export async function fileAudio(path: string, filename?: string): Promise<AudioStream> {
  const found = await withFile(path, async (file) => {
    const head = Buffer.alloc(SNIFF_BYTES);
    const { bytesRead } = await file.read(head, 0, SNIFF_BYTES, 0);
    return checkHead(head.subarray(0, bytesRead), path);
  });
  let file: FileHandle | undefined;
  const close = async () => {
    const opened = file;
    file = undefined;
    await opened?.close();
  };
  return {
    kind: "stream",
    name: nameFor(filename || path, found),
    replayable: true,
    open: async (signal) => {
      await close();
      file = await openFile(path);
      const { size } = await file.stat();
      checkSize(size, path);
      return { size, chunks: readFile(file, size, path, signal) };
    },
    close,
  };
}

async function withFile<T>(path: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await openFile(path);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    // Looked at before it is opened: opening a named pipe would wait for its writer.
    const stats = await stat(path);
    if (stats.isDirectory()) {
      throw refuse("audio-folder", { path });
    }
    if (!stats.isFile()) {
      throw refuse("audio-not-a-file", { path });
    }
    checkSize(stats.size, path);
    return await open(path, "r");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ENAMETOOLONG" || code === "ERR_INVALID_ARG_VALUE") {
      throw refuse("audio-missing", { path: path.slice(0, 200) });
    }
    if (code === "EACCES" || code === "EPERM") {
      throw refuse("audio-unreadable", { path });
    }
    throw error;
  }
}

/** The first `size` bytes of a file that may still be growing. */
async function* readFile(file: FileHandle, size: number, path: string, signal: AbortSignal): AsyncGenerator<Buffer> {
  const buffers: Buffer[] = [];
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
    const { bytesRead } = await file.read(buffer, have, wanted - have, position + have);
    if (bytesRead === 0) {
      throw refuse("audio-changed", { path });
    }
    have += bytesRead;
  }
}
