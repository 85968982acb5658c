import { writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import should from "should";
import { addressOf, post } from "../support/callbacks";
import { type Engine, startEngine, wav } from "../support/engine";
import { until } from "../support/flow";
import { collector, MortalNodeRed } from "../support/mortal-node-red";

const REDEPLOYS = 50;
const ROOT = process.env["NODE_RED"] ?? join(__dirname, "..", "..");

/** Has Node-RED tell what its process holds. */
const COUNTING = `httpAdminMiddleware: (request, response, next) => {
  if (request.url !== "/count") return next();
  const load = require("node:module").createRequire(${JSON.stringify(join(ROOT, "node_modules/"))});
  const RED = load("node-red");
  const { events } = require("node:module").createRequire(load.resolve("node-red"))("@node-red/util");
  const resources = {};
  for (const name of process.getActiveResourcesInfo()) resources[name] = (resources[name] ?? 0) + 1;
  const { server } = request.socket;
  let files = 0;
  let sockets = 0;
  const { existsSync, readdirSync, readlinkSync } = load("node:fs");
  for (const fd of existsSync("/proc/self/fd") ? readdirSync("/proc/self/fd") : []) {
    let target = "";
    try { target = readlinkSync("/proc/self/fd/" + fd); } catch {}
    if (target.startsWith("socket:")) sockets++;
    else if (target !== "") files++;
  }
  response.json({
    resources,
    files,
    sockets,
    listeners: { server: server.listeners("request").length, events: events.eventNames().reduce((sum, name) => sum + events.listenerCount(name), 0) },
    routes: { admin: RED.httpAdmin._router.stack.length, node: RED.httpNode._router?.stack.length ?? 0 },
  });
},`;

interface Count {
  resources: Record<string, number>;
  files: number;
  sockets: number;
  listeners: { server: number; events: number };
  routes: { admin: number; node: number };
}

/** Two accounts with callbacks, nodes that wait, and nodes that are told. */
function flowOf(apiUrl: string, callbackUrl: string, sink: string) {
  const at = { z: "t", x: 100, y: 100 };
  const account = { type: "gladia-config", apiUrl, callbackUrl, concurrency: "10" };
  return [
    { id: "t", type: "tab", label: "redeploys" },
    { id: "acc", ...account },
    { id: "acc2", ...account },
    { ...at, id: "in", type: "http in", url: "/go", method: "post", wires: [["path", "ok"]] },
    { ...at, id: "ok", type: "http response", statusCode: "202", wires: [] },
    {
      ...at,
      id: "path",
      type: "change",
      rules: [{ t: "set", p: "payload", pt: "msg", to: "payload.path", tot: "msg" }],
      wires: [["tr", "tr2"]],
    },
    { ...at, id: "tr", type: "gladia-transcribe", config: "acc", paths: "yes", wires: [[], []] },
    { ...at, id: "tr2", type: "gladia-transcribe", config: "acc2", paths: "yes", wait: "no", wires: [["get"], []] },
    { ...at, id: "get", type: "gladia-get-result", config: "acc2", interval: "1", wires: [[], []] },
    { ...at, id: "cb", type: "gladia-callback", config: "acc", wires: [["post"]] },
    { ...at, id: "cb2", type: "gladia-callback", config: "acc2", result: true, wires: [["post"]] },
    { ...at, id: "post", type: "http request", method: "POST", url: sink, ret: "txt", wires: [[]] },
  ];
}

/** Over a connection of its own, which is gone afterwards. */
function count(url: string): Promise<Count> {
  return new Promise((resolve, reject) => {
    request(`${url}/count`, { agent: false }, (response) => {
      let text = "";
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => resolve(JSON.parse(text)));
    })
      .on("error", reject)
      .end();
  });
}

describe(`${REDEPLOYS} redeploys`, function () {
  this.timeout(180_000);
  let engine: Engine & { folder: string };
  let red: MortalNodeRed;
  let sink: Awaited<ReturnType<typeof collector<unknown>>>;

  before(async () => {
    engine = await startEngine();
    sink = await collector();
  });
  after(async () => {
    await red?.stop();
    await sink.close();
    await engine.close();
  });

  it("leave no socket, timer, file, listener or route behind", async () => {
    engine.control.script({ processing: 600_000 });
    const credentials = { acc: { apiKey: "key" }, acc2: { apiKey: "key" } };
    red = await MortalNodeRed.create([], credentials, COUNTING);
    await red.start();
    const flow = () => flowOf(engine.url, red.url, sink.url);
    await red.redeploy(flow().map((node) => ("apiUrl" in node ? { ...node, credentials: { apiKey: "key" } } : node)));
    await writeFile(join(red.folder, "a.wav"), wav());
    for (let n = 0; n < 3; n++) await post(`${red.url}/go`, { path: "a.wav" });
    await until(() => engine.control.jobs.length === 6);

    const deploy = async () => {
      await red.redeploy(flow());
      for (const id of ["acc", "acc2"]) {
        while ((await fetch(addressOf(id, red.url), { headers: { connection: "close" } })).status !== 204)
          await sleep(10);
      }
    };
    /** What is held in a quiet moment: requests come and go. */
    const quiet = async () => {
      const counts: Count[] = [];
      for (let n = 0; n < 12; n++) {
        await sleep(250);
        counts.push(await count(red.url));
      }
      const least = (read: (count: Count) => number) => Math.min(...counts.map(read));
      const names = [...new Set(counts.flatMap(({ resources }) => Object.keys(resources)))].sort();
      const last = counts.at(-1) as Count;
      return {
        resources: Object.fromEntries(names.map((name) => [name, least(({ resources }) => resources[name] ?? 0)])),
        files: least(({ files }) => files),
        sockets: least(({ sockets }) => sockets),
        listeners: last.listeners,
        routes: last.routes,
      };
    };
    await deploy();
    await sleep(4500); // connections of the test itself are gone
    const before = await quiet();
    for (let n = 0; n < REDEPLOYS; n++) {
      await deploy();
      if (n % 10 === 0) {
        const body = { id: `s${n}`, event: "live.speech_start", payload: { n } };
        should((await post(addressOf("acc", red.url), body, { connection: "close" })).status).equal(200);
      }
    }
    await sleep(4500);
    const after = await quiet();
    console.log(`      before ${JSON.stringify(before)}\n      after  ${JSON.stringify(after)}`);
    should(after.listeners).eql(before.listeners);
    should(after.routes).eql(before.routes);
    should(after.files).be.belowOrEqual(before.files);
    // Connections that are kept alive and the timers of polls come and go; what stayed behind would be one of each redeploy.
    const some = REDEPLOYS / 10;
    should(after.sockets).be.below(before.sockets + some);
    for (const [name, held] of Object.entries(after.resources)) {
      should(held).be.below((before.resources[name] ?? 0) + some, name);
    }
    should(engine.control.jobs).have.length(6);
    should(sink.got).have.length(REDEPLOYS / 10);
  });
});
