import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import should from "should";
import { type Engine, startEngine, wav } from "../support/engine";
import { until } from "../support/flow";
import { collector, MortalNodeRed } from "../support/mortal-node-red";
import { freePort, installed, listens, startBroker } from "../support/programs";

const FILES = 24;

/** A shared subscription -> transcribe -> the collector. */
function workerFlow(apiUrl: string, mqttPort: number, sink: string, name: string) {
  const at = { z: "t", x: 100, y: 100 };
  const rule = (p: string, to: string, tot: string) => ({ t: "set", p, pt: "msg", to, tot });
  return [
    { id: "t", type: "tab", label: "worker" },
    { id: "acc", type: "gladia-config", apiUrl, concurrency: "3", store: "shared" },
    {
      id: "broker",
      type: "mqtt-broker",
      broker: "127.0.0.1",
      port: String(mqttPort),
      clientid: "",
      protocolVersion: "5",
      autoConnect: true,
      usetls: false,
      keepalive: "60",
      cleansession: true,
    },
    {
      ...at,
      id: "in",
      type: "mqtt in",
      topic: "$share/workers/recordings",
      qos: "2",
      datatype: "utf8",
      broker: "broker",
      wires: [["tr"]],
    },
    { ...at, id: "tr", type: "gladia-transcribe", config: "acc", wires: [["say"], []] },
    { ...at, id: "catch", type: "catch", scope: null, wires: [["fail"]] },
    {
      ...at,
      id: "say",
      type: "change",
      rules: [rule("payload", `{"text": payload, "by": "${name}"}`, "jsonata")],
      wires: [["post"]],
    },
    {
      ...at,
      id: "fail",
      type: "change",
      rules: [rule("payload", `{"code": error.code, "message": error.message, "by": "${name}"}`, "jsonata")],
      wires: [["post"]],
    },
    { ...at, id: "post", type: "http request", method: "POST", url: sink, ret: "txt", wires: [[]] },
  ];
}

describe("two Node-REDs that share the work", function () {
  this.timeout(150_000);
  const children: ChildProcess[] = [];
  let folder: string;
  let engine: Engine & { folder: string };
  let sink: Awaited<ReturnType<typeof collector<{ text?: string; code?: string; by: string }>>>;
  const reds: MortalNodeRed[] = [];
  let mqttPort: number;
  let broker: Awaited<ReturnType<typeof startBroker>>;

  before(async function () {
    broker = await startBroker();
    const redis = installed("redis-server");
    if (!broker || !redis) {
      console.log("      skipped: needs mosquitto and redis-server on the PATH");
      this.skip();
    }
    folder = await mkdtemp(join(tmpdir(), "gladia-shared-"));
    mqttPort = broker.port;
    const redisPort = await freePort();
    children.push(
      spawn(redis, ["--port", String(redisPort), "--bind", "127.0.0.1", "--save", "", "--dir", folder], {
        stdio: "ignore",
      }),
    );
    await listens(redisPort);
    engine = await startEngine();
    engine.control.settings.languages = "any";
    engine.control.script({ processing: 1500 });
    sink = await collector();
    const plugin = JSON.stringify(join(__dirname, "..", "support", "redis-context.cjs"));
    const storage = `contextStorage: { default: { module: "memory" }, shared: { module: require(${plugin}), config: { url: "redis://127.0.0.1:${redisPort}" } } },`;
    for (const name of ["one", "two"]) {
      const flow = workerFlow(engine.url, mqttPort, sink.url, name);
      const red = await MortalNodeRed.create(flow, { acc: { apiKey: "key" } }, storage);
      reds.push(red);
      await red.start();
    }
  });
  after(async () => {
    for (const red of reds) await red.stop();
    for (const child of children) child.kill();
    await broker?.stop();
    await sink?.close();
    await engine?.close();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  it("transcribes every file once although one of them is killed", async () => {
    for (let n = 0; n < FILES; n++) await writeFile(join(folder, `${n}.wav`), wav(0.1, n + 1));
    const mqtt = require("mqtt") as typeof import("mqtt");
    const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${mqttPort}`);
    await sleep(500); // both have subscribed
    for (let n = 0; n < FILES; n++) await client.publishAsync("recordings", join(folder, `${n}.wav`), { qos: 2 });
    await client.endAsync();
    await sleep(1500);
    await reds[0]?.kill();
    const before = sink.got.length;
    await until(() => sink.got.length >= FILES, 90_000);
    await sleep(3000); // whatever comes twice has its chance
    const texts = sink.got.map(({ text }) => Number(/speech of (\d+)\.wav/.exec(text ?? "")?.[1]));
    console.log(
      `      ${FILES} files: ${before} done when one was killed, ${sink.got.filter(({ by }) => by === "two").length} by the other, ${engine.control.jobs.length} jobs`,
    );
    should(texts.sort((a, b) => a - b)).eql(Array.from({ length: FILES }, (_, n) => n));
    should(engine.control.jobs).have.length(FILES);
  });
});
