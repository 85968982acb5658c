import { chmod, copyFile, link, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/** An open file, as much of it as a journal needs. */
export interface DiskFile {
  read(buffer: Buffer, offset: number, length: number, position: number): Promise<{ bytesRead: number }>;
  appendFile(text: string): Promise<void>;
  truncate(size: number): Promise<void>;
  stat(): Promise<{ size: number; mode: number }>;
  /** Resolves when the bytes are on the disk. */
  datasync(): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The part of `node:fs/promises` that the journal uses, so that tests can see what has reached the disk. */
export interface Disk {
  open(path: string, flags: string, mode?: number): Promise<DiskFile>;
  mkdir(path: string, options: { recursive: true; mode: number }): Promise<string | undefined>;
  chmod(path: string, mode: number): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  copyFile(from: string, to: string, mode?: number): Promise<void>;
  link(from: string, to: string): Promise<void>;
  rm(path: string, options: { force: true }): Promise<void>;
  readdir(path: string): Promise<string[]>;
}

export const realDisk: Disk = { open, mkdir, chmod, rename, copyFile, link, rm, readdir };

export const codeOf = (error: unknown) => (error as NodeJS.ErrnoException | undefined)?.code;

/** Whether the disk is full, or the user's share of it. */
export const isFull = (error: unknown) => codeOf(error) === "ENOSPC" || codeOf(error) === "EDQUOT";

/** Brings the names in a folder to the disk: a file that was created or renamed is found after a power cut only then. */
export async function syncFolder(disk: Disk, folder: string): Promise<void> {
  if (process.platform === "win32") return; // it cannot, and its file systems need no such thing
  const handle = await disk.open(folder, "r");
  try {
    await handle.sync();
  } catch (error) {
    // Network file systems refuse it.
    if (!["EINVAL", "ENOTSUP", "EOPNOTSUPP", "EISDIR", "EPERM", "EBADF"].includes(codeOf(error) ?? "")) throw error;
  } finally {
    await handle.close();
  }
}

/** Makes a folder that nobody else may look into. One that is there already is closed to others, where we may. */
export async function makePrivateFolder(disk: Disk, folder: string): Promise<void> {
  const first = await disk.mkdir(folder, { recursive: true, mode: 0o700 });
  if (first !== undefined) {
    for (let made = folder; made.length >= first.length; made = dirname(made)) {
      await syncFolder(disk, dirname(made));
    }
    return;
  }
  const handle = await disk.open(folder, "r").catch(() => undefined); // Windows opens no folders
  if (!handle) return;
  try {
    const { mode } = await handle.stat();
    if ((mode & 0o077) !== 0) await disk.chmod(folder, 0o700).catch(() => {}); // it belongs to somebody else
  } finally {
    await handle.close();
  }
}
