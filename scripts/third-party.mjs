// The notices of the packages that the build puts into the runtime's files: their licences ask for it.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Files in which a package states its licence. */
const LICENCE = /^(licen[cs]e|copying|notice)(\.|-|$)/i;

/**
 * @param {string[]} inputs paths of the files that were bundled, from the repository's root
 * @returns {Promise<string>} for each package among them its name, version and licence in full
 * @throws Error for a package without a licence text
 */
export async function thirdPartyNotices(inputs) {
  const folders = inputs.flatMap((path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []);
  const notices = [];
  for (const folder of [...new Set(folders)].sort()) {
    const { name, version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    const files = (await readdir(folder)).filter((file) => LICENCE.test(file));
    const texts = await Promise.all(files.map((file) => readFile(join(folder, file), "utf8")));
    if (texts.length === 0) throw new Error(`${name} ${version} (${license}) has no licence text to carry along`);
    notices.push(`${name} ${version} (${license})\n\n${texts.join("\n\n").trim()}\n`);
  }
  return `dist/runtime holds code of these packages.\n\n${notices.join(`\n${"-".repeat(72)}\n\n`)}`;
}
