// How long the event loop of a Node-RED is held: by the first message, by long transcripts in each form, by the sidebar.
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { goal, printGoals, printTable, readOptions, show } from "../support/figures.mjs";
import { startNodeRed } from "../support/node-red.mjs";

const options = readOptions({
  rounds: 5,
  words: [25_000, 1_000_000],
  only: ["start", "outputs", "sidebar", "messages"],
});
const OUTPUTS = ["text", "job", "utterances", "dialogue", "srt", "vtt", "translations"];
const MOST = 50;

const folder = mkdtempSync(join(tmpdir(), "gladia-bench-loop-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const audio = join(folder, "a.wav");
const wav = Buffer.alloc(96_044);
wav.write(
  "RIFF\x24\x77\x01\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x80\x3e\x00\x00\x00\x7d\x00\x00\x02\x00\x10\x00data\x00\x77\x01\x00",
  "latin1",
);
writeFileSync(audio, wav);

const server = fork(join(import.meta.dirname, "server.mjs"));
const [{ port }] = await once(server, "message");

const at = { z: "tab", x: 0, y: 0 };
/** Each node that is measured stands between two of the probe's. */
const chain = (name, node) => [
  { id: `${name}-in`, type: "bench-loop", name, ...at, wires: [[name]] },
  { id: name, ...at, config: "account", ...node, wires: [["end"], []] },
];
const idle = [
  { id: "tab", type: "tab", label: "bench" },
  { id: "end", type: "bench-loop", name: "end", ...at, wires: [] },
  { id: "plain-in", type: "bench-loop", name: "plain", ...at, wires: [["end"]] },
  { id: "fork-in", type: "bench-loop", name: "fork", ...at, wires: [["end", "other"]] },
  { id: "other", type: "bench-loop", name: "other", ...at, wires: [] },
];
const used = [
  ...idle,
  { id: "account", type: "gladia-config", apiUrl: `http://127.0.0.1:${port}`, concurrency: "2000", queueLimit: "5000" },
  { id: "catch", type: "catch", scope: null, ...at, wires: [["end"]] },
  ...chain("transcribe", {
    type: "gladia-transcribe",
    audio: "payload",
    audioType: "msg",
    wait: "result",
    output: "text",
  }),
  ...chain("link", { type: "gladia-transcribe", audio: "payload", audioType: "msg", wait: "no" }),
  ...OUTPUTS.flatMap((output) => chain(output, { type: "gladia-get-result", output })),
];

/** The least of some rounds: whatever else the machine does only makes figures larger. */
const figures = new Map();
function note(name, { wall, cpu, error }) {
  if (error) throw new Error(`${name}: ${error}`);
  const known = figures.get(name) ?? { wall: Number.POSITIVE_INFINITY, cpu: Number.POSITIVE_INFINITY };
  figures.set(name, { wall: Math.min(known.wall, wall), cpu: Math.min(known.cpu, cpu) });
}

async function ask(nodeRed, path, body) {
  const headers = { "content-type": "application/json" };
  const request = body && { method: "POST", headers, body: JSON.stringify(body) };
  const answer = await fetch(`${nodeRed.url}${path}`, request);
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer;
}
const send = async (nodeRed, task) => (await ask(nodeRed, "bench/loop/send", task)).json();

async function watched(nodeRed, path) {
  await ask(nodeRed, "bench/loop/start", {});
  await (await ask(nodeRed, path)).arrayBuffer();
  return (await ask(nodeRed, "bench/loop/stop", {})).json();
}

/** From "flows started" until three seconds later, and then the first message. */
async function start(flows, first) {
  const nodeRed = await startNodeRed(flows, { BENCH_LOOP_START: "1" }, [join(import.meta.dirname, "probe")]);
  await sleep(3000);
  const rest = await (await ask(nodeRed, "bench/loop/stop", {})).json();
  const message = first ? await send(nodeRed, { from: "transcribe", audio }) : undefined;
  await nodeRed.stop();
  return { rest, message };
}

const own = (words, what) => `${words} words, ${what}`;
for (let round = 0; round < options.rounds; round++) {
  if (options.only.includes("start")) {
    note("after the start, none of our nodes in the flow", (await start(idle, false)).rest);
    const { rest, message } = await start(used, true);
    note("after the start", rest);
    note("first message", message);
  }
  if (options.only.every((part) => part === "start")) continue;
  const nodeRed = await startNodeRed(used, {}, [join(import.meta.dirname, "probe")]);
  await sleep(3000);
  await send(nodeRed, { from: "text", payload: "words-20" });
  if (options.only.includes("messages")) {
    const payload = "https://example.org/a.wav";
    await send(nodeRed, { from: "link", payload });
    for (const [from, how, ends] of [
      ["plain", "without our node", 1],
      ["fork", "without our node, to two nodes", 2],
      ["link", "through transcribe", 1],
    ]) {
      const task = { from, payload };
      const many = { ...task, strange: "large", count: 1000, ends: 1000 * ends };
      note(`1,000 messages of 220 KB at once, ${how}`, await send(nodeRed, many));
      note(`a message with a million keys, ${how}`, await send(nodeRed, { ...task, strange: "keys", ends }));
    }
    const { wall, cpu, error } = await send(nodeRed, { from: "link", payload, strange: "options" });
    if (!error) throw new Error("a million options were taken");
    note("a million options, refused", { wall, cpu });
  }
  for (const words of options.words) {
    const id = `words-${words}`;
    await fetch(`http://127.0.0.1:${port}/v2/pre-recorded/${id}`).then((answer) => answer.arrayBuffer());
    for (const output of options.only.includes("outputs") ? OUTPUTS : []) {
      note(own(words, output), await send(nodeRed, { from: output, payload: id }));
    }
    if (!options.only.includes("sidebar")) continue;
    const path = `gladia-sidebar/accounts/account/jobs/${id}`;
    note(own(words, "shown in the sidebar"), await watched(nodeRed, path));
    for (const form of ["text", "srt", "vtt"]) {
      const answers = await fetch(`${nodeRed.url}${path}/${form}`, { method: "HEAD" });
      if (answers.ok) note(own(words, `copied from the sidebar as ${form}`), await watched(nodeRed, `${path}/${form}`));
    }
  }
  await nodeRed.stop();
}
server.disconnect();

const rows = [["longest turn of the event loop", "by the clock, ms", "of the processor, ms"]];
for (const [name, { wall, cpu }] of figures) {
  rows.push([name, show(wall, 0), show(cpu, 0)]);
  if (!/^after the start|without our node/.test(name)) goal(`${name}: longest turn`, MOST, wall, " ms");
}
printTable(`Node ${process.versions.node}, the least of ${options.rounds} rounds`, rows);
printGoals();
