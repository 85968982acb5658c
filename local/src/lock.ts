import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/*
 * Who wants a folder puts a file of a name of its own beside those of the others, and only then looks who else is
 * there: of two that come at once at least one sees the other. Nothing is ever written over, and what is removed is
 * one's own or that of a dead process, whose name never comes again; so there is no moment at which two can be right.
 */

/** Files of this process that are in force: where its start is not told, its id alone does not tell whose they are. */
const held = new Set<string>();
/** How long to wait for one that came at the same time to give way, ms. */
const PATIENCE = 5_000;
/** Between two looks, ms. */
const LOOK = 5;

/** When a process began, in the kernel's own count: an id alone comes again. Undefined where that is not told. */
async function startOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  // The second field is the program's name, which may hold blanks and brackets.
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
}

/** Whether the process that put a file there is still at work. */
async function isAlive(name: string): Promise<boolean> {
  const [pid = 0, start] = name.split(".").map(Number);
  if (start !== 0) return (await startOf(pid)) === String(start);
  if (pid === process.pid) return held.has(name);
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process of another user may not be asked, but it is there.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** The files of others that live, and whether each has the folder; those of the dead are removed. */
async function others(folder: string, own: string): Promise<{ name: string; holds: boolean }[]> {
  const names = new Set(await readdir(folder));
  const found: { name: string; holds: boolean }[] = [];
  for (const name of names) {
    if (name === own || !/^\d+\.\d+\.[0-9a-f]+$/.test(name)) continue;
    if (await isAlive(name)) found.push({ name, holds: names.has(`${name}.holds`) });
    else for (const file of [`${name}.holds`, name]) await rm(join(folder, file), { force: true });
  }
  return found;
}

/**
 * Takes a folder for one process. What a dead one left, as after a crash, is no hindrance; of several that come at
 * once one gets it.
 * @param data the folder
 * @returns gives it back
 * @throws when another one has it
 */
export async function lockFolder(data: string): Promise<() => Promise<void>> {
  const folder = join(data, "locks");
  await mkdir(folder, { recursive: true });
  const name = `${process.pid}.${(await startOf(process.pid)) ?? 0}.${randomBytes(8).toString("hex")}`;
  const path = join(folder, name);
  const release = async () => {
    held.delete(name);
    for (const file of [`${path}.holds`, path]) await rm(file, { force: true });
  };
  held.add(name);
  try {
    await writeFile(path, "", { flag: "wx" });
    for (const until = performance.now() + PATIENCE; ; await sleep(LOOK)) {
      const rivals = await others(folder, name);
      if (rivals.length === 0) break;
      // Of those that came at once the first by name stays, and waits for the rest to go.
      const winner = rivals.find((rival) => rival.holds || rival.name < name || performance.now() > until);
      if (winner) {
        const pid = winner.name.split(".", 1)[0];
        throw new Error(`${data} is in use by another engine (process ${pid}; see ${join(folder, winner.name)})`);
      }
    }
    await writeFile(`${path}.holds`, "");
  } catch (error) {
    await release();
    throw error;
  }
  return release;
}
