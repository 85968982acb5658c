// What the package costs a Node-RED that has it in its palette, and the disk it needs. See ../README.md.
import { execFileSync, spawn } from "node:child_process";
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { goal, printGoals, printTable, Rounds, readOptions, show } from "../support/figures.mjs";
import { freePort, nodeRedVersion, ownFlow, ROOT, settings } from "../support/node-red.mjs";

const NAMES = { empty: "a module that does nothing", own: "this package", deployed: "this package, deployed" };
const options = readOptions({ rounds: 15, only: ["size", "start"] });
const folder = mkdtempSync(join(tmpdir(), "gladia-bench-start-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

/** Packs the repository as it would be published and installs that where nothing else is. */
function install() {
  const npm = (cwd, ...parameters) =>
    execFileSync("npm", parameters, { cwd, encoding: "utf8", shell: process.platform === "win32" });
  const [{ filename }] = JSON.parse(npm(ROOT, "pack", "--json", "--ignore-scripts", "--pack-destination", folder));
  const target = join(folder, "installed");
  mkdirSync(target);
  writeFileSync(join(target, "package.json"), "{}");
  npm(target, "install", "--no-audit", "--no-fund", "--no-package-lock", join(folder, filename));
  return join(target, "node_modules");
}

/** Bytes of everything under a folder: those of the files, and those of the blocks that hold them. */
function sizeOf(path) {
  const { size, blocks = 0 } = lstatSync(path);
  let sum = { bytes: size, disk: blocks * 512, files: 1 };
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const inner = join(path, entry.name);
    const { size, blocks = 0 } = lstatSync(inner);
    const part = entry.isDirectory() ? sizeOf(inner) : { bytes: size, disk: blocks * 512, files: 1 };
    sum = { bytes: sum.bytes + part.bytes, disk: sum.disk + part.disk, files: sum.files + part.files };
  }
  return sum;
}

function printSize(modules) {
  const rows = [["installed", "files' bytes, MB", "on disk, MB", "files and folders"]];
  const row = (name, { bytes, disk, files }) => [name, show(bytes / 1e6), show(disk / 1e6), String(files)];
  for (const name of ["@speechflows", "undici", "standardwebhooks"]) rows.push(row(name, sizeOf(join(modules, name))));
  const all = sizeOf(modules);
  rows.push(row("everything, with what these need", all));
  printTable("The package, packed and installed alone", rows);
  goal("installed size, on disk", 5, all.disk / 1e6, " MB");
}

/** The smallest node module there can be, to compare with. */
function emptyModule() {
  const path = join(folder, "empty");
  mkdirSync(path);
  const about = { name: "bench-empty", version: "0.0.0", "node-red": { nodes: { "bench-empty": "empty.js" } } };
  writeFileSync(join(path, "package.json"), JSON.stringify(about));
  writeFileSync(join(path, "empty.js"), "module.exports = () => {};\n");
  writeFileSync(join(path, "empty.html"), "\n");
  return path;
}

/** Resident bytes and CPU seconds of another process. */
function usageOf(pid) {
  try {
    const rss = Number(/VmRSS:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "latin1"))[1]) * 1024;
    // The scheduler's own account, in nanoseconds: /proc/<pid>/stat counts in hundredths of a second.
    const threads = readdirSync(`/proc/${pid}/task`);
    const cpu = threads.reduce((sum, id) => {
      return sum + Number(readFileSync(`/proc/${pid}/task/${id}/schedstat`, "latin1").split(" ")[0]) / 1e9;
    }, 0);
    return { rss, cpu };
  } catch {
    const rss = Number(execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" })) * 1024;
    return { rss, cpu: Number.NaN };
  }
}

/** Starts Node-RED once: seconds to "Started flows", and what it holds half a second later. */
async function start(nodesDir, flows) {
  const userDir = mkdtempSync(join(folder, "user-"));
  writeFileSync(
    join(userDir, "settings.js"),
    `module.exports = ${JSON.stringify(settings(await freePort(), nodesDir))}`,
  );
  writeFileSync(join(userDir, "flows.json"), JSON.stringify(flows));
  const begin = performance.now();
  const child = spawn(process.execPath, [join(ROOT, "node_modules/node-red/red.js"), "--userDir", userDir]);
  const ended = new Promise((resolve) => child.once("exit", resolve));
  let log = "";
  const wall = await new Promise((resolve, reject) => {
    child.stdout.on("data", (data) => {
      log += data;
      if (log.includes("Started flows")) resolve((performance.now() - begin) / 1000);
    });
    child.once("exit", (code) => reject(new Error(`Node-RED ended with ${code}:\n${log}`)));
  });
  await sleep(500);
  const usage = usageOf(child.pid);
  child.kill("SIGKILL");
  await ended;
  rmSync(userDir, { recursive: true, force: true });
  if (/Type not registered|Missing node modules|\[warn\] \[/.test(log)) throw new Error(`Not all was loaded:\n${log}`);
  return { wall, ...usage };
}

async function compareStarts(own) {
  const empty = emptyModule();
  const idle = [
    { id: "tab", type: "tab", label: "bench" },
    { id: "debug", type: "debug", z: "tab", x: 0, y: 0, wires: [] },
  ];
  const used = ownFlow("http://127.0.0.1:9").filter(({ type }) => type !== "bench-probe");
  const variants = {
    empty: () => start(empty, idle),
    own: () => start(own, idle),
    deployed: () => start(own, used),
  };
  await start(own, idle); // once for nothing: the system's file cache is to be warm for everyone
  const rounds = new Rounds();
  await rounds.take(options.rounds, variants);
  const rows = [
    ["Node-RED with", "to Started flows, ms", "later by, ms", "CPU ms", "more by, ms", "RSS MB", "larger by, MB"],
  ];
  for (const name of Object.keys(variants)) {
    rows.push([
      NAMES[name],
      show(rounds.of(name, "wall") * 1000, 0),
      show(rounds.difference(name, "empty", "wall") * 1000, 0),
      show(rounds.of(name, "cpu") * 1000, 0),
      show(rounds.difference(name, "empty", "cpu") * 1000, 0),
      show(rounds.of(name, "rss") / 1e6, 1),
      show(rounds.difference(name, "empty", "rss") / 1e6, 1),
    ]);
  }
  printTable(`Starts, ${options.rounds} rounds, medians`, rows);
  goal("start: later by", 30, rounds.difference("own", "empty", "wall") * 1000, " ms");
  goal("start: larger by", 2, rounds.difference("own", "empty", "rss") / 1e6, " MB");
}

console.log(`Node ${process.versions.node}, Node-RED ${nodeRedVersion()}.`);
const modules = install();
if (options.only.includes("size")) printSize(modules);
if (options.only.includes("start")) await compareStarts(join(modules, "@speechflows/node-red-gladia"));
printGoals();
