import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer as createPlain } from "node:http";
import { createServer as createSecure } from "node:https";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { audioFile, hashOf, sizeName } from "../support/audio.mjs";
import { goal, printTable } from "../support/figures.mjs";
import { ownFlow, startNodeRed } from "../support/node-red.mjs";
import { serveFile } from "./slow.mjs";

const SIZES = [1_000_000, 100_000_000];
const TLS = join(import.meta.dirname, "..", "support", "tls");

/** Hashes the one file of a multipart body while it comes in, slowly; gives null for another kind of body. */
async function hashFile(request) {
  const boundary = /boundary=(.+)$/.exec(request.headers["content-type"] ?? "")?.[1];
  if (!boundary) return null;
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  const hash = createHash("sha256");
  let kept = Buffer.alloc(0); // what may be the tail, and the head until it is complete
  let inFile = false;
  let turn = 0;
  for await (const piece of request) {
    kept = Buffer.concat([kept, piece]);
    if (!inFile) {
      const end = kept.indexOf("\r\n\r\n");
      if (end < 0) continue;
      kept = kept.subarray(end + 4);
      inFile = true;
    }
    const sure = Math.max(0, kept.length - tail.length);
    hash.update(kept.subarray(0, sure));
    kept = kept.subarray(sure);
    // About 40 MB/s, unevenly: the client has to wait for the line all the time, at changing places.
    if (++turn % 16 === 0) await sleep((turn % 7) * 8);
  }
  return kept.equals(tail) ? hash.digest("hex") : null;
}

async function startHashing(secure) {
  const answer = async (request, response) => {
    const hash = await hashFile(request).catch(() => null);
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ audio_url: `hash:${hash}`, audio_metadata: { id: "1" } }));
  };
  const pem = (name) => readFileSync(join(TLS, `${name}.pem`));
  const listener = (request, response) => void answer(request, response);
  const server = secure ? createSecure({ key: pem("key"), cert: pem("cert") }, listener) : createPlain(listener);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http${secure ? "s" : ""}://127.0.0.1:${server.address().port}`,
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Proves that a slow server gets the very bytes, plain and over TLS: our uploads use their buffers again and again. */
export async function checkBytes() {
  const rows = [["server", "audio from", "size", "bytes"]];
  let wrong = 0;
  for (const secure of [false, true]) {
    const server = await startHashing(secure);
    const red = await startNodeRed(ownFlow(server.url), { NODE_EXTRA_CA_CERTS: join(TLS, "cert.pem") });
    for (const size of SIZES) {
      const path = audioFile(size);
      const source = await serveFile(path);
      const expected = `hash:${await hashOf(path)}`;
      const tasks = { path: { path }, URL: { path, url: source.url }, Buffer: { path, buffer: true } };
      for (const [name, task] of Object.entries(tasks)) {
        const { result } = await red.run(task).catch((error) => ({ result: { url: error.message } }));
        const same = result.url === expected;
        if (!same) wrong++;
        rows.push([secure ? "TLS" : "plain", name, sizeName(size), same ? "identical" : `WRONG (${result.url})`]);
      }
      source.stop();
    }
    await red.stop();
    server.stop();
  }
  printTable("Bytes on a throttled server (SHA-256)", rows);
  goal("uploads whose bytes came out wrong", 0, wrong);
}
