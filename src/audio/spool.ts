import { randomUUID } from "node:crypto";
import { type FileHandle, lstat, open, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MOST_BYTES, refuse } from "./source";

/** Bytes kept in memory before the rest goes to a temporary file. */
const MEMORY = 4 * 1024 * 1024;
/** The same for all spools together: a thousand messages may wait. */
const ALL_MEMORY = 64 * 1024 * 1024;
const READ = 256 * 1024;
/** Bytes that all spools of this process may keep on disk together. */
const MOST_ON_DISK = MOST_BYTES;
const PREFIX = "gladia-audio-";
/** Milliseconds after which a file whose writer cannot be told is nobody's. */
const ABANDONED = 24 * 60 * 60 * 1000;

/** Bytes of all spools of this process. */
const total = { memory: 0, disk: 0 };

/**
 * Takes chunks as fast as they come and gives them out as fast as they are wanted. What the reader is behind by goes to
 * a temporary file, since a node that sends chunks cannot be told to wait. The file has no name where the system allows
 * that, so that it goes with the process however that ends. One writer, one reader, read once.
 */
export class Spool implements AsyncIterable<Buffer> {
  readonly #memory: Buffer[] = [];
  #inMemory = 0;
  #spills = false;
  #file: FileHandle | undefined;
  #path: string | undefined;
  #written = 0;
  #read = 0;
  /** Bytes that count as on disk, those on their way there included. */
  #counted = 0;
  #writing: Promise<void> = Promise.resolve();
  #ended = false;
  #failure: Error | undefined;
  #wake: () => void = () => {};

  /** Adds a chunk; it must not change afterwards. */
  push(chunk: Buffer): void {
    if (this.#ended || this.#failure) return;
    const fits = this.#inMemory + chunk.length <= MEMORY && total.memory + chunk.length <= ALL_MEMORY;
    if (!this.#spills && fits) {
      this.#memory.push(chunk);
      this.#inMemory += chunk.length;
      total.memory += chunk.length;
      this.#wake();
      return;
    }
    this.#spills = true;
    if (total.disk + chunk.length > MOST_ON_DISK) {
      this.#fail(refuse("audio-spool-full", { most: MOST_ON_DISK }));
      return;
    }
    this.#count(chunk.length);
    this.#writing = this.#writing.then(() => this.#append(chunk)).catch((error: Error) => this.#fail(error));
  }

  /** No more chunks will come. */
  end(): void {
    this.#writing = this.#writing.then(() => {
      this.#ended = true;
      this.#wake();
    });
  }

  /** The chunks stop here for this reason; the reader gets it thrown. */
  fail(error: Error): void {
    this.#fail(error);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    for (;;) {
      if (this.#failure) throw this.#failure;
      const chunk = this.#fromMemory() ?? (await this.#fromFile());
      if (chunk) {
        yield chunk;
      } else if (this.#ended) {
        return;
      } else {
        await new Promise<void>((wake) => {
          this.#wake = wake;
        });
      }
    }
  }

  /** Drops what is left, the temporary file included. Never fails. */
  async close(): Promise<void> {
    this.#ended = true;
    this.#forget();
    this.#wake();
    await this.#writing;
    const [file, path] = [this.#file, this.#path];
    this.#file = undefined;
    this.#path = undefined;
    await file?.close().catch(() => {}); // it is gone then
    if (path) await rm(path, { force: true }).catch(() => {}); // the next start sweeps it
    this.#count(-this.#counted);
  }

  #count(bytes: number): void {
    this.#counted += bytes;
    total.disk += bytes;
  }

  #forget(): void {
    while (this.#fromMemory());
  }

  #fromMemory(): Buffer | undefined {
    const chunk = this.#memory.shift();
    total.memory -= chunk?.length ?? 0;
    return chunk;
  }

  async #append(chunk: Buffer): Promise<void> {
    if (this.#ended || this.#failure) return;
    if (!this.#file) {
      const path = join(tmpdir(), `${PREFIX}${process.pid}-${randomUUID()}`);
      this.#file = await open(path, "wx+", 0o600);
      this.#path = path;
      // Windows keeps the name of an open file: there it goes with close(), or is swept at the next start.
      if (process.platform !== "win32") {
        await rm(path, { force: true });
        this.#path = undefined;
      }
    }
    if (this.#read === this.#written && this.#written > 0) {
      await this.#file.truncate(0); // all of it was read: the place is free again
      this.#count(-this.#written);
      this.#read = 0;
      this.#written = 0;
    }
    for (let done = 0; done < chunk.length; ) {
      const { bytesWritten } = await this.#file.write(chunk, done, chunk.length - done, this.#written + done);
      done += bytesWritten;
    }
    this.#written += chunk.length;
    this.#wake();
  }

  async #fromFile(): Promise<Buffer | undefined> {
    if (!this.#file || this.#read === this.#written) return undefined;
    const chunk = Buffer.allocUnsafe(Math.min(READ, this.#written - this.#read));
    const { bytesRead } = await this.#file.read(chunk, 0, chunk.length, this.#read);
    this.#read += bytesRead;
    return chunk.subarray(0, bytesRead);
  }

  #fail(error: Error): void {
    this.#failure ??=
      (error as NodeJS.ErrnoException).code === "ENOSPC" ? refuse("audio-no-space", { folder: tmpdir() }) : error;
    this.#forget();
    this.#wake();
  }
}

let sweeping: Promise<void> | undefined;

/** Removes what dead processes left in the temporary folder; once in the life of this one. Never fails. */
export function sweepSpools(): Promise<void> {
  sweeping ??= sweep(tmpdir()).catch(() => {}); // a folder that cannot be read holds nothing of ours
  return sweeping;
}

/** As `sweepSpools`, in a given folder. Another process's file goes only when that process is gone. */
export async function sweep(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.startsWith(PREFIX));
  for (const name of names) {
    const path = join(folder, name);
    const stats = await lstat(path).catch(() => undefined);
    if (!stats || stats.isSymbolicLink() || (process.getuid && stats.uid !== process.getuid())) continue;
    // Folders are of earlier versions, which did not write down whose they are.
    const owner = Number(/^(\d+)-[\da-f-]{36}$/.exec(name.slice(PREFIX.length))?.[1]);
    const isDead = owner > 0 ? !isAlive(owner, stats.mtimeMs) : Date.now() - stats.mtimeMs > ABANDONED;
    if (isDead) await rm(path, { recursive: true, force: true }).catch(() => {}); // the next start tries again
  }
}

/**
 * Whether a process of this number may have written at this time: be it another program's, the file stays. In a
 * container, the one before us often had our own number.
 */
function isAlive(pid: number, wrote: number): boolean {
  if (pid === process.pid) return wrote >= Date.now() - process.uptime() * 1000;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
