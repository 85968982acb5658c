// The demo: builds, starts the local engine and Node-RED with the example flows, and transcribes a recording in them.
//   npm start                    shows the flow in the editor until Ctrl-C
//   npm start -- --once FILE     transcribes FILE, prints the text and ends
// With GLADIA_API_KEY set the same flow runs on Gladia's cloud (or on GLADIA_API_URL).
import { spawnSync } from "node:child_process";
import { access, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { demoCredentials, demoFlows, threeSteps } from "./demo/flows.mjs";
import { freePort, startProgram, stopProgram } from "./demo/processes.mjs";

const root = join(import.meta.dirname, "..");
const say = (line) => process.stderr.write(`${line}\n`);
const running = [];
let folder;

/** Ends what was started, the last first, and what was made for this run alone. */
async function stop() {
  for (const child of running.splice(0).reverse()) await stopProgram(child);
  if (folder?.temporary) await rm(folder.path, { recursive: true, force: true });
}

/** Compiles the package; its complaints go to the terminal. */
function build() {
  say("Building the nodes and the local engine ...");
  const { status } = spawnSync(process.execPath, [join(root, "scripts/build.mjs")], { stdio: ["ignore", 2, 2] });
  if (status !== 0) throw new Error("The build failed");
}

/** Where the flow finds the API: the cloud where there is a key, else an engine that is started here. */
async function startApi() {
  const key = process.env.GLADIA_API_KEY;
  if (key) {
    const url = process.env.GLADIA_API_URL || "https://api.gladia.io";
    say(`Using ${url} with the key in GLADIA_API_KEY.`);
    return { GLADIA_API_URL: url, GLADIA_API_KEY: key };
  }
  say("No GLADIA_API_KEY is set: starting the local engine (English only, offline) ...");
  const engine = join(root, "local/bin/gladia-local.js");
  const { child, match } = await startProgram(
    "The local engine",
    [engine, "--port", "0", "--key", "any", "--data", join(folder.path, "engine")],
    { ready: /http:\/\/\S+/, onLine: (line) => say(`  engine: ${line}`) },
  );
  running.push(child);
  return { GLADIA_API_URL: match[0], GLADIA_API_KEY: "local" };
}

/** Starts Node-RED on loopback with these flows. @returns its address */
async function startNodeRed(flows, env) {
  const port = await freePort(1880);
  const settings = {
    uiHost: "127.0.0.1",
    uiPort: port,
    flowFile: "flows.json",
    nodesDir: root,
    fileWorkingDirectory: folder.path,
    debugMaxLength: 10_000_000,
    telemetry: { enabled: false, updateNotification: false },
    editorTheme: { tours: false, projects: { enabled: false } },
    externalModules: { palette: { allowInstall: false } },
  };
  await writeFile(join(folder.path, "settings.js"), `module.exports = ${JSON.stringify(settings, null, 2)};\n`);
  const file = join(folder.path, "flows.json");
  const present = await access(file).then(
    () => true,
    () => false,
  );
  if (!present) {
    await writeFile(file, JSON.stringify(flows, null, 2));
    await writeFile(join(folder.path, "flows_cred.json"), JSON.stringify(demoCredentials(flows)));
  }
  say("Starting Node-RED ...");
  const red = join(root, "node_modules/node-red/red.js");
  const { child } = await startProgram("Node-RED", [red, "--userDir", folder.path], {
    env,
    ready: /Started flows/,
    onLine: (line) => /\[error\]|\[warn\] \[/.test(line) && say(`  node-red: ${line}`),
  });
  running.push(child);
  return { url: `http://127.0.0.1:${port}`, nodes: JSON.parse(await readFile(file, "utf8")) };
}

async function main() {
  const { values } = parseArgs({ options: { once: { type: "string" }, "no-build": { type: "boolean" } } });
  const once = values.once === undefined ? undefined : resolve(process.env.INIT_CWD || process.cwd(), values.once);
  if (once)
    await access(once).catch(() => {
      throw new Error(`There is no file at ${once}`);
    });
  folder = once
    ? { path: await mkdtemp(join(tmpdir(), "gladia-demo-")), temporary: true }
    : { path: join(root, ".node-red"), temporary: false };
  if (!values["no-build"]) build();
  await mkdir(folder.path, { recursive: true });
  await copyFile(join(root, "local/speech/john-dashwood.wav"), join(folder.path, "recording.wav"));
  const flows = await demoFlows(join(root, "examples"));
  if (once) threeSteps(flows).inject.payload = once;
  const env = await startApi();
  const { url, nodes } = await startNodeRed(flows, env);
  // undici comes with the nodes; it is not needed before.
  const { runFlow } = await import("./demo/run.mjs");
  say(once ? `Transcribing ${once} ...` : "Transcribing a recording in the flow ...");
  const text = await runFlow(url, threeSteps(nodes), (status) => say(`  ${status}`));
  process.stdout.write(`${text}\n`);
  if (once) return stop();
  say(`\nOpen the flow in the editor: ${url}\nPress the button of the first node to run it again. Ctrl-C ends.`);
}

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    say("\nStopping ...");
    stop().then(
      () => process.exit(0),
      (error) => {
        say(error.message);
        process.exit(1);
      },
    );
  });
}
main().catch(async (error) => {
  await stop();
  say(error.message);
  process.exitCode = 1;
});
