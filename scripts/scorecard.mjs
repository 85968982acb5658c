// Checks the package the way the Flow Library does: packs it, unpacks it and runs `node-red-dev validate` on it. Needs
// a built dist. Everything must be in order but D03, which names undici: we stay on 7, which still supports Node 20.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const TOOL = { name: "node-red-dev", version: "0.1.6" };
/** The only marks that may be amiss, with what they may name. */
const EXPLAINED = { D03: ["undici"] };
/** The marks that a card must have. P02 is none: the tool's code has it switched off. */
const TITLES = {
  P01: "license",
  P03: "repository or bugs",
  P04: "scoped name",
  P05: "keyword node-red",
  P06: "Node-RED versions",
  P07: "Node versions",
  P08: "name not taken",
  N01: "node types not taken",
  N02: "an example for each node",
  D01: "number of dependencies",
  D02: "no dependency known to break Node-RED",
  D03: "newest dependencies",
};

const root = join(import.meta.dirname, "..");

/** Runs a program to its end. @returns what it printed */
function run(command, args, options = {}) {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", ...options });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${status}:\n${stdout}\n${stderr}`);
  return stdout;
}

/** Makes a folder for node-red-dev, or takes the one that an earlier run made; it is too large for our own packages. */
async function installTool() {
  const folder = join(root, `node_modules/.cache/scorecard/${TOOL.name}-${TOOL.version}`);
  const complete = join(folder, ".complete");
  if (existsSync(complete)) return folder;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const dependencies = { [TOOL.name]: TOOL.version };
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true, dependencies }));
  const args = ["install", "--prefix", folder, "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"];
  run("npm", args, { cwd: folder });
  await writeFile(complete, "");
  return folder;
}

/** Packs the package and unpacks it, as somebody who installs it gets it. @returns the folder `package` */
async function unpack(folder) {
  for (let parent = folder; parent !== dirname(parent); parent = dirname(parent)) {
    // The check of the dependencies would take what lies there for ours.
    if (existsSync(join(parent, "node_modules"))) throw new Error(`There is a node_modules in ${parent}`);
  }
  run("npm", ["pack", "--ignore-scripts", "--pack-destination", folder], { cwd: root });
  const { name, version } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  run("tar", ["-xzf", `${name.replace("@", "").replace("/", "-")}-${version}.tgz`], { cwd: folder });
  return join(folder, "package");
}

/** What node-red-dev says of a package: `{ P01: { test: true }, ... }`, some with what they found. */
async function validate(path, tool) {
  const output = join(path, "../scorecard.json");
  const preload = join(import.meta.dirname, "flow-library-offline.cjs");
  const args = [join(tool, "node_modules/node-red-dev/bin/run"), "validate", "--path", path, "--output", output];
  run(process.execPath, ["--require", preload, ...args], { cwd: tool });
  return JSON.parse(await readFile(output, "utf8"));
}

/** Judges one mark. @returns a row of the printed card, `ok` false where the package must change */
function judge(id, { test, ...details } = {}) {
  const explained = test === false && EXPLAINED[id] !== undefined;
  const beyond = (details.packages ?? []).filter((name) => !EXPLAINED[id]?.includes(name));
  const ok = test === true || (explained && beyond.length === 0);
  const mark = test === true ? "yes" : ok ? "explained" : test === undefined ? "missing" : "NO";
  return { id, title: TITLES[id], mark, ok, details: Object.values(details).flat().join(", ") };
}

const tool = await installTool();
const folder = await mkdtemp(join(tmpdir(), "scorecard-"));
try {
  const card = await validate(await unpack(folder), tool);
  const rows = Object.keys(TITLES).map((id) => judge(id, card[id]));
  for (const { id, title, mark, details } of rows) {
    console.log(`${id}  ${title.padEnd(38)} ${mark.padEnd(10)} ${details}`.trimEnd());
  }
  const wrong = rows.filter(({ ok }) => !ok);
  console.log(
    wrong.length === 0 ? "The scorecard is in order." : `Not in order: ${wrong.map(({ id }) => id).join(", ")}`,
  );
  process.exitCode = wrong.length === 0 ? 0 : 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
