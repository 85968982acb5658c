// What the journal costs a job: how often it waits for the disk, and for how long, with a disk that takes its time as an SD
// card does. A job here is its six records and nothing else: no upload, no network.
//   node bench/journal/run.mjs [--jobs 300] [--at-once 1,25,100] [--sync 20]
import { mkdtemp, rm, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import "tsx/cjs";

const load = createRequire(import.meta.url);
const { FileStore } = load("../../src/jobs/file-store.ts");
const { WorkStore } = load("../../src/jobs/work-store.ts");
const { realDisk } = load("../../src/jobs/journal/disk.ts");

const { values } = parseArgs({
  options: {
    jobs: { type: "string", default: "300" },
    "at-once": { type: "string", default: "1,25,100" },
    sync: { type: "string", default: "20" },
  },
});

/** A disk whose syncs are counted and take so many milliseconds. */
function slowDisk(milliseconds) {
  const counts = { syncs: 0, writes: 0 };
  const open = async (...given) => {
    const handle = await realDisk.open(...given);
    const sync = async (name) => {
      counts.syncs++;
      await Promise.all([handle[name](), sleep(milliseconds)]);
    };
    return {
      read: (...read) => handle.read(...read),
      stat: () => handle.stat(),
      truncate: (size) => handle.truncate(size),
      close: () => handle.close(),
      appendFile: (text) => {
        counts.writes++;
        return handle.appendFile(text);
      },
      datasync: () => sync("datasync"),
      sync: () => sync("sync"),
    };
  };
  return { counts, disk: { ...realDisk, open } };
}

async function measure(jobs, atOnce, milliseconds) {
  const folder = await mkdtemp(join(tmpdir(), "gladia-bench-"));
  const { counts, disk } = slowDisk(milliseconds);
  const path = join(folder, "acc.jsonl");
  const workStore = new WorkStore(new FileStore({ path, disk, onWarning: (key) => console.error(key) }));
  await workStore.load();
  let waited = 0;
  const work = async (n) => {
    const item = await workStore.begin({ node: "n", message: { topic: "t", payload: `${n}.wav` }, audio: `${n}.wav` });
    await workStore.update(item, { state: "uploaded", audio_url: `https://api.gladia.io/file/${n}`, duration: 3 });
    const began = performance.now();
    await workStore.update(item, { state: "creating", since: Date.now() });
    waited += performance.now() - began;
    await workStore.update(item, { state: "created", id: `job-${n}`, since: item.since });
    await workStore.update(item, { message: { ...item.message, gladia: { id: item.id } } });
    await workStore.finish(item);
  };
  const began = performance.now();
  let next = 0;
  const worker = async () => {
    while (next < jobs) await work(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  const seconds = (performance.now() - began) / 1000;
  const { size } = await stat(path);
  await workStore.close();
  await rm(folder, { recursive: true });
  return { seconds, size, waited: waited / jobs, ...counts };
}

const jobs = Number(values.jobs);
console.log("| at once | syncs a job | writes a job | ms that a create waits | jobs a second | bytes a job |");
console.log("|---|---|---|---|---|---|");
for (const atOnce of values["at-once"].split(",").map(Number)) {
  const { syncs, writes, waited, seconds, size } = await measure(jobs, atOnce, Number(values.sync));
  const row = [atOnce, (syncs / jobs).toFixed(2), (writes / jobs).toFixed(2), waited.toFixed(1)];
  console.log([...row, Math.round(jobs / seconds), Math.round(size / jobs)].join(" | ").replace(/^.*$/, "| $& |"));
}
