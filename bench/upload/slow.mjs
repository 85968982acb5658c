import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import { pipeline } from "node:stream/promises";
import { audioFile } from "../support/audio.mjs";
import { goal, printTable, show } from "../support/figures.mjs";
import { ownFlow, startNodeRed } from "../support/node-red.mjs";
import { startServer } from "../support/server.mjs";

const RATE = 1_500_000;
const SIZE = 20_000_000;
const TIMEOUT = 4;

/** Serves one file over HTTP, as fast as it is taken. */
export async function serveFile(path) {
  const server = createServer((_request, response) => {
    response.setHeader("content-length", statSync(path).size);
    response.setHeader("content-type", "audio/wav");
    pipeline(createReadStream(path), response).catch(() => response.destroy());
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/audio.wav`,
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Uploads that last much longer than the account's `timeout` because the line is slow: they have to complete. */
export async function slowUplink() {
  const path = audioFile(SIZE);
  const [server, source] = [await startServer(RATE), await serveFile(path)];
  const tasks = { path: { path }, URL: { path, url: source.url }, Buffer: { path, buffer: true } };
  const rows = [["audio from", "seconds", "times the timeout", "ended"]];
  // Side by side: each waits for its own connection, none for the processor.
  const runs = Object.entries(tasks).map(async ([name, task]) => {
    const red = await startNodeRed(ownFlow(server.url, { timeout: TIMEOUT, retries: 0 }));
    try {
      const { wall } = await red.run(task);
      return { name, wall, ended: wall < 2 * TIMEOUT ? "too quick to prove anything" : "well" };
    } catch (error) {
      return { name, ended: error.message };
    } finally {
      await red.stop();
    }
  });
  const results = await Promise.all(runs);
  for (const { name, wall, ended } of results) {
    rows.push([name, show(wall), show(wall / TIMEOUT), ended]);
  }
  printTable(`Slow uplink: ${SIZE / 1e6} MB at ${RATE / 1e6} MB/s, timeout ${TIMEOUT} s, no retries`, rows);
  goal("slow uplink, uploads that failed", 0, results.filter(({ ended }) => ended !== "well").length);
  source.stop();
  await server.stop();
}
