import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import should from "should";
import { type Engine, startEngine, wav } from "../support/engine";
import { until } from "../support/flow";
import { collector, MortalNodeRed } from "../support/mortal-node-red";

interface Told {
  payload?: unknown;
  topic?: unknown;
  own?: unknown;
  code?: string;
}

const at = { z: "t", x: 100, y: 100 };

/** http in (JSON or bytes) -> `chain` -> the collector; errors go there, too. */
function flowOf(chain: Record<string, unknown>[], account: object, sink: string) {
  const ids = chain.map((_, i) => `n${i}`);
  const say = '{"payload": payload, "topic": topic, "own": own}';
  return [
    { id: "t", type: "tab", label: "restart" },
    { id: "acc", type: "gladia-config", ...account },
    { ...at, id: "in", type: "http in", url: "/go", method: "post", wires: [["answer", "read"]] },
    { ...at, id: "answer", type: "http response", statusCode: "202", wires: [] },
    {
      ...at,
      id: "read",
      type: "change",
      rules: [
        { t: "set", p: "topic", pt: "msg", to: "payload.topic", tot: "msg" },
        { t: "set", p: "own", pt: "msg", to: "payload.own", tot: "msg" },
        { t: "set", p: "payload", pt: "msg", to: "payload.payload", tot: "msg" },
      ],
      wires: [["n0"]],
    },
    ...chain.map((node, i) => ({
      ...at,
      id: ids[i],
      config: "acc",
      paths: "yes",
      wires: i === chain.length - 1 ? [["say"], []] : [[ids[i + 1]]],
      ...node,
    })),
    {
      ...at,
      id: "say",
      type: "change",
      rules: [{ t: "set", p: "payload", pt: "msg", to: say, tot: "jsonata" }],
      wires: [["post"]],
    },
    { ...at, id: "catch", type: "catch", scope: null, wires: [["fail"]] },
    {
      ...at,
      id: "fail",
      type: "change",
      rules: [{ t: "set", p: "payload", pt: "msg", to: '{"code": error.code, "topic": topic}', tot: "jsonata" }],
      wires: [["post"]],
    },
    { ...at, id: "post", type: "http request", method: "POST", url: sink, ret: "txt", wires: [[]] },
  ];
}

describe("a Node-RED that ends in the middle", function () {
  this.timeout(60_000);
  let engine: Engine & { folder: string };
  let sink: Awaited<ReturnType<typeof collector<Told>>>;
  let red: MortalNodeRed;

  beforeEach(async () => {
    engine = await startEngine();
    engine.control.settings.languages = "any";
    sink = await collector<Told>();
  });
  afterEach(async () => {
    await red.stop();
    await sink.close();
    await engine.close();
  });

  const start = async (chain: Record<string, unknown>[], account: object = {}) => {
    red = await MortalNodeRed.create(flowOf(chain, { apiUrl: engine.url, ...account }, sink.url), {
      acc: { apiKey: "key" },
    });
    await writeFile(join(red.folder, "a.wav"), wav(0.2, 1));
    await red.start();
  };
  const send = async (body: object) => {
    await fetch(`${red.url}/go`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  };

  for (const end of ["kill", "shutDown"] as const) {
    it(`goes on waiting for its job after a start (${end})`, async () => {
      engine.control.script({ processing: 4000 });
      await start([{ type: "gladia-transcribe" }]);
      await send({ payload: "a.wav", topic: "door", own: { deep: [1] } });
      await until(() => engine.control.jobs.length === 1);
      await new Promise((resolve) => setTimeout(resolve, 200));
      await red[end]();
      await red.start();
      await until(() => sink.got.length > 0, 20_000);
      should(sink.got).eql([{ payload: sink.got[0]?.payload, topic: "door", own: { deep: [1] } }]);
      should(sink.got[0]?.payload).startWith("speech of a.wav");
      should(engine.control.jobs).have.length(1);
    });
  }

  it("keeps what a function node made, and names what it cannot keep", async () => {
    engine.control.script({ processing: 4000 });
    const func = `msg.own = { customer: { id: 7 }, tags: ["x", { y: 1 }], when: new Date(0) };
msg.photo = Buffer.alloc(10); msg.big = "x".repeat(300000); return msg;`;
    await start([{ type: "function", func, outputs: 1 }, { type: "gladia-transcribe" }]);
    await send({ payload: "a.wav", topic: "door" });
    await until(() => engine.control.jobs.length === 1);
    await red.kill();
    should(red.log)
      .match(/fields photo hold bytes/)
      .and.match(/fields big of this message cannot be kept/);
    await red.start();
    await until(() => sink.got.length > 0, 20_000);
    const own = { customer: { id: 7 }, tags: ["x", { y: 1 }], when: "1970-01-01T00:00:00.000Z" };
    should(sink.got).eql([{ payload: sink.got[0]?.payload, topic: "door", own }]);
  });

  it("goes on from get-result", async () => {
    engine.control.script({ processing: 4000 });
    await start([{ type: "gladia-transcribe", wait: "no" }, { type: "gladia-get-result" }]);
    await send({ payload: "a.wav", topic: "x" });
    await until(() => engine.control.counts.get > 0);
    await red.kill();
    await red.start();
    await until(() => sink.got.length > 0, 20_000);
    should(sink.got).have.length(1);
    should(engine.control.jobs).have.length(1);
  });

  it("uploads what was not uploaded yet when it can be read again", async () => {
    engine.control.fault({ route: "upload", kind: "hang" });
    await start([{ type: "gladia-transcribe" }]);
    await send({ payload: "a.wav", topic: "x" });
    await until(() => engine.control.counts.upload === 1);
    await red.kill();
    await red.start();
    await until(() => sink.got.length > 0, 20_000);
    should(sink.got[0]?.payload).startWith("speech of a.wav");
    should(engine.control.jobs).have.length(1);
  });

  it("goes on from upload as a message that is new to the next node", async () => {
    engine.control.fault({ route: "upload", kind: "hang" });
    await start([{ type: "gladia-upload" }, { type: "gladia-transcribe" }]);
    await send({ payload: "a.wav", topic: "x" });
    await until(() => engine.control.counts.upload === 1);
    await red.kill();
    await red.start();
    await until(() => sink.got.length > 0, 20_000);
    should(sink.got[0]?.payload).startWith("speech of a.wav");
    should(engine.control.counts.upload).equal(2);
    should(engine.control.jobs.map(({ audio_url }) => audio_url)).matchEach(new RegExp(`^${engine.url}/`));
  });

  it("looks the job up whose creation was under way", async () => {
    engine.control.fault({ route: "create", kind: "hang-after" });
    await start([{ type: "gladia-transcribe" }]);
    await send({ payload: "a.wav" });
    await until(() => engine.control.jobs.length === 1);
    await red.kill();
    await red.start();
    await until(() => sink.got.length > 0, 20_000);
    should(sink.got[0]?.payload).startWith("speech of a.wav");
    should(engine.control.counts.create).equal(1);
  });

  it("ends at Catch what was in memory alone", async () => {
    engine.control.fault({ route: "upload", kind: "hang" });
    const toBuffer = {
      type: "function",
      func: 'msg.payload = Buffer.from(msg.payload, "base64"); return msg;',
      outputs: 1,
      config: undefined,
    };
    await start([toBuffer, { type: "gladia-transcribe" }]);
    await send({ payload: wav(0.1).toString("base64"), topic: "lost" });
    await until(() => engine.control.counts.upload === 1);
    await red.kill();
    await red.start();
    await until(() => sink.got.length > 0, 20_000);
    should(sink.got).eql([{ code: "GLADIA_AUDIO", topic: "lost" }]);
    should(engine.control.jobs).be.empty();
  });

  it("takes Buffers, req and res over a redeploy", async () => {
    engine.control.fault({ route: "upload", kind: "hang" });
    const toBuffer = {
      type: "function",
      func: 'msg.payload = Buffer.from(msg.payload, "base64"); return msg;',
      outputs: 1,
    };
    await start([toBuffer, { type: "gladia-transcribe" }]);
    await send({ payload: wav(0.1).toString("base64"), topic: "kept" });
    await until(() => engine.control.counts.upload === 1);
    await red.redeploy(
      flowOf([toBuffer, { type: "gladia-transcribe" }], { apiUrl: engine.url, concurrency: 2 }, sink.url),
    );
    await until(() => sink.got.length > 0, 20_000);
    should(sink.got).have.length(1);
    should(sink.got[0]?.topic).equal("kept");
    should(engine.control.jobs).have.length(1);
  });

  it("keeps the budget over a start", async () => {
    await start([{ type: "gladia-transcribe" }], { budget: "0.003" });
    await send({ payload: "a.wav", topic: 1 });
    await until(() => sink.got.length === 1);
    await red.shutDown();
    await red.start();
    await send({ payload: "a.wav", topic: 2 });
    await until(() => sink.got.length === 2);
    should(sink.got[1]).eql({ code: "GLADIA_BUDGET", topic: 2 });
    should(engine.control.jobs).have.length(1);
  });
});
