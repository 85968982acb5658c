import { type FileHandle, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { refuse } from "./source";

/** Bytes kept in memory before the rest goes to a temporary file. */
const MEMORY = 4 * 1024 * 1024;
const READ = 256 * 1024;

/**
 * Takes chunks as fast as they come and gives them out as fast as they are wanted. What the reader is behind by goes to
 * a temporary file, since a node that sends chunks cannot be told to wait. One writer, one reader, read once.
 */
export class Spool implements AsyncIterable<Buffer> {
  readonly #memory: Buffer[] = [];
  #inMemory = 0;
  #folder: string | undefined;
  #file: FileHandle | undefined;
  #written = 0;
  #read = 0;
  #writing: Promise<void> = Promise.resolve();
  #ended = false;
  #failure: Error | undefined;
  #wake: () => void = () => {};

  /** Adds a chunk; it must not change afterwards. */
  push(chunk: Buffer): void {
    if (this.#ended) return;
    if (this.#file === undefined && this.#folder === undefined && this.#inMemory + chunk.length <= MEMORY) {
      this.#memory.push(chunk);
      this.#inMemory += chunk.length;
      this.#wake();
      return;
    }
    this.#folder ??= "";
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
      const chunk = this.#memory.shift() ?? (await this.#fromFile());
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

  /** Drops what is left, the temporary file included. */
  async close(): Promise<void> {
    this.#ended = true;
    this.#memory.length = 0;
    this.#wake();
    await this.#writing;
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
    if (this.#folder) {
      await rm(this.#folder, { recursive: true, force: true });
    }
  }

  async #append(chunk: Buffer): Promise<void> {
    if (this.#ended) return;
    if (!this.#file) {
      this.#folder = await mkdtemp(join(tmpdir(), "gladia-audio-"));
      this.#file = await open(join(this.#folder, "chunks"), "w+", 0o600);
    }
    await this.#file.write(chunk, 0, chunk.length, this.#written);
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
    this.#wake();
  }
}
