// Bytes that a pending job takes in our account, beside its message. Run with --expose-gc.
import { createRequire } from "node:module";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const [apiUrl, folder] = process.argv.slice(2);
const require = createRequire(import.meta.url);
/** Enough for a list: what is loaded at the first requests is not a job's. */
const FIRST = 5;
const load = (name) => require(join(folder, "modules/src", name));
const { GladiaClient } = load("client.js");
const { Tracker } = load("jobs/tracker.js");
const { Transport } = load("http/transport.js");

/** The least of several looks: a list that is under way belongs to no job. */
async function used() {
  let least = Number.POSITIVE_INFINITY;
  for (let n = 0; n < 12; n++) {
    await sleep(130);
    gc();
    const { heapUsed, external } = process.memoryUsage();
    least = Math.min(least, heapUsed + external);
  }
  return least;
}

process.once("message", async ({ accounts: [{ key, jobs }] }) => {
  const settings = { apiUrl, apiKey: key, timeout: 60, retries: 3, product: "Bench/1", transport: new Transport() };
  const limits = { concurrency: 20_000, queueLimit: 20_000, deadline: 7200, retries: 3 };
  const tracker = new Tracker({ client: new GladiaClient(settings), ...limits });
  const ids = jobs.map(({ id }) => id);
  const others = ids.slice(FIRST);
  const signals = new Map(ids.map((id) => [id, new AbortController().signal])); // each message brings its own
  const begin = (id) => {
    tracker.started(id, () => {});
    tracker.wait(id, { signal: signals.get(id) }).catch(() => {});
  };
  for (const id of ids.slice(0, FIRST)) begin(id);
  await sleep(1500);
  const before = await used();
  for (const id of others) begin(id);
  await sleep(4000); // several lists
  const after = await used();
  process.send({ perJob: (after - before) / others.length, pending: tracker.pending }, () => process.exit());
});
process.send({});
