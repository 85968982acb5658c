import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { codeOf, type Disk, isFull } from "./disk";
import { type Holder, readHolder } from "./holder";

interface Claim {
  /** The highest number is the lock. */
  number: number;
  isFree: boolean;
}

/** The files of a lock: one for each number that was claimed, and one for a question to its holder. */
export class LockFiles {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #name: string;

  constructor(disk: Disk, folder: string, name: string) {
    this.#disk = disk;
    this.#folder = folder;
    this.#name = name;
  }

  /** Claims a number. @throws EEXIST when somebody was quicker; ENOENT when the draft was swept away */
  async create(number: number, we: Holder): Promise<void> {
    const path = this.#path(number);
    const draft = `${this.#path(0)}.${we.token}.tmp`;
    const content = JSON.stringify(we);
    try {
      await this.#write(draft, "w", content);
      await this.#disk.link(draft, path);
    } catch (error) {
      if (codeOf(error) === "EEXIST" || codeOf(error) === "ENOENT") throw error;
      // A full disk takes an empty file still; some file systems know no links.
      await this.#write(path, "wx", isFull(error) ? "" : content);
    } finally {
      await this.#disk.rm(draft, { force: true }).catch(() => {}); // the next holder sweeps
    }
  }

  /** To the disk: after a power cut a lock without content would name nobody. */
  async #write(path: string, flags: "w" | "wx", content: string): Promise<void> {
    const handle = await this.#disk.open(path, flags, 0o600);
    try {
      if (content) {
        await handle.appendFile(content);
        await handle.datasync();
      }
    } finally {
      await handle.close();
    }
  }

  /** Removes what earlier holders left. */
  async sweep(number: number): Promise<void> {
    for (const name of await this.#disk.readdir(this.#folder)) {
      const rest = this.#restOf(name);
      const other = /^-(\d+)/.exec(rest ?? "")?.[1];
      const isOld = other !== undefined ? Number(other) < number : rest?.endsWith(".tmp");
      if (isOld) await this.#disk.rm(join(this.#folder, name), { force: true }).catch(() => {}); // the next holder sweeps
    }
  }

  /** Puts a question to the holder of a number. Each who waits has one of its own: its answer is that it is gone. */
  async ask(number: number, token: string): Promise<void> {
    await (await this.#disk.open(this.#path(number, `.ask-${token}`), "a", 0o600)).close();
  }

  async isAsked(number: number, token: string): Promise<boolean> {
    const names = await this.#disk.readdir(this.#folder);
    return names.some((name) => this.#restOf(name) === `-${number}.ask-${token}`);
  }

  /** Answers all questions. */
  async answer(number: number): Promise<void> {
    for (const name of await this.#disk.readdir(this.#folder)) {
      if (this.#restOf(name)?.startsWith(`-${number}.ask-`))
        await this.#disk.rm(join(this.#folder, name), { force: true });
    }
  }

  /** Gives a number back. */
  async free(number: number): Promise<void> {
    await this.#disk.rename(this.#path(number), this.#path(number, ".free"));
  }

  /** Takes back a number that counts no more. */
  async remove(number: number): Promise<void> {
    await this.#disk.rm(this.#path(number), { force: true });
  }

  /** The claim that counts; undefined where there never was one. */
  async top(): Promise<Claim | undefined> {
    const claims = (await this.#disk.readdir(this.#folder)).flatMap((name) => {
      const [, number, free] = /^-(\d+)(\.free)?$/.exec(this.#restOf(name) ?? "") ?? [];
      return number === undefined ? [] : [{ number: Number(number), isFree: free !== undefined }];
    });
    // A latecomer may have created the file of a number again that was given back: it counts as given back.
    return claims.sort((a, b) => a.number - b.number || Number(a.isFree) - Number(b.isFree)).at(-1);
  }

  /** Who claimed a number; undefined where that cannot be read. */
  async holder(number: number): Promise<Holder | undefined> {
    return readHolder(await readFile(this.#path(number), "utf8").catch(() => ""));
  }

  /** What follows the lock's own name in the name of a file; undefined for others. */
  #restOf(file: string): string | undefined {
    const begin = `${this.#name}.lock`;
    return file.startsWith(begin) ? file.slice(begin.length) : undefined;
  }

  #path(number: number, more = ""): string {
    return join(this.#folder, number === 0 ? `${this.#name}.lock` : `${this.#name}.lock-${number}${more}`);
  }
}
