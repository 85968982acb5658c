import { execFileSync, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "..", "..");
const PROBE = join(import.meta.dirname, "probe");
let copied;

// A signal alone would leave processes and temporary folders behind.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

/** A copy of the built package, with its modules in `modules/`: a build meanwhile cannot change what is measured. */
export function builtPackage() {
  if (!copied) {
    if (!existsSync(join(ROOT, "dist/nodes/gladia-upload.js"))) throw new Error("Build first: npm run build");
    copied = mkdtempSync(join(tmpdir(), "gladia-bench-package-"));
    process.on("exit", () => rmSync(copied, { recursive: true, force: true }));
    mkdirSync(join(copied, "dist"));
    for (const part of ["dist/runtime", "dist/nodes", "package.json"]) {
      cpSync(join(ROOT, part), join(copied, part), { recursive: true });
    }
    symlinkSync(join(ROOT, "node_modules"), join(copied, "node_modules"));
    // dist/ holds all in a few files; what measures a part of it needs the modules.
    const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
    execFileSync(process.execPath, [tsc, "-p", ROOT, "--outDir", join(copied, "modules")], { stdio: "inherit" });
  }
  return copied;
}

/** Ports below those that systems take for outgoing connections: one of those may be gone when it is listened on. */
const PORTS = { from: 10_000, to: 32_000 };

/** A port that nobody listens on. */
export async function freePort() {
  for (;;) {
    const port = randomInt(PORTS.from, PORTS.to);
    const server = createServer();
    const isFree = await new Promise((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}

/** A flow that starts and ends at the probe; what fails in it ends there too. */
function flow(nodes) {
  const all = [
    { id: "probe", type: "bench-probe", wires: [[nodes[0].id]] },
    { id: "catch", type: "catch", scope: null, wires: [["probe"]] },
    ...nodes,
  ];
  // A node without a place in the workspace would be taken for a configuration node.
  return [{ id: "tab", type: "tab", label: "bench" }, ...all.map((node) => ({ z: "tab", x: 0, y: 0, ...node }))];
}

/** Our upload node. `settings`: of its account. */
export function ownFlow(apiUrl, settings = {}) {
  const upload = { audio: "payload", audioType: "msg", filename: "filename", filenameType: "msg", fetch: true };
  return [
    { id: "account", type: "gladia-config", apiUrl, ...settings },
    ...flow([{ id: "upload", type: "gladia-upload", config: "account", ...upload, wires: [["probe"]] }]),
  ];
}

/** Our transcribe node, which does not wait. `settings`: of its account. */
export function transcribeFlow(apiUrl, settings = {}) {
  const transcribe = { audio: "payload", audioType: "msg", filename: "filename", filenameType: "msg", wait: "no" };
  return [
    { id: "account", type: "gladia-config", apiUrl, ...settings },
    ...flow([{ id: "transcribe", type: "gladia-transcribe", config: "account", ...transcribe, wires: [["probe"]] }]),
  ];
}

/** What users do without us: `file in`, a function, `http request`. */
export function coreFlow(apiUrl) {
  const func = `msg.url = ${JSON.stringify(`${apiUrl}/v2/upload`)};
msg.headers = { "content-type": "multipart/form-data", "x-gladia-key": "k" };
msg.payload = { audio: { value: msg.payload, options: { filename: "audio.wav", contentType: "audio/wav" } } };
return msg;`;
  const file = { filename: "payload", filenameType: "msg", format: "", sendError: false, encoding: "none" };
  const request = { method: "POST", ret: "obj", paytoqs: "ignore", url: "", senderr: true };
  return flow([
    { id: "read", type: "file in", ...file, wires: [["form"]] },
    { id: "form", type: "function", func, outputs: 1, wires: [["send"]] },
    { id: "send", type: "http request", ...request, wires: [["probe"]] },
  ]);
}

/** How Node-RED is set up for every measurement: nothing asks the network, nothing asks the user. */
export function settings(port, nodesDir) {
  return {
    uiHost: "127.0.0.1",
    uiPort: port,
    flowFile: "flows.json",
    credentialSecret: false,
    nodesDir,
    telemetry: { enabled: false, updateNotification: false },
    editorTheme: { tours: false, palette: { catalogues: [] } },
    externalModules: { palette: { allowInstall: false } },
  };
}

/**
 * Starts a real Node-RED in a process of its own, with the built package, the probe and this flow.
 * `run` has the flow upload and gives the figures of that process, see probe.js. `more`: folders of further nodes.
 */
export async function startNodeRed(flows, env = {}, more = []) {
  const port = await freePort();
  const userDir = mkdtempSync(join(tmpdir(), "gladia-bench-red-"));
  const all = settings(port, [builtPackage(), PROBE, ...more]);
  writeFileSync(join(userDir, "settings.js"), `module.exports = ${JSON.stringify(all)}`);
  writeFileSync(join(userDir, "flows.json"), JSON.stringify(flows));
  writeFileSync(join(userDir, "flows_cred.json"), JSON.stringify({ account: { apiKey: "bench" } }));
  const red = join(ROOT, "node_modules/node-red/red.js");
  const child = spawn(process.execPath, [red, "--userDir", userDir], { env: { ...process.env, ...env } });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const end = () => {
    child.kill("SIGKILL"); // nothing in it is worth an orderly end
    rmSync(userDir, { recursive: true, force: true, maxRetries: 5 });
  };
  process.once("exit", end);
  const stop = async () => {
    process.off("exit", end);
    end();
    await ended;
  };
  let log = "";
  const started = new Promise((resolve, reject) => {
    const read = (data) => {
      log += data;
      if (log.includes("Started flows")) resolve();
      if (/Waiting for missing types|Error: /.test(log)) reject(new Error(`Node-RED did not start well:\n${log}`));
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("exit", (code) => reject(new Error(`Node-RED ended with ${code}:\n${log}`)));
  });
  const run = async (task) => {
    const body = JSON.stringify(task);
    const headers = { "content-type": "application/json" };
    const address = `http://127.0.0.1:${port}/bench/run`;
    const response = await fetch(address, { method: "POST", headers, body }).catch((error) => {
      throw new Error(`No answer from Node-RED, which said:\n${log}`, { cause: error });
    });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}\n${log}`);
    const figures = await response.json();
    if (figures.result.error) throw new Error(`The upload failed: ${figures.result.error}`);
    return figures;
  };
  try {
    await started;
  } catch (error) {
    await stop();
    throw error;
  }
  return { run, stop, url: `http://127.0.0.1:${port}/` };
}

/** The version of the Node-RED that is measured. */
export function nodeRedVersion() {
  return JSON.parse(readFileSync(join(ROOT, "node_modules/node-red/package.json"), "utf8")).version;
}
