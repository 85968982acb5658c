// How our account waits for many jobs, beside the official SDK's poll at the same time on the same server.
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { goal, printGoals, printTable, readOptions, show } from "../support/figures.mjs";
import { builtPackage } from "../support/node-red.mjs";

const options = readOptions({
  jobs: [1, 100, 300, 1000, 10_000],
  /** The jobs last from 2 s to this many. */
  seconds: 60,
  /** Milliseconds that the server takes for each answer, give or take a third. */
  rtt: 0,
  /** The server's own limit of a page; 0: none. */
  page: 0,
  /** The SDK opens a connection for each job at once: with more jobs than this it is left out. */
  sdk: 1000,
  only: ["clips", "jobs", "memory"],
});
/** A single job says little: so many accounts with one job each are watched side by side. */
const SINGLES = 40;
/** Jobs that are done already, which each client reads before anything is measured. */
const WARM_UP = 20;

const start = async (file, parameters, execArgv = []) => {
  const child = fork(join(import.meta.dirname, file), parameters.map(String), { execArgv });
  child.once("exit", (code) => {
    if (code) throw new Error(`${file} ended with ${code}`);
  });
  const [hello] = await once(child, "message");
  return {
    hello,
    stop: () => child.disconnect(),
    ask: async (task) => {
      child.send(task);
      return (await once(child, "message"))[0];
    },
  };
};

const server = await start("server.mjs", [options.rtt, options.page]);
const url = `http://127.0.0.1:${server.hello.port}`;
const folder = builtPackage();
const NAMES = { own: "Tracker", sdk: "@gladiaio/sdk" };

function percentile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] / 1000;
}

/**
 * Both clients wait for the same jobs, each in an account of its own, and do so twice: a process that has just started
 * spends a good part of its time on compiling what it runs. `duration`: seconds of audio that ours is told.
 */
async function compare({ accounts, jobs, from, to, within, duration }) {
  const kinds = accounts * jobs > options.sdk ? ["own"] : ["own", "sdk"];
  const clients = await Promise.all(kinds.map((kind) => start("client.mjs", [kind, url, folder])));
  const fresh = await pass(clients, kinds, { accounts, jobs, from, to, within, duration });
  const figures = await pass(clients, kinds, { accounts, jobs, from, to, within, duration });
  for (const { stop } of clients) stop();
  for (const kind of kinds) figures[kind].fresh = fresh[kind].cpu;
  return figures;
}

async function pass(clients, kinds, { duration, ...wanted }) {
  await server.ask({ task: "reset" });
  const create = async (more) => (await server.ask({ task: "create", from: 0, to: 0, within: 0, ...more })).made;
  const tasks = [];
  for (const name of kinds)
    tasks.push({ duration, warm: await create({ name: `${name}Warm`, accounts: WARM_UP, jobs: 1 }) });
  for (const [n, name] of kinds.entries()) {
    // Made ahead, so that the clients are warm when the first job begins.
    tasks[n].accounts = await create({ name, ...wanted, ahead: 4 });
  }
  const figures = await Promise.all(clients.map(({ ask }, n) => ask(tasks[n])));
  const { stats } = await server.ask({ task: "stats" });
  return Object.fromEntries(
    kinds.map((kind, n) => {
      const { delays, cpu, peak } = figures[n];
      const { get, list, burst } = stats[kind];
      const p50 = percentile(delays, 0.5);
      const p95 = percentile(delays, 0.95);
      const worst = Math.max(...delays) / 1000;
      return [kind, { get, list, burst, perJob: (get + list) / delays.length, p50, p95, worst, cpu, peak }];
    }),
  );
}

const HEAD = [
  "jobs",
  "client",
  "requests/job",
  "GET",
  "list",
  "most in 1 s",
  "p50 s",
  "p95 s",
  "worst s",
  "CPU s",
  "in a fresh process",
];
const rows = [[...HEAD, "peak MB"]];

function add(label, figures) {
  for (const [kind, { perJob, get, list, burst, p50, p95, worst, cpu, fresh, peak }] of Object.entries(figures)) {
    const whole = [get, list, burst].map((value) => show(value, 0));
    const times = [p50, p95, worst, cpu, fresh].map((value) => show(value));
    rows.push([label, NAMES[kind], show(perJob), ...whole, ...times, show(peak / 1e6, 0)]);
  }
}

async function shortClips() {
  const figures = await compare({ accounts: SINGLES, jobs: 1, from: 1, to: 4, within: 1, duration: 5 });
  add(`1 x ${SINGLES}, 1-4 s`, figures);
  goal("short clips: p95 delay", 1, figures.own.p95, " s");
}

async function longest(jobs) {
  const accounts = jobs === 1 ? SINGLES : 1;
  const figures = await compare({ accounts, jobs, from: 2, to: options.seconds, within: 1 });
  add(jobs === 1 ? `1 x ${SINGLES}` : String(jobs), figures);
  const { own, sdk } = figures;
  if (jobs === 1) {
    goal("1 job: requests", 12, own.perJob);
    goal("1 job: p95 delay", 3.5, own.p95, " s");
    return;
  }
  goal(`${jobs} jobs: most requests in a second`, jobs / 2, own.burst);
  // What Gladia's paid plan has queued at once; more has to work, and may cost more.
  if (jobs !== 300) return;
  goal(`${jobs} jobs: requests per job`, 1.4, own.perJob);
  goal(`${jobs} jobs: p95 delay`, 1, own.p95, " s");
  goal(`${jobs} jobs: CPU / SDK's`, 0.3, own.cpu / sdk?.cpu);
}

async function memory(jobs) {
  await server.ask({ task: "reset" });
  const { made } = await server.ask({ task: "create", name: "own", accounts: 1, jobs, from: 600, to: 600, within: 0 });
  const client = await start("memory.mjs", [url, folder], ["--expose-gc"]);
  const { perJob, pending } = await client.ask({ accounts: made });
  if (pending !== jobs) throw new Error(`${pending} of ${jobs} jobs are pending`);
  goal(`${jobs} pending jobs: bytes per job`, 4096, perJob);
}

const conditions = [
  `answers after ${options.rtt} ms`,
  options.page ? `pages of ${options.page} at most` : "pages as asked for",
];
console.log(`Server: Node, ${conditions.join(", ")}. Node ${process.versions.node}.`);
if (options.only.includes("clips")) await shortClips();
if (options.only.includes("jobs")) for (const jobs of options.jobs) await longest(jobs);
if (options.only.includes("memory")) for (const jobs of options.jobs) if (jobs >= 1000) await memory(jobs);
server.stop();
if (rows.length > 1) printTable(`Jobs of 2 to ${options.seconds} s, begun within a second`, rows);
printGoals();
