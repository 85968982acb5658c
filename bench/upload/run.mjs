// Uploads from disk through a real Node-RED, beside curl, Node-RED's own nodes and the official SDK. See ../README.md.
import { audioFile, sizeName } from "../support/audio.mjs";
import { goal, printGoals, printTable, Rounds, readOptions, show } from "../support/figures.mjs";
import { nodeRedVersion } from "../support/node-red.mjs";
import { serverKind, startServer } from "../support/server.mjs";
import { checkBytes } from "./check.mjs";
import { CLIENTS, fromBuffer, NAMES, together } from "./clients.mjs";
import { slowUplink } from "./slow.mjs";

const MB = 1e6;
const AT_ONCE = 8;
const options = readOptions({
  rounds: 5,
  sizes: [1e6, 1e8, 1e9],
  only: ["sizes", "together", "buffer", "slow", "check"],
  clients: Object.keys(CLIENTS),
});

/** A short upload is measured several times over: the clocks are too coarse for one. */
const timesFor = (size) => Math.max(1, Math.min(20, Math.floor(2e7 / size)));

async function compareClients(server, size) {
  const path = audioFile(size);
  const rounds = new Rounds();
  const variants = options.clients.map((name) => [name, () => CLIENTS[name](server.url, path, timesFor(size))]);
  await rounds.take(options.rounds, Object.fromEntries(variants));
  const rows = [
    [
      "client",
      "MB/s",
      "CPU ms",
      "CPU / curl",
      "CPU / core",
      "wall / curl",
      "peak MB",
      "growth MB",
      "most growth",
      "block ms",
      "most block",
    ],
  ];
  for (const name of options.clients) {
    rows.push([
      NAMES[name],
      show(size / MB / rounds.of(name, "wall"), 0),
      show(rounds.of(name, "cpu") * 1000, 1),
      show(rounds.ratio(name, "curl", "cpu")),
      show(rounds.ratio(name, "core", "cpu")),
      show(rounds.ratio(name, "curl", "wall")),
      show(rounds.of(name, "peak") / MB, 1),
      show(rounds.of(name, "growth") / MB, 1),
      show(rounds.most(name, "growth") / MB, 1),
      show(rounds.of(name, "block"), 1),
      show(rounds.most(name, "block"), 1),
    ]);
  }
  const repeated = timesFor(size) > 1 ? `, ${timesFor(size)} in a row` : "";
  const named = sizeName(size);
  printTable(`${named} from disk${repeated}, ${options.rounds} rounds, medians`, rows);
  if (!options.clients.includes("own")) return;
  goal(`${named}: growth of memory`, 16, rounds.of("own", "growth") / MB, " MB");
  goal(`${named}: CPU / curl`, 1.5, rounds.ratio("own", "curl", "cpu"));
  // A small file costs what a message, a request and an answer cost, whoever sends it: nothing to save by streaming.
  if (size >= 1e8) goal(`${named}: CPU / core node`, 0.2, rounds.ratio("own", "core", "cpu"));
  goal(`${named}: wall / curl`, 1.4, rounds.ratio("own", "curl", "wall"));
  goal(`${named}: longest block`, 50, rounds.of("own", "block"), " ms");
}

/** One variant alone, as a table of its own. */
async function single(title, measure) {
  const rounds = new Rounds();
  await rounds.take(options.rounds, { own: measure });
  const row = ["growth", "peak"].map((figure) => show(rounds.of("own", figure) / MB, 1));
  printTable(`${title}, ${options.rounds} rounds, medians`, [
    ["", "growth MB", "peak MB", "CPU ms", "seconds", "block ms"],
    [
      "gladia-upload",
      ...row,
      show(rounds.of("own", "cpu") * 1000, 1),
      show(rounds.of("own", "wall")),
      show(rounds.of("own", "block"), 1),
    ],
  ]);
  return rounds.of("own", "growth") / MB;
}

console.log(`Server: ${serverKind()}. Node ${process.versions.node}, Node-RED ${nodeRedVersion()}.`);
const server = await startServer();
if (options.only.includes("sizes")) {
  for (const size of options.sizes) await compareClients(server, size);
}
if (options.only.includes("together")) {
  const growth = await single(`${AT_ONCE} at once, 100 MB each`, () => together(server.url, audioFile(1e8), AT_ONCE));
  goal(`${AT_ONCE} at once: growth of memory each`, 10, growth / AT_ONCE, " MB");
}
if (options.only.includes("buffer")) {
  const growth = await single("A Buffer of 100 MB in memory", () => fromBuffer(server.url, audioFile(1e8)));
  goal("Buffer of 100 MB: growth of memory beyond it", 16, growth, " MB");
}
await server.stop();
if (options.only.includes("slow")) await slowUplink();
if (options.only.includes("check")) await checkBytes();
printGoals();
