import { join } from "node:path";
import { audioFile } from "../support/audio.mjs";
import { coreFlow, ownFlow, startNodeRed } from "../support/node-red.mjs";
import { runMeasured } from "../support/server.mjs";

/** What a process sends before it is measured, so that loading code is not taken for uploading. */
const FIRST = 1_000_000;

/** Figures of one upload when `times` of them were measured as one. */
function each(figures, times) {
  return { ...figures, wall: figures.wall / times, cpu: figures.cpu / times };
}

async function curl(apiUrl, path, times) {
  let all = { wall: 0, cpu: 0, peak: 0 };
  const form = ["-F", `audio=@${path}`, "-H", "x-gladia-key: bench"];
  for (let n = 0; n < times; n++) {
    const run = await runMeasured("curl", ["-sS", "-w", "%{http_code}", ...form, `${apiUrl}/v2/upload`]);
    if (!run.output.endsWith("200")) throw new Error(`curl: ${run.output}`);
    all = { wall: all.wall + run.wall, cpu: all.cpu + run.cpu, peak: Math.max(all.peak, run.peak) };
  }
  return each(all, times);
}

async function sdk(apiUrl, path, times) {
  const parameters = [join(import.meta.dirname, "sdk.mjs"), apiUrl, path, String(times), audioFile(FIRST)];
  const { output } = await runMeasured(process.execPath, parameters);
  return each(JSON.parse(output), times);
}

/** Uploads in a fresh Node-RED; its figures run from the trigger to the answer. */
async function nodeRed(flows, task) {
  const red = await startNodeRed(flows);
  try {
    await red.run({ path: audioFile(FIRST) });
    return each(await red.run(task), task.times ?? 1);
  } finally {
    await red.stop();
  }
}

/** The clients that are compared: each uploads `path` `times` times, one after the other, and gives figures per upload. */
export const CLIENTS = {
  curl,
  own: (apiUrl, path, times) => nodeRed(ownFlow(apiUrl), { path, times }),
  core: (apiUrl, path, times) => nodeRed(coreFlow(apiUrl), { path, times }),
  sdk,
};

/** How the clients are called in tables. */
export const NAMES = {
  curl: "curl -F",
  own: "gladia-upload",
  core: "file in + http request",
  sdk: "@gladiaio/sdk (plain Node)",
};

/** Eight (or so) uploads at once through our node. */
export function together(apiUrl, path, count) {
  return nodeRed(ownFlow(apiUrl), { path, together: count });
}

/** One upload of a Buffer that is in memory already. */
export function fromBuffer(apiUrl, path) {
  return nodeRed(ownFlow(apiUrl), { path, buffer: true });
}
