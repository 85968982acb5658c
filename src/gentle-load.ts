import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { setImmediate as nextTurn } from "node:timers/promises";

const REQUIRED = /\brequire\(\s*['"](\.{1,2}\/[^'"]*)['"]\s*\)/g;

/**
 * Loads a package of CommonJS modules file by file, each in a turn of the event loop of its own, where a plain `require`
 * would hold it for all of them. Modules that require each other in a circle are loaded together, as they would be.
 * @param entry path of its main file
 * @throws what a module throws while it loads
 */
export async function loadGently(entry: string): Promise<void> {
  /** Of each file that was looked at and is not loaded: the place in the walk of the first file that its circle needs. */
  const waiting = new Map<string, number>();
  const walk = async (file: string): Promise<number> => {
    const place = waiting.size;
    waiting.set(file, place);
    const load = createRequire(file);
    let first = place;
    for (const next of await requirements(file, load)) {
      if (load.cache[next]) continue;
      first = Math.min(first, waiting.get(next) ?? (await walk(next)));
    }
    if (first < place) {
      waiting.set(file, first);
      return first;
    }
    await nextTurn();
    load(file);
    for (const name of waiting.keys()) if (load.cache[name]) waiting.delete(name);
    return Number.POSITIVE_INFINITY;
  };
  await walk(entry);
}

/** The files that a module requires by a relative path. */
async function requirements(file: string, { resolve }: NodeJS.Require): Promise<string[]> {
  if (!file.endsWith(".js")) return [];
  const source = await readFile(file, "utf8");
  return [...source.matchAll(REQUIRED)].flatMap(([, path]) => {
    try {
      return path ? [resolve(path)] : [];
    } catch {
      return []; // it stands in a comment, or is only required where it exists
    }
  });
}
