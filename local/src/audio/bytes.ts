import { type FileHandle, open } from "node:fs/promises";

/** Bytes read from the disk at once. */
const WINDOW = 64 * 1024;

/** Reads pieces of a file at any place; small ones that lie close together cost one read of the disk. */
export class FileBytes {
  private window: Buffer = Buffer.alloc(0);
  private at = 0;

  private constructor(
    private readonly handle: FileHandle,
    /** of the file, in bytes */
    readonly size: number,
  ) {}

  /**
   * Opens a file for as long as `use` runs.
   * @returns what `use` gives
   * @throws what the operating system says of the file, and what `use` throws
   */
  static async use<T>(path: string, use: (bytes: FileBytes) => Promise<T>): Promise<T> {
    const handle = await open(path, "r");
    try {
      return await use(new FileBytes(handle, (await handle.stat()).size));
    } finally {
      await handle.close();
    }
  }

  /** The `length` bytes that begin at byte `from`; fewer where the file ends. */
  async read(from: number, length: number): Promise<Buffer> {
    const to = Math.min(from + length, this.size);
    if (from >= to) return Buffer.alloc(0);
    if (from < this.at || to > this.at + this.window.length) {
      const window = Buffer.allocUnsafe(Math.min(Math.max(to - from, WINDOW), this.size - from));
      const { bytesRead } = await this.handle.read(window, 0, window.length, from);
      this.window = window.subarray(0, bytesRead);
      this.at = from;
    }
    return this.window.subarray(from - this.at, to - this.at);
  }
}
