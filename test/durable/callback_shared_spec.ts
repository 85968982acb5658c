import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, createServer as createTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import should from "should";
import { addressOf, post } from "../support/callbacks";
import { type Engine, startEngine, wav } from "../support/engine";
import { until } from "../support/flow";
import { collector, MortalNodeRed } from "../support/mortal-node-red";

interface Told {
  by: string;
  id: string;
  source: string;
}

/** Http in -> transcribe, and a callback node that tells who got what. */
function flowOf(apiUrl: string, callbackUrl: string, sink: string, name: string) {
  const at = { z: "t", x: 100, y: 100 };
  const change = (id: string, to: string, tot: string, wires: string[]) => ({
    ...at,
    id,
    type: "change",
    rules: [{ t: "set", p: "payload", pt: "msg", to, tot }],
    wires: [wires],
  });
  return [
    { id: "t", type: "tab", label: "shared" },
    { id: "acc", type: "gladia-config", apiUrl, callbackUrl, store: "shared", concurrency: "10" },
    { ...at, id: "in", type: "http in", url: "/go", method: "post", wires: [["path", "ok"]] },
    { ...at, id: "ok", type: "http response", statusCode: "202", wires: [] },
    change("path", "payload.path", "msg", ["tr"]),
    { ...at, id: "tr", type: "gladia-transcribe", config: "acc", paths: "yes", wait: "no", wires: [[], []] },
    { ...at, id: "cb", type: "gladia-callback", config: "acc", result: true, wires: [["say"]] },
    change("say", `{"by": "${name}", "id": gladia.id, "source": gladia.source}`, "jsonata", ["post"]),
    { ...at, id: "post", type: "http request", method: "POST", url: sink, ret: "txt", wires: [[]] },
  ];
}

describe("two Node-REDs that share an account and its store", function () {
  this.timeout(120_000);
  let redis: ChildProcess | undefined;
  let folder: string;
  let engine: Engine & { folder: string };
  let sink: Awaited<ReturnType<typeof collector<Told>>>;
  let balancer: Server;
  const reds: MortalNodeRed[] = [];

  before(async function () {
    try {
      execFileSync("which", ["redis-server"], { stdio: "ignore" });
    } catch {
      console.log("      skipped: needs redis-server on the PATH");
      this.skip();
    }
    folder = await mkdtemp(join(tmpdir(), "gladia-shared-"));
    const port = await freePort();
    const options = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder];
    redis = spawn("redis-server", options, { stdio: "ignore" });
    while (!(await answers(port))) await sleep(50);
    engine = await startEngine();
    engine.control.settings.languages = "any";
    engine.control.settings.deliveryDelays = [];
    sink = await collector<Told>();
    // As a load balancer hands callbacks out: to the one that did not create the job, as well as to the other.
    let turn = 0;
    balancer = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", async () => {
        const red = reds[turn++ % reds.length];
        const answer = await post(`${red?.url}${request.url}`, Buffer.concat(chunks).toString()).catch(() => undefined);
        response.writeHead(answer?.status ?? 502).end();
      });
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => balancer.once("listening", resolve));
    const callbackUrl = `http://127.0.0.1:${(balancer.address() as AddressInfo).port}`;
    const plugin = JSON.stringify(join(__dirname, "..", "support", "redis-context.cjs"));
    const storage = `contextStorage: { default: { module: "memory" }, shared: { module: require(${plugin}), config: { url: "redis://127.0.0.1:${port}" } } },`;
    for (const name of ["one", "two"]) {
      const flow = flowOf(engine.url, callbackUrl, sink.url, name);
      const red = await MortalNodeRed.create(flow, { acc: { apiKey: "key" } }, storage);
      reds.push(red);
      await writeFile(join(red.folder, "a.wav"), wav());
      await red.start();
      while ((await fetch(addressOf("acc", red.url))).status !== 204) await sleep(20);
    }
  });
  after(async () => {
    for (const red of reds) await red.stop();
    redis?.kill();
    balancer?.closeAllConnections();
    balancer?.close();
    await sink?.close();
    await engine?.close();
    if (folder) await rm(folder, { recursive: true, force: true });
  });
  const ids = (source: string) => sink.got.flatMap((told) => (told.source === source ? [told.id] : [])).sort();

  it("tell of each job once, whoever created it, got its callback or found it done", async () => {
    engine.control.script({ processing: 500 });
    for (let n = 0; n < 10; n++) await post(`${reds[n % 2]?.url}/go`, { path: "a.wav" });
    await until(() => engine.control.jobs.length === 10 && engine.control.deliveries.length === 10, 30_000);
    await until(() => sink.got.length >= 10, 30_000);
    await sleep(2000); // whatever comes twice has its chance
    const jobs = engine.control.jobs.map(({ id }) => id).sort();
    console.log(`      10 jobs: ${sink.got.length} told, by "one" ${sink.got.filter(({ by }) => by === "one").length}`);
    should(ids("callback")).eql(jobs);
    // The other one knows, too.
    for (const id of jobs) {
      for (const red of reds)
        await post(addressOf("acc", red.url), { id, event: "transcription.success", payload: {} });
    }
    await sleep(2000);
    should(ids("callback")).eql(jobs);
  });

  it("tell what one of them answered before it was killed, by the other", async () => {
    const id = engine.control.jobs[0]?.id ?? "";
    engine.control.fault({ route: "get", kind: "hang", times: 1 });
    const gets = engine.control.counts.get;
    const body = { event: "transcription.success", payload: { id } };
    should((await post(addressOf("acc", reds[0]?.url), body)).status).equal(200);
    await until(() => engine.control.counts.get > gets);
    await reds[0]?.kill();
    await until(() => ids("webhook").length > 0, 60_000);
    should(sink.got.find(({ source }) => source === "webhook")?.by).equal("two");
    await reds[0]?.start();
    await sleep(2000);
    should(ids("webhook")).eql([id]);
  });
});

async function freePort(): Promise<number> {
  const server = createTcp().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.end();
      resolve(true);
    }).on("error", () => resolve(false));
  });
}
