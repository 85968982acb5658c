// What it costs not to pay twice: a file through transcribe with the cache off, on (new audio) and on (known audio).
//   node bench/cache/run.mjs [--rounds 5] [--size 1e8]
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { join } from "node:path";
import { audioFile, sizeName } from "../support/audio.mjs";
import { goal, printGoals, printTable, Rounds, readOptions, show } from "../support/figures.mjs";
import { builtPackage, nodeRedVersion, startNodeRed, transcribeFlow } from "../support/node-red.mjs";
import { serverKind, startServer } from "../support/server.mjs";

const MB = 1e6;
const options = readOptions({ rounds: 5, size: 1e8 });

/** Transcribes in a fresh Node-RED; the last of so many times is measured. */
async function transcribe(apiUrl, cache, times) {
  const red = await startNodeRed(transcribeFlow(apiUrl, { cache, concurrency: "20" }));
  try {
    await red.run({ path: audioFile(1e6) }); // loading code is not taken for sending
    for (let n = 1; n < times; n++) await red.run({ path: audioFile(options.size) });
    return await red.run({ path: audioFile(options.size) });
  } finally {
    await red.stop();
  }
}

/** CPU seconds that a digest of so many bytes takes in memory. */
function digest(begin) {
  const chunk = Buffer.alloc(1024 * 1024, 7);
  const made = begin();
  const before = process.cpuUsage();
  for (let left = options.size; left > 0; left -= chunk.length) made.update(chunk);
  const { user, system } = process.cpuUsage(before);
  return { cpu: (user + system) / 1e6 };
}

const load = createRequire(import.meta.url);
const { AudioDigest } = load(join(builtPackage(), "modules/src/audio/digest.js"));
console.log(`Server: ${serverKind()}. Node ${process.versions.node}, Node-RED ${nodeRedVersion()}.`);
const server = await startServer();
const NAMES = { off: "cache off", fresh: "cache on, new audio", known: "cache on, known audio" };
const rounds = new Rounds();
await rounds.take(options.rounds, {
  off: () => transcribe(server.url, false, 1),
  fresh: () => transcribe(server.url, true, 1),
  known: () => transcribe(server.url, true, 2),
  gmac: () => digest(() => new AudioDigest("bench")),
  sha256: () => digest(() => createHash("sha256")),
});
await server.stop();
const rows = [["", "CPU ms", "CPU / off", "seconds", "wall / off", "block ms"]];
for (const [name, title] of Object.entries(NAMES)) {
  rows.push([
    title,
    show(rounds.of(name, "cpu") * 1000, 1),
    show(rounds.ratio(name, "off", "cpu")),
    show(rounds.of(name, "wall")),
    show(rounds.ratio(name, "off", "wall")),
    show(rounds.of(name, "block"), 1),
  ]);
}
printTable(`${sizeName(options.size)} from disk, ${options.rounds} rounds, medians`, rows);
for (const name of ["gmac", "sha256"]) {
  console.log(
    `${name}: ${show((rounds.of(name, "cpu") * 1e9) / options.size, 3)} ms for a MB, ${show(options.size / MB / rounds.of(name, "cpu"), 0)} MB/s`,
  );
}
goal("known audio: CPU / upload", 1, rounds.ratio("known", "off", "cpu"));
printGoals();
