// How many jobs a minute one Node-RED carries: recordings in memory through transcribe, each with an upload, a job, its
// waiting and its message, on an engine that answers at once.
//   node bench/jobs/run.mjs [--jobs 2000] [--concurrency 25,100]
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { builtPackage, freePort, ROOT, settings } from "../support/node-red.mjs";

const { values } = parseArgs({
  options: { jobs: { type: "string", default: "2000" }, concurrency: { type: "string", default: "25,100" } },
});

/** Starts a program and waits for a line of it. @returns the process and the match */
function start(args, ready) {
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  process.once("exit", () => child.kill("SIGKILL"));
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const match = ready.exec(line);
      if (match) resolve({ child, match });
    });
    child.once("exit", (code) => reject(new Error(`${args[0]} ended with ${code}`)));
  });
}

/** Sends so many messages, each a recording of its own, and answers the request when the last has ended. */
function flow(apiUrl, concurrency) {
  const at = { z: "tab", x: 100, y: 100 };
  const send = `const wav = Buffer.alloc(8044); wav.write("RIFF", 0); wav.write("WAVEfmt ", 8);
wav.writeUInt32LE(16, 16); wav.writeUInt16LE(1, 20); wav.writeUInt16LE(1, 22); wav.writeUInt32LE(16000, 24);
wav.writeUInt32LE(32000, 28); wav.writeUInt16LE(2, 32); wav.writeUInt16LE(16, 34); wav.write("data", 36); wav.writeUInt32LE(8000, 40);
flow.set("state", { res: msg, left: msg.payload.jobs, errors: 0, began: Date.now(), cpu: process.cpuUsage() });
for (let n = 0; n < msg.payload.jobs; n++) {
  const payload = Buffer.from(wav); payload.writeUInt32LE(n, 44);
  node.send({ payload, filename: n + ".wav" });
}`;
  const count = `const state = flow.get("state");
if (msg.error) state.errors++;
if (--state.left > 0) return null;
const { user, system } = process.cpuUsage(state.cpu);
const { _msgid, req, res } = state.res;
return { _msgid, req, res, payload: { seconds: (Date.now() - state.began) / 1000, errors: state.errors,
  cpu: (user + system) / 1e6, rss: process.memoryUsage.rss() / 1e6 } };`;
  return [
    { id: "tab", type: "tab", label: "bench" },
    { id: "account", type: "gladia-config", apiUrl, concurrency: String(concurrency), queueLimit: "100000" },
    { ...at, id: "in", type: "http in", url: "/run", method: "post", wires: [["send"]] },
    {
      ...at,
      id: "send",
      type: "function",
      func: send,
      outputs: 1,
      libs: [{ var: "process", module: "process" }],
      wires: [["job"]],
    },
    { ...at, id: "job", type: "gladia-transcribe", config: "account", wires: [["count"], []] },
    { ...at, id: "catch", type: "catch", scope: null, wires: [["count"]] },
    {
      ...at,
      id: "count",
      type: "function",
      func: count,
      outputs: 1,
      libs: [{ var: "process", module: "process" }],
      wires: [["out"]],
    },
    { ...at, id: "out", type: "http response", wires: [] },
  ];
}

const jobs = Number(values.jobs);
const folder = mkdtempSync(join(tmpdir(), "gladia-bench-jobs-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
console.log(`Node ${process.versions.node}, ${jobs} recordings of 8 KB in memory.\n`);
console.log("| jobs at once | jobs a minute | CPU ms a job | memory at the end, MB | errors |");
console.log("|---|---|---|---|---|");
for (const concurrency of values.concurrency.split(",").map(Number)) {
  const engine = [
    join(ROOT, "local/bin/gladia-local.js"),
    "--scripted",
    "--port",
    "0",
    "--data",
    join(folder, `${concurrency}`),
  ];
  const { child: server, match } = await start(engine, /http:\/\/\S+/);
  const port = await freePort();
  const userDir = mkdtempSync(join(folder, "red-"));
  writeFileSync(join(userDir, "settings.js"), `module.exports = ${JSON.stringify(settings(port, [builtPackage()]))}`);
  writeFileSync(join(userDir, "flows.json"), JSON.stringify(flow(match[0], concurrency)));
  writeFileSync(join(userDir, "flows_cred.json"), JSON.stringify({ account: { apiKey: "bench" } }));
  const { child: red } = await start(
    [join(ROOT, "node_modules/node-red/red.js"), "--userDir", userDir],
    /Started flows/,
  );
  const ask = (count) =>
    fetch(`http://127.0.0.1:${port}/run`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jobs: count }),
    }).then((answer) => answer.json());
  await ask(50); // loads and compiles what the first messages need
  const { seconds, cpu, rss, errors } = await ask(jobs);
  console.log(
    `| ${concurrency} | ${Math.round((jobs / seconds) * 60)} | ${((cpu / jobs) * 1000).toFixed(1)} | ${Math.round(rss)} | ${errors} |`,
  );
  red.removeAllListeners("exit");
  server.removeAllListeners("exit");
  red.kill("SIGKILL");
  server.kill();
}
process.exit(0);
