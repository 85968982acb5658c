import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import should from "should";
import { addressOf, post } from "../support/callbacks";
import { type Engine, startEngine, wav } from "../support/engine";
import { until } from "../support/flow";
import { collector, MortalNodeRed } from "../support/mortal-node-red";

const MEGABYTE = 1024 * 1024;
const FORGED = 10_000;

/** Has Node-RED tell how long its event loop was held (ms) and its memory (bytes), each at the most since the last time. */
const MEASURING = `httpAdminMiddleware: (() => {
  const { monitorEventLoopDelay } = require("node:perf_hooks");
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  let most = 0;
  setInterval(() => { most = Math.max(most, process.memoryUsage().rss); }, 5).unref();
  return (request, response, next) => {
    if (request.url !== "/measure") return next();
    response.json({ held: delay.max / 1e6, memory: Math.max(most, process.memoryUsage().rss) });
    delay.reset();
    most = 0;
  };
})(),`;

interface Told {
  kind: "text" | "callback";
  id?: string;
  size?: number;
}

/** Http in -> transcribe -> the collector, and what the callback node has. */
function flowOf(apiUrl: string, callbackUrl: string, sink: string) {
  const at = { z: "t", x: 100, y: 100 };
  const change = (id: string, to: string, wires: string[]) => ({
    ...at,
    id,
    type: "change",
    rules: [{ t: "set", p: "payload", pt: "msg", to, tot: "jsonata" }],
    wires: [wires],
  });
  return [
    { id: "t", type: "tab", label: "attack" },
    { id: "acc", type: "gladia-config", apiUrl, callbackUrl },
    { ...at, id: "in", type: "http in", url: "/go", method: "post", wires: [["audio", "ok"]] },
    { ...at, id: "ok", type: "http response", statusCode: "202", wires: [] },
    {
      ...at,
      id: "audio",
      type: "function",
      func: 'msg.payload = Buffer.from(msg.payload.audio, "base64"); return msg;',
      outputs: 1,
      wires: [["tr"]],
    },
    { ...at, id: "tr", type: "gladia-transcribe", config: "acc", wires: [["text"], []] },
    change("text", '{"kind": "text", "id": gladia.id}', ["post"]),
    { ...at, id: "cb", type: "gladia-callback", config: "acc", wires: [["told"]] },
    {
      ...at,
      id: "told",
      type: "function",
      func: 'const { text = "", data = [] } = msg.payload; const size = text.length + data.length; return { payload: { kind: "callback", id: msg.gladia.id, size } };',
      outputs: 1,
      wires: [["post"]],
    },
    { ...at, id: "post", type: "http request", method: "POST", url: sink, ret: "txt", wires: [[]] },
  ];
}

describe("the callback address in the hands of strangers", function () {
  this.timeout(120_000);
  let engine: Engine & { folder: string };
  let sink: Awaited<ReturnType<typeof collector<Told>>>;
  let red: MortalNodeRed;
  let url: string;

  before(async () => {
    engine = await startEngine();
    sink = await collector<Told>();
    red = await MortalNodeRed.create(
      flowOf(engine.url, "http://127.0.0.1:1", sink.url),
      { acc: { apiKey: "key" } },
      MEASURING,
    );
    await red.start();
    url = addressOf("acc", red.url);
    while ((await fetch(url)).status !== 204) await sleep(20);
    // What is loaded at first use is loaded.
    for (const body of ["{", { id: "warm", event: "live.start_session", payload: {} }]) await post(url, body);
    await until(() => sink.got.length === 1);
  });
  after(async () => {
    await red?.stop();
    await sink?.close();
    await engine?.close();
  });
  beforeEach(() => {
    sink.got.length = 0;
  });

  const measure = async () => (await (await fetch(`${red.url}/measure`)).json()) as { held: number; memory: number };
  /** What a body is answered with, how long the event loop was held at the most, and what memory it took. */
  const send = async (body: () => Iterable<string | Buffer>, headers: Record<string, string> = {}) => {
    const { memory: before } = await measure();
    const began = performance.now();
    const status = await stream(url, body(), headers);
    const seconds = (performance.now() - began) / 1000;
    await sleep(50);
    const { held, memory } = await measure();
    const grown = (memory - before) / MEGABYTE;
    console.log(`      ${status} after ${seconds.toFixed(2)} s, held ${held.toFixed(0)} ms, ${grown.toFixed(0)} MB`);
    return { status, grown };
  };

  it("take 49 fields of 2 MB for what they are, in little memory", async () => {
    const large = Buffer.alloc(2 * MEGABYTE - 1024, "x");
    const { status, grown } = await send(function* () {
      yield '{"id":"no-such-job","event":"transcription.success"';
      for (let n = 0; n < 49; n++) {
        yield `,"f${n}":"`;
        yield large;
        yield '"';
      }
      yield "}";
    });
    should(status).equal(200);
    should(grown).be.below(150);
  });

  for (const [what, names] of [
    ["its event first", ["event", "payload"]],
    ["its payload first", ["payload", "event"]],
  ] as const) {
    it(`refuse a live event of 93 MB with ${what}`, async () => {
      const piece = Buffer.alloc(MEGABYTE, "x");
      const { status, grown } = await send(function* () {
        yield '{"id":"s1"';
        for (const name of names) {
          if (name === "event") yield ',"event":"live.transcript"';
          else {
            yield ',"payload":{"text":"';
            for (let n = 0; n < 93; n++) yield piece;
            yield '"}';
          }
        }
        yield "}";
      });
      should(status).equal(413);
      should(grown).be.below(150);
      should(sink.got).be.empty();
      should(red.log).match(/live event of more than 4 MB or/);
    });
  }

  it("take a live event of 3.9 MB, or of three hours of words", async () => {
    const words = Array.from({ length: 36_000 }, (_, n) => `{"word":"${n}","start":${n},"end":${n},"confidence":1}`);
    for (const [name, payload] of [
      ["text", `{"text":"${"x".repeat(3.9 * MEGABYTE)}"}`],
      ["words", `{"data":[${words}]}`],
    ]) {
      const { status } = await send(() => [`{"id":"${name}","event":"live.transcript","payload":${payload}}`]);
      should(status).equal(200);
    }
    await until(() => sink.got.length === 2, 20_000);
    should(sink.got.map(({ size }) => size)).eql([Math.trunc(3.9 * MEGABYTE), 36_000]);
  });

  for (const [what, payload] of [
    ["lists", () => `{"data":[${"[],".repeat(1.3 * MEGABYTE)}[]]}`],
    ["numbers", () => `{"data":[${"1,".repeat(1.9 * MEGABYTE)}1]}`],
    ["fields", () => `{"data":{${Array.from({ length: 300_000 }, (_, n) => `"${n}x":1`)}}}`],
  ] as const) {
    it(`refuse a live event of less than 4 MB with more ${what} than anybody can say`, async () => {
      const { status } = await send(() => [`{"id":"${what}","event":"live.transcript","payload":${payload()}}`]);
      should(status).equal(413);
      should(sink.got).be.empty();
      should(red.log).match(/live event of more than 4 MB or 200000 values was refused/);
    });
  }

  it("refuse encodings that are none", async () => {
    for (const encoding of ["constructor", "toString", "__proto__", "zip"]) {
      should(await stream(url, ['{"id":"x"'], { "content-encoding": encoding })).equal(415);
    }
  });

  it("refuse a million names as rubbish", async () => {
    const { status } = await send(function* () {
      yield '{"id":"x","event":"transcription.success"';
      for (let n = 0; n < 1_000_000; n++) yield `,"${n}":0`;
      yield "}";
    });
    should(status).equal(400);
  });

  describe("JSON nested 100,000 deep", () => {
    const deep = (open: string, close: string) => open.repeat(100_000) + close.repeat(100_000);
    const bodies: Record<string, string> = {
      "that never ends": "[".repeat(100_000),
      "of lists": deep("[", "]"),
      "of objects": `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`,
      "in a field": `{"id":"x","event":"transcription.success","custom_metadata":${deep("[", "]")}}`,
      "in a live event": `{"id":"x","event":"live.transcript","payload":${deep("[", "]")}}`,
      "in a webhook": `{"event":"transcription.success","payload":{"id":"x","a":${deep("[", "]")}}}`,
      "in what is none": `{"a":${deep("[", "]")}}`,
    };
    for (const [what, body] of Object.entries(bodies)) {
      it(`${what} is a 400`, async () => {
        should((await post(url, body)).status).equal(400);
      });
    }
  });

  for (const [method, path] of [
    ["GET", ""],
    ["DELETE", ""],
    ["POST", ""],
    ["GET", "x"],
  ] as const) {
    it(`is cut off when a ${method} ${path ? "to another secret " : ""}has a body without end`, async () => {
      const { hostname, port, pathname } = new URL(url);
      const socket = connect(Number(port), hostname);
      const closed = new Promise((resolve) => socket.once("close", resolve));
      socket.on("error", () => {}).resume();
      socket.write(`${method} ${pathname}${path} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n`);
      const chunk = Buffer.from(`10000\r\n${" ".repeat(0x10000)}\r\n`);
      const go = () => {
        while (!socket.destroyed) if (!socket.write(chunk)) return void socket.once("drain", go);
      };
      go();
      await closed;
      should((await fetch(url)).status).equal(204);
    });
  }

  it(`ask Gladia for few of ${FORGED} ids that they made up, and keep no callback of ours waiting`, async () => {
    engine.control.script({ processing: 2000 });
    const before = engine.control.counts.get;
    const answers: Record<number, number> = {};
    await post(`${red.url}/go`, { audio: wav().toString("base64") });
    await until(() => engine.control.jobs.length === 1);
    const began = performance.now();
    const forge = async (from: number) => {
      for (let n = from; n < FORGED; n += 20) {
        const { status } = await post(url, { id: `made-up-${n}`, event: "transcription.success", payload: {} });
        answers[status] = (answers[status] ?? 0) + 1;
      }
    };
    await Promise.all(Array.from({ length: 20 }, (_, n) => forge(n)));
    const id = engine.control.jobs[0]?.id ?? "";
    await post(url, { id, event: "transcription.success", payload: {} });
    await until(() => sink.got.filter((told) => told.id === id).length === 2, 20_000);
    const seconds = (performance.now() - began) / 1000;
    const gets = engine.control.counts.get - before;
    console.log(`      ${JSON.stringify(answers)} and ${gets} requests for jobs in ${seconds.toFixed(1)} s`);
    should(Object.keys(answers)).eql(["200", "503"]);
    should(answers[503]).be.above(FORGED / 2);
    should(gets).be.below(FORGED / 10);
    should(red.log).match(/More callbacks came than can be checked/);
  });
});

/** Sends a body piece by piece and gives the answer's status, which may come before all of it was sent. */
function stream(url: string, pieces: Iterable<string | Buffer>, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method: "POST", headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.on("error", reject); // after the answer nobody listens any more
    const write = async () => {
      for (const piece of pieces) {
        if (request.destroyed) return;
        if (!request.write(piece)) await Promise.race([new Promise((go) => request.once("drain", go)), sleep(2000)]);
      }
      request.end();
    };
    void write();
  });
}
