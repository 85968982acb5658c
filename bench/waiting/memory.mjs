// Bytes that a pending job takes in our account, beside its message. Run with --expose-gc.
import { createRequire } from "node:module";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const [apiUrl, folder] = process.argv.slice(2);
const require = createRequire(import.meta.url);
const load = (name) => require(join(folder, "modules/src", name));
const { GladiaClient } = load("client.js");
const { Tracker } = load("jobs/tracker.js");
const { Transport } = load("http/transport.js");

async function used() {
  for (let n = 0; n < 4; n++) {
    await sleep(50);
    gc();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

process.once("message", async ({ accounts: [{ key, jobs }] }) => {
  const settings = { apiUrl, apiKey: key, timeout: 60, retries: 3, product: "Bench/1", transport: new Transport() };
  const limits = { concurrency: 20_000, queueLimit: 20_000, deadline: 7200, retries: 3 };
  const tracker = new Tracker({ client: new GladiaClient(settings), ...limits });
  const [first, ...others] = jobs.map(({ id }) => id);
  const begin = (id) => {
    tracker.started(id, () => {});
    // The signal is what a message brings along; it is counted nevertheless.
    tracker.wait(id, { signal: new AbortController().signal }).catch(() => {});
  };
  begin(first); // what is loaded at the first request is not a job's
  await sleep(1500);
  const before = await used();
  for (const id of others) begin(id);
  await sleep(4000); // several lists
  const after = await used();
  process.send({ perJob: (after - before) / others.length, pending: tracker.pending }, () => process.exit());
});
process.send({});
