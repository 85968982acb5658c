// Runs the tests on each Node-RED and Node that the package supports: `npm run test:matrix`, or `-- 5/22` for one of
// them, `-- 5` for all of a Node-RED; `--brief` for the tests that tell most, and paths of spec files for those alone.
// Node-RED and Node come as npm packages into a folder for each combination, kept below node_modules/.cache. The tests of
// the local engine (local/test) do not depend on Node-RED; `npm test` runs them once, and they are not repeated here.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * The specs in which Node-RED has a part: how it runs nodes, deploys, and shows them. What is about the file store, ends of
 * the process, clocks, several processes, the texts of a language or the nodes' own JSON says nothing else on another one.
 */
const OF_NODE_RED = [
  "test/nodes/**/*",
  ...["exactly_once", "redeploy", "live_chaos"].map((name) => `test/durable/${name}`),
  "test/editor/!(languages|json|earlier|import)",
];
/** What tells of another Node alone: the nodes' own specs, and the SDK, which takes the WebSocket of a Node that has one. */
const OF_NODE = ["test/nodes/gladia-*", "local/test/live/sdk"];
/** Of `OF_NODE_RED`, what has found most. */
const BRIEF = [
  ...["gladia-*", "audio", "callbacks", "messages", "first-use", "live-chaos", "live-sources"].map(
    (name) => `test/nodes/${name}`,
  ),
  "test/durable/redeploy",
  ...["editor", "form", "live", "options", "sidebar"].map((name) => `test/editor/${name}`),
];

const RUNTIMES = {
  "4.1/20": { nodeRed: "4.1.15", node: "20.20.2", parts: OF_NODE_RED, brief: BRIEF },
  "5/22": { nodeRed: "5.0.7", node: "22.23.3", parts: [...OF_NODE_RED, ...OF_NODE], brief: [...BRIEF, ...OF_NODE] },
  // What the browser gets of a Node-RED does not depend on Node; restarts and deploys, and what is about all nodes, are
  // tried with the other two.
  "5/24": {
    nodeRed: "5.0.7",
    node: "24.21.0",
    parts: OF_NODE,
    brief: ["test/nodes/audio", "test/nodes/gladia-live", "test/nodes/gladia-transcribe", "local/test/live/sdk"],
  },
};
// A run takes five minutes at most; one that hangs must not hold up a CI.
const LIMIT = 10 * 60_000;

const root = join(import.meta.dirname, "..");
const cache = join(root, "node_modules/.cache/matrix");

const readJson = async (file) => JSON.parse(await readFile(file, "utf8"));
const seconds = (since) => Math.round((Date.now() - since) / 1000);

/** Runs a program to its end; hands on what it prints and returns that and its exit code. */
function run(command, args, { cwd = root, env = process.env, timeout } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env,
      timeout,
      killSignal: "SIGKILL",
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.on("data", (data) => {
      output += data;
      process.stdout.write(data);
    });
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, output }));
  });
}

/** The package that holds Node's program for this machine; the package `node` would fetch it by an install script. */
function nodePackage(version) {
  return `npm:node-${process.platform}-${process.arch}@${version}`;
}

const nodeProgram = (folder) => join(folder, "node_modules/node/bin/node");

/** Whether the Node that runs this and the repository's own Node-RED are this combination, with nothing to fetch. */
async function isOurOwn({ nodeRed, node }) {
  const own = await readJson(join(root, "node_modules/node-red/package.json"));
  const line = (version, parts) => version.split(".").slice(0, parts).join(".");
  return line(own.version, 2) === line(nodeRed, 2) && line(process.versions.node, 1) === line(node, 1);
}

/** Makes the folder with this Node-RED and Node, or takes the one that an earlier run made. */
async function install({ nodeRed, node }) {
  const folder = join(cache, `node-red-${nodeRed}-node-${node}`);
  const complete = join(folder, ".complete");
  if (existsSync(complete)) return folder;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  // A package.json of its own keeps npm from taking the folder for a part of this repository.
  const dependencies = { "node-red": nodeRed, node: nodePackage(node) };
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true, dependencies }));
  // The engine check would look at the Node that runs npm, not at the one that runs Node-RED.
  const args = ["install", "--prefix", folder, "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"];
  const { code } = await run("npm", args, { cwd: folder });
  if (code !== 0) throw new Error(`npm could not install node-red@${nodeRed} and node@${node}`);
  await writeFile(complete, "");
  return folder;
}

/** The mocha settings of the repository, with other spec files. */
async function mochaConfig({ parts, brief }) {
  const settings = await readJson(join(root, ".mocharc.json"));
  const chosen = (isBrief ? brief : parts).map((part) => `${part}_spec.ts`);
  const spec = specs.length > 0 ? specs : [...new Set(chosen)];
  // Mocha would only warn, and leave them out.
  const missing = spec.filter((path) => !/[*!]/.test(path) && !existsSync(join(root, path)));
  if (missing.length > 0) throw new Error(`No such specs: ${missing}`);
  await mkdir(cache, { recursive: true });
  const file = join(cache, "mocharc.json");
  await writeFile(file, JSON.stringify({ ...settings, spec }));
  return file;
}

/** Runs the tests on one combination; a run that broke off counts as a failure, whatever it had counted. */
async function test(name, runtime) {
  console.log(`\n== Node-RED ${runtime.nodeRed}, Node ${runtime.node} (${name}) ==\n`);
  const start = Date.now();
  const config = await mochaConfig(runtime);
  const own = await isOurOwn(runtime);
  const folder = own ? root : await install(runtime);
  const env = own ? process.env : { ...process.env, NODE_RED: folder };
  const args = ["node_modules/mocha/bin/mocha.js", "--config", config];
  const { code, output } = await run(own ? process.execPath : nodeProgram(folder), args, { env, timeout: LIMIT });
  const [passed = 0, failed = 0, skipped = 0] =
    [...output.matchAll(/^(\d+) passed, (\d+) failed, (\d+) skipped$/gm)]
      .map((line) => line.slice(1).map(Number))
      .at(-1) ?? [];
  const broken = (code !== 0 && failed === 0) || passed + failed === 0;
  const { nodeRed, node } = runtime;
  return { name, nodeRed, node, passed, failed: failed + (broken ? 1 : 0), skipped, seconds: seconds(start) };
}

const args = process.argv.slice(2);
const specs = args.filter((arg) => arg.endsWith(".ts"));
const isBrief = args.includes("--brief");
const chosen = args.filter((arg) => !specs.includes(arg) && arg !== "--brief");
const wanted = (name) => chosen.length === 0 || chosen.some((arg) => name === arg || name.startsWith(`${arg}/`));
const names = Object.keys(RUNTIMES).filter(wanted);
if (names.length === 0)
  throw new Error(`No such combination: ${chosen.join(" ")}. There are ${Object.keys(RUNTIMES)}.`);

const results = [];
for (const name of names) results.push(await test(name, RUNTIMES[name]));
console.log();
console.table(results);
const sum = (key) => results.reduce((total, result) => total + result[key], 0);
console.log(`${sum("passed")} passed, ${sum("failed")} failed, ${sum("skipped")} skipped`);
process.exitCode = sum("failed") > 0 ? 1 : 0;
