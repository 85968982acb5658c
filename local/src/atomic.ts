import { open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

let written = 0;

/**
 * Writes a file so that a reader, or the next start after a crash, sees the old content or the new, never a part.
 * @throws when the disk does
 */
export async function writeAtomically(path: string, content: string): Promise<void> {
  written += 1;
  const draft = join(dirname(path), `.${basename(path)}.${process.pid}.${written}.tmp`);
  const handle = await open(draft, "w");
  try {
    await handle.writeFile(content);
    await handle.datasync();
  } catch (error) {
    await handle.close();
    await rm(draft, { force: true });
    throw error;
  }
  await handle.close();
  await rename(draft, path);
}

/** Removes the drafts that a crash left in a folder, and names the files that are whole. */
export async function sweep(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  const drafts = names.filter((name) => name.endsWith(".tmp"));
  await Promise.all(drafts.map((name) => rm(join(folder, name), { force: true })));
  return names.filter((name) => !name.endsWith(".tmp"));
}
