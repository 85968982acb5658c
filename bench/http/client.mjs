// One client in a process of its own; prints its figures as JSON.
// node client.mjs <own|fetch|sdk> <api address> pairs <count> <at once>
// node client.mjs <own|fetch|sdk> <api address> polls <count> <seconds between>
import { createRequire } from "node:module";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const require = createRequire(import.meta.url);
const { measure } = require("../support/probe/measure.js");
const [kind, apiUrl, task, count, more, built] = process.argv.slice(2);
const AUDIO = "http://127.0.0.1/file/4b9f2c0e-6a1d-4a57-9c1e-0d7c5f3a2b10";
const BODY = { audio_url: AUDIO, diarization: true, language_config: { languages: ["en", "fr"] } };
const WARM_UP = 300;

/** Our client, as the configuration node makes it. */
function own() {
  const { GladiaClient } = require(join(built, "modules/src/client.js"));
  const { Transport } = require(join(built, "modules/src/http/transport.js"));
  const account = { apiUrl, apiKey: "bench", timeout: 60, retries: 5, product: "bench/1", transport: new Transport() };
  const client = new GladiaClient(account);
  return { create: () => client.create(BODY), get: (id) => client.get(id) };
}

/** Node's own fetch, with the headers that ours sends. */
function plain() {
  const headers = { accept: "application/json", "x-gladia-key": "bench", "x-gladia-version": "bench/1" };
  const read = async (response) => {
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return response.json();
  };
  const json = { ...headers, "content-type": "application/json" };
  const jobs = `${apiUrl}/v2/pre-recorded`;
  return {
    create: async () => read(await fetch(jobs, { method: "POST", headers: json, body: JSON.stringify(BODY) })),
    get: async (id) => read(await fetch(`${jobs}/${id}`, { headers })),
  };
}

/** Gladia's official SDK. */
async function sdk() {
  const { GladiaClient } = await import("@gladiaio/sdk");
  const client = new GladiaClient({ apiKey: "bench", apiUrl }).preRecorded();
  return { create: () => client.create(BODY), get: (id) => client.get(id) };
}

async function pairs(client, total, atOnce) {
  let left = total;
  const worker = async () => {
    while (left-- > 0) {
      const { id } = await client.create();
      const { status } = await client.get(id);
      if (status !== "processing") throw new Error(`unexpected status ${status}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

async function polls(client, total, seconds) {
  for (let n = 0; n < total; n++) {
    if (n > 0) await sleep(seconds * 1000);
    await client.get("45463597-20b7-4af7-b3b3-f5fb778203ab");
  }
}

const client = await { own, fetch: plain, sdk }[kind]();
if (task === "polls") {
  await polls(client, Number(count), Number(more));
} else {
  await pairs(client, WARM_UP, Number(more));
  console.log(JSON.stringify(await measure(() => pairs(client, Number(count), Number(more)))));
}
process.exit();
