/*
 * The local engine on human speech: word error rate, speed, time to ready and memory, on one core.
 *
 *   npm run build && node bench/local/speed.mjs [--model tiny|base] [--rounds 5] [--cores N]
 *
 * Needs the built engine (local/dist). Pins itself and the engine's process to one core with `taskset` (Linux);
 * --cores 0 leaves all. Memory is read from /proc, so elsewhere it is not shown.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

const require = createRequire(import.meta.url);
require("tsx/cjs");
const { createMoonshine } = require("../../local/dist/recogniser/moonshine.js");
const { spoken, wordErrors } = require("../../local/test/wer.ts");

const { values } = parseArgs({
  options: {
    model: { type: "string", default: "tiny" },
    rounds: { type: "string", default: "5" },
    cores: { type: "string", default: "1" },
  },
});
const speech = join(import.meta.dirname, "../..", "local", "speech");
const transcripts = JSON.parse(readFileSync(join(speech, "transcripts.json"), "utf8"));
const IDLE = 1;

/** Pins every thread of this process, and so what it starts, to the first cores. */
function pin(cores) {
  if (cores === 0) return `all ${cpus().length}`;
  const { status } = spawnSync("taskset", ["-acp", `0-${cores - 1}`, String(process.pid)]);
  return status === 0 ? String(cores) : `all ${cpus().length} (no taskset)`;
}

/** Megabytes from /proc: VmRSS now, VmHWM at most. */
function memory(pid, field) {
  try {
    const [, kilobytes] = new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return Math.round(kilobytes / 1000);
  } catch {
    return undefined;
  }
}

/** Seconds of processor time a process has taken, all its threads together; Linux counts them in hundredths. */
function processor(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return Number.NaN;
  }
}

const seconds = (from) => (performance.now() - from) / 1000;
const show = (megabytes) => (megabytes === undefined ? "not known" : `${megabytes} MB`);

async function round(engine, result) {
  const from = performance.now();
  const used = processor(engine.pid);
  for (const [name, said] of Object.entries(transcripts)) {
    let decoded = performance.now();
    const { utterances, duration } = await engine.transcribe(join(speech, name), {
      onStage: (stage) => {
        if (stage === "loading model") decoded = performance.now();
        if (stage === "transcribing 0 %") result.loading ??= seconds(decoded);
        if (stage === "transcribing 0 %") result.ready ??= seconds(from);
        if (stage === "transcribing 0 %") result.readyUsed ??= processor(engine.pid);
        result.peak = memory(engine.pid, "VmHWM") ?? result.peak;
      },
    });
    result.duration += duration;
    result.words += spoken(said).length;
    result.errors += wordErrors(spoken(said), spoken(utterances.map(({ text }) => text).join(" ")));
  }
  result.used = processor(engine.pid) - used;
  return seconds(from);
}

const cores = pin(Number(values.cores));
const engine = createMoonshine({ model: values.model, idleSeconds: IDLE, ffmpeg: false });
const before = memory(process.pid, "VmRSS");
const factors = [];
let first;
for (let index = 0; index <= Number(values.rounds); index++) {
  const result = { duration: 0, words: 0, errors: 0 };
  const taken = await round(engine, result);
  if (index === 0) first = { ...result, factor: (taken - result.ready) / result.duration };
  else factors.push({ ...result, factor: taken / result.duration });
}
const { pid } = engine;
const steady = memory(pid, "VmRSS");
const peak = Math.max(...factors.map((result) => result.peak));
await new Promise((resolve) => setTimeout(resolve, IDLE * 1000 + 500));
const ended = engine.pid === undefined && memory(pid, "VmRSS") === undefined;
const spread = (numbers) => {
  const sorted = numbers.sort((a, b) => a - b).map((number) => number.toFixed(3));
  return `${sorted[sorted.length >> 1]} (median of ${sorted.length} rounds, ${sorted[0]} to ${sorted.at(-1)})`;
};

console.log(`Moonshine ${values.model}, cores: ${cores}, Node ${process.version}, ${cpus()[0].model}
speech                      ${first.duration.toFixed(1)} s, ${first.words} words, ${Object.keys(transcripts).length} files
word error rate             ${((100 * first.errors) / first.words).toFixed(1)} %
time to ready               ${first.ready.toFixed(2)} s (process, decoders, model), ${first.readyUsed.toFixed(2)} s of it computing
real-time factor            ${spread(factors.map(({ factor }) => factor))}
  by processor time         ${spread(factors.map(({ used, duration }) => used / duration))}
real-time factor, 1st round ${first.factor.toFixed(3)} (the engine's code is still being compiled)
memory of the engine        ${show(peak)} at most, ${show(steady)} after the last file
memory after ${IDLE} s idle       ${ended ? "none: its process has ended" : "STILL THERE"}
memory of the parent        ${show(before)} before, ${show(memory(process.pid, "VmRSS"))} after`);
await engine.close();
