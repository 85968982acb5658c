import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import should from "should";
import { post } from "../support/callbacks";
import { type Engine, startEngine, wav } from "../support/engine";
import { until } from "../support/flow";
import type { MortalNodeRed } from "../support/mortal-node-red";
import { endOnce, notingFlow, startNoting } from "../support/noting";

/** How much is tried: what stands here is for every day, `EXACTLY_ONCE=300 EXACTLY_ONCE_ENDS=20` for a report. */
const MESSAGES = Number(process.env["EXACTLY_ONCE"] ?? 24);
const ENDS = Number(process.env["EXACTLY_ONCE_ENDS"] ?? 1);
const UNDER_WAY = 100;

const CHAINS = {
  transcribe: [{ type: "gladia-transcribe" }],
  upload: [{ type: "gladia-upload" }],
  "get result": [{ type: "gladia-transcribe", wait: "no" }, { type: "gladia-get-result" }],
};

/** The kinds of deploys, and the node that is changed in each: ours, the one behind it, or the Catch node. */
const DEPLOYS = [
  ["full", "say"],
  ["nodes", "say"],
  ["flows", "n0"],
  ["nodes", "n0"],
  ["full", "n0"],
  ["nodes", "catch"],
  ["flows", "say"],
] as const;

describe("each message ends exactly once", function () {
  this.timeout(30 * 60_000);
  let engine: Engine & { folder: string };
  let red: MortalNodeRed;

  beforeEach(async () => {
    engine = await startEngine();
    engine.control.script({ processing: 200 });
    engine.control.script({ match: ({ filename }) => /3\.wav$/.test(filename), processing: 200, error: { code: 422 } });
  });
  afterEach(async () => {
    await red?.stop();
    await engine.close();
  });

  const start = async (flow: unknown[], delay: number, files: number) => {
    red = await startNoting(flow, delay);
    for (let n = 0; n < files; n++) await writeFile(join(red.folder, `${n}.wav`), wav(0.05, n + 1));
  };
  const send = async (n: number, file: number) =>
    should((await post(`${red.url}/go`, { n, path: `${file}.wav` })).status).equal(202);
  const accountOf = (delay: number) => ({
    apiUrl: engine.url,
    concurrency: "100",
    ...(delay ? { store: "slow" } : {}),
  });

  for (const [title, delay] of [
    ["transcribe", 0],
    ["transcribe", 300],
    ["upload", 300],
    ["get result", 300],
  ] as const) {
    it(`through ${title}, when flows are deployed as results come (${delay ? `a store of ${delay} ms` : "a file"})`, async () => {
      const chain = CHAINS[title];
      const account = accountOf(delay);
      await start(notingFlow(chain, account), delay, MESSAGES);
      const batch = delay ? 6 : 2;
      const [least, spread] = !delay ? [300, 600] : title === "upload" ? [200, 700] : [1300, 1700];
      for (let n = 0; n < MESSAGES; n++) {
        await send(n, n);
        if ((n + 1) % batch > 0) continue;
        await sleep(least + Math.random() * spread);
        const [kind, changed] = DEPLOYS[((n / batch) | 0) % DEPLOYS.length] ?? DEPLOYS[0];
        await red.redeploy(notingFlow(chain, account, { [changed]: n }), kind);
      }
      const failed = (await endOnce(red, MESSAGES, title)).filter(({ code }) => code !== undefined);
      should(failed.map(({ code }) => code)).matchEach("GLADIA_JOB");
      should(failed.map(({ n }) => n % 10)).matchEach(3);
      if (title === "upload") return;
      should(failed).have.length(Math.ceil((MESSAGES - 3) / 10));
      should(engine.control.jobs).have.length(MESSAGES);
    });
  }

  for (const [what, delay, rounds] of [
    ["Node-RED is ended", 0, ENDS],
    ["Node-RED is ended", 300, ENDS],
    ["flows are deployed", 0, 2 * ENDS],
  ] as const) {
    it(`${UNDER_WAY} under way when ${what} (${delay ? `a store of ${delay} ms` : "a file"})`, async () => {
      const flow = (version = {}) => notingFlow(CHAINS.transcribe, accountOf(delay), version);
      await start(flow(), delay, UNDER_WAY);
      for (let round = 0; round < rounds; round++) {
        const files = Array.from({ length: UNDER_WAY }, (_, n) => n);
        await Promise.all(files.map((n) => send(round * UNDER_WAY + n, n)));
        await sleep(Math.random() * (delay ? 5000 : 2500));
        if (what === "Node-RED is ended") {
          await red.shutDown();
          await red.start();
        } else {
          const [kind, changed] = DEPLOYS[round % DEPLOYS.length] ?? DEPLOYS[0];
          await red.redeploy(flow({ [changed]: round }), kind);
        }
      }
      const failed = (await endOnce(red, rounds * UNDER_WAY, `${rounds} times ${what}`)).filter(({ code }) => code);
      should(failed.filter(({ n, code }) => code !== "GLADIA_JOB" || n % 10 !== 3)).be.empty();
      const keys = engine.control.jobs.map(({ custom_metadata }) => custom_metadata?.["node_red_key"]);
      should(new Set(keys).size).equal(keys.length);
    });
  }

  it("also when Node-RED is ended before its account has opened", async () => {
    await start(notingFlow(CHAINS.transcribe, accountOf(300)), 300, 4);
    for (let round = 0; round < 3; round++) {
      await Promise.all([0, 1, 2, 3].map((n) => send(4 * round + n, n)));
      await red.shutDown();
      await red.start();
    }
    await endOnce(red, 12, "ended while the account opens");
  });

  it("also when Node-RED is ended before anything was done for it", async () => {
    let asked = 0;
    const server = createServer((_, response) => {
      if (++asked > 1) response.end(wav());
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    try {
      await start(notingFlow([{ type: "gladia-transcribe", fetch: true, lan: "yes" }], accountOf(0)), 0, 0);
      const path = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a.wav`;
      await post(`${red.url}/go`, { n: 0, path });
      await until(() => asked === 1);
      await red.shutDown();
      await red.start();
      const [ended] = await endOnce(red, 1, "ended during a download");
      should(ended?.out).startWith("speech of a.wav");
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
