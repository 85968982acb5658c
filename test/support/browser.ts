import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { type Browser, chromium, type LaunchOptions } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "chrome"];
const ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"];

/** A browser of the machine itself: the one `CHROMIUM_PATH` names, or one on the search path. */
function installed(): string | undefined {
  if (process.env["CHROMIUM_PATH"]) return process.env["CHROMIUM_PATH"];
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find((path) => existsSync(path));
}

/** Whether `startBrowser` has nothing to unpack. */
export function hasBrowser(): boolean {
  return installed() !== undefined || existsSync(join(tmpdir(), "chromium"));
}

/** Starts a browser without a window. Where the machine has none, the one that comes as a package is unpacked. */
export async function startBrowser(): Promise<Browser> {
  const own = installed();
  if (own) return chromium.launch({ executablePath: own, args: ARGS });
  const { default: packed, inflate } = await import("@sparticuz/chromium");
  const options: LaunchOptions = { executablePath: await packed.executablePath(), args: ARGS };
  try {
    return await chromium.launch(options);
  } catch (error) {
    if (!String(error).includes("error while loading shared libraries")) throw error;
    const bin = join(require.resolve("@sparticuz/chromium"), "../../bin");
    const libraries = join(await inflate(join(bin, "al2023.tar.br")), "lib");
    return chromium.launch({ ...options, env: { ...process.env, LD_LIBRARY_PATH: libraries } });
  }
}
