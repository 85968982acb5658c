// Waits for jobs, as our account does or as the official SDK does, and tells how late it knew of each.
import { createRequire } from "node:module";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const [kind, apiUrl, folder] = process.argv.slice(2);

/** `accounts` trackers; each job is handed over as a node does that has just created it. */
async function own() {
  const require = createRequire(import.meta.url);
  const load = (name) => require(join(folder, "modules/src", name));
  const { GladiaClient } = load("client.js");
  const { Tracker } = load("jobs/tracker.js");
  const { Transport } = load("http/transport.js");
  return (apiKey) => {
    const transport = new Transport();
    const settings = { apiUrl, apiKey, timeout: 60, retries: 3, product: "Bench/1", transport };
    const limits = { concurrency: 20_000, queueLimit: 20_000, deadline: 7200, retries: 3 };
    const tracker = new Tracker({ client: new GladiaClient(settings), ...limits });
    return (id, duration) => {
      tracker.started(id, () => {}, duration);
      return tracker.wait(id, { signal: new AbortController().signal });
    };
  };
}

async function sdk() {
  const { GladiaClient } = await import("@gladiaio/sdk");
  return (apiKey) => {
    const client = new GladiaClient({ apiKey, apiUrl }).preRecorded();
    return (id) => client.poll(id);
  };
}

const account = await { own, sdk }[kind]();

/** Waits for all jobs of a pass. `warm`: jobs that are done already, read before anything is measured. */
async function pass({ accounts, warm, duration }) {
  await Promise.all(warm.flatMap(({ key, jobs }) => jobs.map(({ id }) => account(key)(id))));
  if (accounts[0].jobs[0].begin < Date.now()) throw new Error("The jobs began before the client was warm");
  const cpu = process.cpuUsage();
  const delays = [];
  const waits = [];
  for (const { key, jobs } of accounts) {
    const wait = account(key);
    for (const { id, begin, end } of jobs) {
      const start = async () => {
        await sleep(Math.max(0, begin - Date.now()));
        const { status } = await wait(id, duration);
        if (status !== "done") throw new Error(`unexpected status ${status}`);
        delays.push(Date.now() - end);
      };
      waits.push(start());
    }
  }
  await Promise.all(waits);
  const { user, system } = process.cpuUsage(cpu);
  process.send({ delays, cpu: (user + system) / 1e6, peak: process.resourceUsage().maxRSS * 1024 });
}

process.on("message", pass);
process.on("disconnect", () => process.exit());
process.send({});
