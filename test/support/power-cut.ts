import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type Disk, type DiskFile, realDisk } from "../../src/jobs/journal/disk";

/** What a file has that is on the disk for sure. */
interface Inode {
  synced: Buffer;
}

/**
 * What a power cut leaves: only what was synced, by names that were synced; or the names as they were, with what was
 * synced; or half of what was not synced, too; or everything, as after a kill.
 */
export const CUTS = ["synced", "names ahead", "torn", "all"] as const;
export type Cut = (typeof CUTS)[number];

/** A real disk that knows what of it would be left after a power cut, and that can stop for good at one of its steps. */
export class CuttableDisk implements Disk {
  steps = 0;
  readonly #cutAt: number;
  readonly #live = new Map<string, Inode>();
  readonly #synced = new Map<string, Inode>();
  readonly stopped: Promise<void>;
  readonly #handles = new Set<{ close(): Promise<void> }>();
  #stop: () => void = () => {};

  /** @param cutAt the step that does not happen any more; each write, sync and rename is one */
  constructor(cutAt = Number.POSITIVE_INFINITY) {
    this.#cutAt = cutAt;
    this.stopped = new Promise((resolve) => {
      this.#stop = resolve;
    });
  }

  async open(path: string, flags: string, mode?: number): Promise<DiskFile> {
    if (flags !== "r") await this.#step();
    else await this.#power();
    const handle = await realDisk.open(path, flags, mode);
    this.#handles.add(handle);
    if (flags !== "r" && !this.#live.has(path)) this.#live.set(path, { synced: Buffer.alloc(0) });
    const sync = async (whole: boolean) => {
      await this.#step();
      const inode = this.#live.get(path);
      if (inode) inode.synced = await readFile(path);
      else if (whole) this.#syncNames(path);
    };
    return {
      read: (...given) => handle.read(...given),
      stat: () => handle.stat(),
      close: async () => {
        this.#handles.delete(handle);
        await handle.close();
      },
      appendFile: async (text) => {
        await this.#step();
        await handle.appendFile(text);
      },
      truncate: async (size) => {
        await this.#step();
        await handle.truncate(size);
      },
      datasync: () => sync(false),
      sync: () => sync(true),
    };
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#step();
    await realDisk.rename(from, to);
    const inode = this.#live.get(from);
    this.#live.delete(from);
    if (inode) this.#live.set(to, inode);
  }

  async rm(path: string, options: { force: true }): Promise<void> {
    await this.#step();
    await realDisk.rm(path, options);
    this.#live.delete(path);
  }

  mkdir: Disk["mkdir"] = (path, options) => realDisk.mkdir(path, options);
  chmod: Disk["chmod"] = (path, mode) => realDisk.chmod(path, mode);
  copyFile: Disk["copyFile"] = (from, to) => realDisk.copyFile(from, to);
  link: Disk["link"] = (from, to) => realDisk.link(from, to);
  readdir: Disk["readdir"] = (path) => realDisk.readdir(path);

  /** Takes a file that is there, all of it, as synced. */
  async add(path: string): Promise<void> {
    const inode = { synced: await readFile(path) };
    this.#live.set(path, inode);
    this.#synced.set(path, inode);
  }

  /** Closes what a cut has left open. */
  async end(): Promise<void> {
    for (const handle of this.#handles) await handle.close();
  }

  /** Files by name as the next start would find them. */
  async image(cut: Cut): Promise<Map<string, Buffer>> {
    const image = new Map<string, Buffer>();
    for (const [path, { synced }] of cut === "synced" ? this.#synced : this.#live) {
      const now = cut === "torn" || cut === "all" ? await readFile(path) : synced;
      const end = cut === "torn" ? synced.length + Math.ceil((now.length - synced.length) / 2) : now.length;
      image.set(basename(path), now.subarray(0, end));
    }
    return image;
  }

  async #step(): Promise<void> {
    if (++this.steps < this.#cutAt) return;
    this.#stop();
    await this.#power();
  }

  /** Never resolves when the power is off. */
  async #power(): Promise<void> {
    if (this.steps >= this.#cutAt) await new Promise(() => {});
  }

  #syncNames(folder: string): void {
    for (const path of this.#synced.keys()) if (dirname(path) === folder) this.#synced.delete(path);
    for (const [path, inode] of this.#live) if (dirname(path) === folder) this.#synced.set(path, inode);
  }
}

/** Puts an image where a start finds it. */
export async function writeImage(image: Map<string, Buffer>, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, content] of image) await writeFile(join(folder, name), content);
}
