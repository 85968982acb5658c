import { randomBytes } from "node:crypto";
import { basename, dirname } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { codeOf, type Disk, isFull, makePrivateFolder, syncFolder } from "./disk";
import type { Waiting } from "./records";

/** Characters that are written at once. */
const MAX_WRITE = 1024 * 1024;
const CHUNK_BYTES = 256 * 1024;
/** A longer line is none of ours. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;
/** Milliseconds of work after which others get their turn. */
const TURN = 10;
const LINE_FEED = 10;
/** What is held back for a full disk: a few hundred steps. */
const RESERVE_BYTES = 48 * 1024;
/** Longest text for which it is given. */
const MAX_RESERVED = 16 * 1024;

/** A file of lines that is added to, or written anew as a whole. It stands open only while it is written. */
export class LogFile {
  readonly path: string;
  readonly #disk: Disk;
  /** Bytes of whole lines that the file has, as far as we know. */
  size = 0;
  /** Its name is on the disk. */
  #named = false;
  #hasReserve = false;

  constructor(path: string, disk: Disk) {
    this.path = path;
    this.#disk = disk;
  }

  /** Makes the folder, and holds some room back. @throws what the file system says */
  async prepare(): Promise<void> {
    await makePrivateFolder(this.#disk, dirname(this.path));
    await this.#reserve();
  }

  /** On a full disk the end of a message must still be written, or it comes again after a kill. */
  async #reserve(): Promise<void> {
    if (this.#hasReserve) return;
    const path = `${this.path}.reserve`;
    try {
      const handle = await this.#disk.open(path, "wx", 0o600);
      // Bytes that no file system can make smaller.
      await handle.appendFile(randomBytes(RESERVE_BYTES).toString("base64")).finally(() => handle.close());
      this.#hasReserve = true;
    } catch (error) {
      this.#hasReserve = codeOf(error) === "EEXIST";
      if (isFull(error)) await this.#disk.rm(path, { force: true }).catch(() => {}); // a part of it is of no use
    }
  }

  async #giveReserve(): Promise<void> {
    this.#hasReserve = false;
    await this.#disk.rm(`${this.path}.reserve`, { force: true });
  }

  /**
   * Reads the file a piece at a time, and cuts off an unfinished line at its end, which a killed process was writing.
   * @param onLine given each line without its end; undefined for one that is too long to be ours
   * @throws what the file system says, but for a file that is not there
   */
  async read(onLine: (line: string | undefined, bytes: number) => void): Promise<void> {
    let handle: Awaited<ReturnType<Disk["open"]>>;
    try {
      handle = await this.#disk.open(this.path, "r");
    } catch (error) {
      if (codeOf(error) === "ENOENT") return;
      throw error;
    }
    try {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      let [parts, waiting, position, began]: [Buffer[], number, number, number] = [[], 0, 0, performance.now()];
      for (;;) {
        const { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES, position);
        if (bytesRead === 0) break;
        position += bytesRead;
        let from = 0;
        for (let end = chunk.indexOf(LINE_FEED); end >= 0 && end < bytesRead; end = chunk.indexOf(LINE_FEED, from)) {
          const bytes = waiting + end - from;
          const line = chunk.subarray(from, end);
          onLine(bytes > MAX_LINE_BYTES ? undefined : Buffer.concat([...parts, line]).toString("utf8"), bytes + 1);
          [parts, waiting, from] = [[], 0, end + 1];
          if (performance.now() - began > TURN) {
            await nextTurn();
            began = performance.now();
          }
        }
        waiting += bytesRead - from;
        if (waiting > MAX_LINE_BYTES) parts = [];
        else if (from < bytesRead) parts.push(Buffer.from(chunk.subarray(from, bytesRead)));
      }
      this.size = position - waiting;
      this.#named = true;
      if (waiting > 0) await this.#cut();
    } finally {
      await handle.close();
    }
  }

  /** Takes off what follows the last whole line. Where that cannot be, the next write is a whole file. */
  async #cut(): Promise<void> {
    const handle = await this.#disk.open(this.path, "r+").catch(() => undefined);
    await handle?.truncate(this.size).catch(() => {});
    await handle?.close();
  }

  /**
   * Adds lines. After a failure the file is as it was before, where that can be.
   * @param sync resolve only when they are on the disk
   * @param onWritten called when they would survive the end of the process
   * @throws what the file system says; when somebody else has changed the file
   */
  async append(text: string, sync: boolean, onWritten: () => void): Promise<void> {
    const handle = await this.#disk.open(this.path, "a", 0o600);
    try {
      if ((await handle.stat()).size !== this.size) throw new Error("The file was changed by somebody else");
      try {
        await handle.appendFile(text);
      } catch (error) {
        await handle.truncate(this.size).catch(() => {}); // then the next write is a whole file
        if (!isFull(error) || !this.#hasReserve || text.length > MAX_RESERVED) throw error;
        await this.#giveReserve();
        await handle.appendFile(text);
      }
      this.size += Buffer.byteLength(text);
      onWritten();
      if (!sync) return;
      await handle.datasync();
    } finally {
      await handle.close();
    }
    if (!this.#named) await syncFolder(this.#disk, dirname(this.path));
    this.#named = true;
  }

  /**
   * Adds lines that wait, about a megabyte at once, and tells each that it is written where nobody waits for the disk.
   * @param sync resolve only when they are on the disk
   * @throws as `append` does
   */
  async appendBatch(batch: readonly Waiting[], sync: boolean): Promise<void> {
    for (let next = 0; next < batch.length; ) {
      const first = next;
      let text = "";
      for (; next < batch.length && text.length < MAX_WRITE; next++) {
        const line = batch[next]?.line ?? "";
        text += typeof line === "string" ? line : line();
      }
      const part = batch.slice(first, next);
      await this.append(text, sync && next === batch.length, () => {
        for (const { urgency, written } of part) if (urgency !== "now") written();
      });
    }
  }

  /** Brings to the disk what was added. @throws what the file system says */
  async sync(): Promise<void> {
    await this.append("", true, () => {});
  }

  /**
   * Writes the file anew: beside, to the disk, then renamed, so that there is a whole file at any time.
   * @param lines taken one by one, with turns for others between them
   * @throws what the file system says
   */
  async replace(lines: Iterable<string>): Promise<void> {
    const beside = `${this.path}.new`;
    let size = 0;
    try {
      const handle = await this.#disk.open(beside, "w", 0o600);
      try {
        let text = "";
        const write = async () => {
          await handle.appendFile(text);
          size += Buffer.byteLength(text);
          text = "";
        };
        for (const line of lines) {
          text += line;
          if (text.length > CHUNK_BYTES) await write();
        }
        await write();
        await handle.sync();
      } finally {
        await handle.close();
      }
      await this.#disk.rename(beside, this.path);
    } catch (error) {
      await this.#disk.rm(beside, { force: true }).catch(() => {}); // the next one writes over it
      throw error;
    }
    this.size = size;
    await syncFolder(this.#disk, dirname(this.path));
    this.#named = true;
  }

  /** @throws what the file system says when it cannot tell */
  async exists(): Promise<boolean> {
    try {
      return (await this.#disk.readdir(dirname(this.path))).includes(basename(this.path));
    } catch (error) {
      if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return false;
      throw error;
    }
  }

  /**
   * Puts a copy of the file, or the file itself, under another name that is free.
   * @returns that name
   * @throws what the file system says
   */
  async setAside(how: "copy" | "move"): Promise<string> {
    const present = await this.#disk.readdir(dirname(this.path));
    let aside = `${this.path}.damaged`;
    for (let n = 2; present.includes(basename(aside)); n++) aside = `${this.path}.damaged-${n}`;
    if (how === "copy") await this.#disk.copyFile(this.path, aside);
    else await this.#disk.rename(this.path, aside);
    return aside;
  }
}
