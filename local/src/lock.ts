import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { textOf } from "./errors";

/** Folders this process holds: its own id in a lock does not tell whether an engine still runs. */
const held = new Set<string>();

/** The process a lock names, when it lives. */
async function holder(path: string): Promise<number | undefined> {
  const pid = Number.parseInt(await readFile(path, "utf8").catch(() => ""), 10);
  if (Number.isNaN(pid) || pid === process.pid) return held.has(path) ? pid : undefined;
  try {
    process.kill(pid, 0);
    return pid;
  } catch (error) {
    // A process of another user may not be asked, but it is there.
    return (error as NodeJS.ErrnoException).code === "EPERM" ? pid : undefined;
  }
}

/**
 * Takes a folder for one engine. A lock whose process is gone, as after a crash, is taken over.
 * @param data the folder
 * @returns gives it back
 * @throws when another engine works in it
 */
export async function lockFolder(data: string): Promise<() => Promise<void>> {
  const path = join(data, "lock");
  const pid = await holder(path);
  if (pid !== undefined) throw new Error(`${data} is in use by another engine (process ${pid}; see ${path})`);
  await rm(path, { force: true });
  try {
    await writeFile(path, `${process.pid}\n`, { flag: "wx" });
  } catch (error) {
    throw new Error(`${data} cannot be locked: ${textOf(error)}`);
  }
  held.add(path);
  return async () => {
    held.delete(path);
    await rm(path, { force: true });
  };
}
