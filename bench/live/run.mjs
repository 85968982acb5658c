// What live sessions cost in a Node-RED, beside the bare ws library and the official SDK, on the same server.
import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { join } from "node:path";
import { goal, printGoals, printTable, Rounds, readOptions, show } from "../support/figures.mjs";
import { startNodeRed } from "../support/node-red.mjs";

const options = readOptions({
  rounds: 3,
  sessions: [1, 10, 50, 100],
  seconds: 8,
  clock: "own",
  clients: ["bare", "undici", "sdk", "ws-in-node-red", "node-red"],
});
const { seconds, clock } = options;
/** V8 compiles what has run so many times: with fewer sessions that takes longer than anybody waits for here. */
const warmUpOf = (sessions) => Math.min(60, Math.max(10, 0.6 * sessions));
const server = fork(join(import.meta.dirname, "server.mjs"));
const [{ port }] = await once(server, "message");

/** The delays of the chunks that came since `begin`. */
async function delays() {
  const answer = once(server, "message");
  server.send("tell");
  const [{ delays: all }] = await answer;
  const sorted = all.sort((a, b) => a - b);
  const at = (part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), most: sorted.at(-1) };
}

async function client(kind, sessions) {
  const child = fork(join(import.meta.dirname, "client.mjs"), [
    kind,
    port,
    sessions,
    seconds,
    warmUpOf(sessions),
    clock,
  ]);
  const exit = once(child, "exit");
  let late;
  const figures = await new Promise((resolve, reject) => {
    child.on("exit", () => reject(new Error(`${kind} ended`)));
    child.on("message", async (word) => {
      if (word === "begin") server.send("begin");
      else if (word === "end") late = delays();
      else if (word !== "ready") resolve(word);
    });
  });
  await exit;
  return { ...figures, ...(await late) };
}

/** @param live the node in question, without id, place and wires */
async function nodeRed(sessions, live) {
  let late;
  const told = createServer(async (request, response) => {
    let word = "";
    for await (const chunk of request) word += chunk;
    if (word === "begin") server.send("begin");
    else if (word === "end") late = delays();
    response.end("ok");
  });
  await new Promise((resolve) => told.listen(0, "127.0.0.1", resolve));
  const at = { z: "tab", x: 0, y: 0 };
  const red = await startNodeRed(
    [
      { id: "tab", type: "tab", label: "bench" },
      { id: "account", type: "gladia-config", apiUrl: `http://127.0.0.1:${port}` },
      { id: "in", type: "bench-live", ...at, wires: [["live"]] },
      { id: "live", ...live, ...at, wires: [[], [], []] },
    ],
    {},
    [join(import.meta.dirname, "probe")],
  );
  try {
    const body = JSON.stringify({
      sessions,
      seconds,
      warmUp: warmUpOf(sessions),
      clock,
      told: `http://127.0.0.1:${told.address().port}`,
    });
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${red.url}bench/live/run`, { method: "POST", headers, body });
    return { ...(await answer.json()), ...(await late) };
  } finally {
    await red.stop();
    told.close();
  }
}

for (const sessions of options.sessions) {
  const rounds = new Rounds();
  const variants = {
    bare: () => client("bare", sessions),
    undici: () => client("undici", sessions),
    sdk: () => client("sdk", sessions),
    "ws-in-node-red": () => nodeRed(sessions, { type: "bench-socket", apiUrl: `http://127.0.0.1:${port}` }),
    "node-red": () =>
      nodeRed(sessions, { type: "gladia-live", config: "account", session: "topic", sessionType: "msg" }),
  };
  await rounds.take(
    options.rounds,
    Object.fromEntries(Object.entries(variants).filter(([name]) => options.clients.includes(name))),
  );
  printTable(
    `${sessions} sessions of 16 kHz, 16 bit, chunks of 100 ms by ${clock === "own" ? "its own" : "one"} clock, ${seconds} s`,
    [
      [
        "client",
        "CPU %",
        "less idle",
        "less idle / bare",
        "/ ws in Node-RED",
        "p50 ms",
        "p99 ms",
        "max ms",
        "KB a session",
        "RSS KB a session",
        "chunks",
      ],
      ...options.clients.map((name) => [
        name,
        show(rounds.of(name, "cpu"), 1),
        show(rounds.of(name, "added"), 1),
        show(rounds.ratio(name, "bare", "added")),
        show(rounds.ratio(name, "ws-in-node-red", "added")),
        ...["p50", "p99", "most"].map((figure) => show(rounds.of(name, figure))),
        ...["used", "rss", "count"].map((figure) => show(rounds.of(name, figure), 0)),
      ]),
    ],
  );
  if (sessions === Math.max(...options.sessions)) {
    goal(
      `delay added to the bare client's p99 at ${sessions} sessions`,
      5,
      rounds.difference("node-red", "bare", "p99"),
      " ms",
    );
    goal(
      `CPU, less what the idle process takes, / bare client at ${sessions} sessions`,
      1.3,
      rounds.ratio("node-red", "bare", "added"),
    );
    goal(`memory of a session whose audio is acknowledged`, 64, rounds.of("node-red", "used"), " KB");
  }
}
server.kill();
printGoals();
