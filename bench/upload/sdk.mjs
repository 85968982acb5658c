// Uploads a file with Gladia's official SDK in a process of its own and prints the figures.
// node sdk.mjs <api address> <file> <times> <warm-up file>
import { createRequire } from "node:module";
import { GladiaClient } from "@gladiaio/sdk";

const { measure } = createRequire(import.meta.url)("../support/probe/measure.js");
const [apiUrl, file, times, first] = process.argv.slice(2);
const client = new GladiaClient({ apiKey: "bench", apiUrl }).preRecorded();
await client.uploadFile(first);
const figures = await measure(async () => {
  for (let n = 0; n < Number(times); n++) {
    const { audio_url } = await client.uploadFile(file);
    if (!audio_url) throw new Error("no audio_url");
  }
});
console.log(JSON.stringify(figures));
