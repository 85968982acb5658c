// What a small request costs our client, beside Node's fetch and the official SDK. See ../README.md.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { goal, printGoals, printTable, Rounds, readOptions, show } from "../support/figures.mjs";
import { builtPackage } from "../support/node-red.mjs";
import { serverKind, startServer } from "../support/server.mjs";

const run = promisify(execFile);
const POLLS = 5;
const SECONDS = 5;
const NAMES = { own: "GladiaClient", fetch: "Node's fetch", sdk: "@gladiaio/sdk" };
const options = readOptions({
  rounds: 5,
  sizes: [1, 16],
  only: ["cpu", "polls"],
  clients: Object.keys(NAMES),
  pairs: 2000,
});

async function client(kind, url, ...task) {
  const parameters = [join(import.meta.dirname, "client.mjs"), kind, url, ...task.map(String), builtPackage()];
  const { stdout } = await run(process.execPath, parameters);
  return stdout ? JSON.parse(stdout) : undefined;
}

/** A POST that creates and a GET that reads, over and over, `atOnce` of them side by side. */
async function compareCpu(atOnce) {
  const server = await startServer();
  const rounds = new Rounds();
  const variants = options.clients.map((kind) => [
    kind,
    () => client(kind, server.url, "pairs", options.pairs, atOnce),
  ]);
  await rounds.take(options.rounds, Object.fromEntries(variants));
  await server.stop();
  const requests = 2 * options.pairs;
  const rows = [["client", "requests/s", "CPU us/request", "CPU / fetch", "growth MB"]];
  for (const kind of options.clients) {
    rows.push([
      NAMES[kind],
      show(requests / rounds.of(kind, "wall"), 0),
      show((rounds.of(kind, "cpu") / requests) * 1e6, 0),
      show(rounds.ratio(kind, "fetch", "cpu")),
      show(rounds.of(kind, "growth") / 1e6, 1),
    ]);
  }
  printTable(`${options.pairs} create + get pairs, ${atOnce} at once, ${options.rounds} rounds, medians`, rows);
  goal(`small requests, ${atOnce} at once: CPU / fetch`, 0.6, rounds.ratio("own", "fetch", "cpu"));
}

/** Connections that a few polls need; each client has a server of its own, so they can wait side by side. */
async function countConnections() {
  const counts = await Promise.all(
    options.clients.map(async (kind) => {
      const server = await startServer();
      await client(kind, server.url, "polls", POLLS, SECONDS);
      const { connections } = await server.stats();
      await server.stop();
      return { kind, connections };
    }),
  );
  const rows = counts.map(({ kind, connections }) => [NAMES[kind], String(connections)]);
  printTable(`${POLLS} GETs, ${SECONDS} s apart`, [["client", "connections"], ...rows]);
  goal("polls: connections", 1, counts.find(({ kind }) => kind === "own")?.connections);
}

console.log(`Server: ${serverKind()}. Node ${process.versions.node}.`);
if (options.only.includes("cpu")) {
  for (const atOnce of options.sizes) await compareCpu(atOnce);
}
if (options.only.includes("polls")) await countConnections();
printGoals();
