import { setTimeout as sleep } from "node:timers/promises";
import should from "should";
import type { GladiaError } from "../../src/errors";
import { WyomingServer } from "../../src/wyoming/server";
import { type Engine, startEngine } from "../support/engine";
import { Flow, until } from "../support/flow";
import { speech } from "../support/live";
import { freePort } from "../support/programs";
import { WyomingClient } from "../support/wyoming";

const FORMAT = { rate: 16_000, width: 2, channels: 1 };

describe("strangers at the Wyoming port", function () {
  this.timeout(60_000);
  let engine: Engine & { folder: string };
  let port: number;
  let flow: Flow;
  const open: WyomingClient[] = [];
  const client = async () => {
    const one = await WyomingClient.connect(port);
    open.push(one);
    return one;
  };
  /** That an honest client is served as before. */
  const isServed = async () => {
    const honest = await client();
    honest.speak(FORMAT, speech(1));
    for (;;) {
      const { type, data } = await honest.next();
      if (type !== "transcript") continue;
      should(data["text"]).match(/^speech/);
      return;
    }
  };
  const isRefused = async (one: WyomingClient, code: string) => {
    const { type, data } = await one.next();
    should(type).equal("error");
    should(data["code"]).equal(code);
    await one.closed;
  };

  before(async () => {
    engine = await startEngine();
    engine.control.settings.languages = "any";
    port = await freePort();
    flow = await Flow.start([{ type: "gladia-wyoming", port }], { apiUrl: engine.url });
    await until(() => flow.seen.statuses.some(({ text }) => text?.endsWith("listening")));
  });
  after(async () => {
    await Flow.stop();
    await engine.close();
  });
  afterEach(() => {
    for (const one of open.splice(0)) one.destroy();
  });

  const WRONG: [what: string, bytes: () => Buffer | string][] = [
    ["garbage", () => Buffer.from([0, 255, 10, 1, 2, 3])],
    ["HTTP", () => "GET / HTTP/1.1\r\nhost: x\r\n\r\n"],
    ["JSON that is no event", () => "[1,2,3]\n"],
    ["a type that is none", () => '{"type":{}}\n'],
    ["a payload of 1 GB", () => '{"type":"audio-chunk","payload_length":1000000000}\n'],
    ["data of 1 GB", () => '{"type":"describe","data_length":1000000000}\n'],
    ["a length below zero", () => '{"type":"describe","data_length":-5}\n'],
    ["a length that is none", () => '{"type":"describe","data_length":"9"}\n'],
    ["a length beyond all numbers", () => '{"type":"describe","data_length":1e300}\n'],
    ["data that is no JSON", () => '{"type":"describe","data_length":3}\nxyz'],
    ["JSON nested deeply", () => `{"type":"describe","data":${"[".repeat(30_000)}\n`],
    ["a line without end", () => Buffer.alloc(200_000, "x")],
    ["audio without a format", () => '{"type":"audio-chunk","payload_length":2}\nab'],
    ["a rate of 4 GHz", () => '{"type":"audio-start","data":{"rate":4000000000,"width":2,"channels":1}}\n'],
    ["a rate of 3 kHz", () => '{"type":"audio-start","data":{"rate":3000,"width":2,"channels":1}}\n'],
  ];
  for (const [what, bytes] of WRONG) {
    it(`get an error and the end for ${what}`, async () => {
      const one = await client();
      one.write(bytes());
      await isRefused(one, "GLADIA_AUDIO");
      await isServed();
    });
  }

  it("get an error for a format that becomes none, and for a next utterance, or more of one, before the answer", async () => {
    const changing = await client();
    changing.begin(FORMAT, speech(1));
    changing.send("audio-chunk", { ...FORMAT, channels: 0 }, Buffer.alloc(4));
    await isRefused(changing, "GLADIA_AUDIO");
    const late = await client();
    late.speak(FORMAT, speech(1));
    late.send("audio-chunk", FORMAT, Buffer.alloc(4));
    for (let type = ""; type !== "error"; ) ({ type } = await late.next());
    const hasty = await client();
    hasty.speak(FORMAT, speech(1));
    hasty.send("audio-start", FORMAT);
    for (let type = ""; type !== "error"; ) ({ type } = await hasty.next());
    await hasty.closed;
    await isServed();
  });

  it("are heard with samples cut anywhere", async () => {
    const one = await client();
    const pcm = speech(1);
    one.send("audio-start", FORMAT);
    for (let at = 0; at < pcm.length; at += 1001) one.send("audio-chunk", FORMAT, pcm.subarray(at, at + 1001));
    one.send("audio-stop");
    for (;;) {
      const { type, data } = await one.next();
      if (type !== "transcript") continue;
      should(data["text"]).match(/^speech/);
      break;
    }
  });

  it("get an empty text when they say nothing, and any unknown event is passed over", async () => {
    const one = await client();
    one.send("detect", { names: ["x"] });
    one.send("audio-stop");
    should(await one.next()).eql({ type: "transcript-start", data: {} });
    should(await one.next()).eql({ type: "transcript", data: { text: "" } });
    should(await one.next()).eql({ type: "transcript-stop", data: {} });
  });

  it("are turned away when there are too many, and leave room when they go", async () => {
    const many = await Promise.all(Array.from({ length: 20 }, client));
    await isRefused(await client(), "GLADIA_QUEUE_FULL");
    many[0]?.destroy();
    await many[0]?.closed;
    await isServed();
  });

  it("are told so, each of a thousand at once, and leave room when they go", async () => {
    const before = flow.seen.warnings.length;
    const many = await Promise.all(Array.from({ length: 1000 }, client));
    const refused = many.slice(20);
    await Promise.all(refused.map((one) => isRefused(one, "GLADIA_QUEUE_FULL")));
    for (const one of many.slice(0, 20)) {
      one.send("ping", { text: "a" });
      should((await one.next()).type).equal("pong");
      one.destroy();
      await one.closed;
    }
    await isServed();
    should(flow.seen.warnings.length - before).be.belowOrEqual(1);
  });

  it("get their transcript when they have closed their side, and no session goes on when that was too early", async () => {
    const one = await client();
    one.speak(FORMAT, speech(1));
    one.end();
    for (let type = ""; type !== "transcript"; ) ({ type } = await one.next());
    await one.closed;
    const early = await client();
    const before = Number(engine.control.counts["socket"]);
    early.begin(FORMAT, speech(1));
    await until(() => Number(engine.control.counts["socket"]) > before);
    early.end();
    await early.closed;
    const running = async () => {
      const list = await fetch(`${engine.url}/v2/live`, { headers: { "x-gladia-key": "key" } });
      const { items } = (await list.json()) as { items: { status: string }[] };
      return items.filter(({ status }) => status !== "done" && status !== "error");
    };
    while ((await running()).length > 0) await sleep(20);
    const silent = await client();
    silent.end();
    await silent.closed;
    await isServed();
  });

  it("are not heard any more once they were told an error", async () => {
    const one = await client();
    const before = engine.control.counts["socket"];
    const [bad, good] = [{ ...FORMAT, channels: 0 }, FORMAT].map(
      (data) => `${JSON.stringify({ type: "audio-start", data })}\n`,
    );
    one.write(`${bad}${good}${good}`);
    await isRefused(one, "GLADIA_AUDIO");
    should(engine.control.counts["socket"]).equal(before);
    await isServed();
  });

  it("are cut off when they ask and do not read", async () => {
    const deaf = await client();
    deaf.pause();
    const ask = '{"type":"describe"}\n'.repeat(200);
    for (let n = 0; n < 200; n++) {
      if (!deaf.write(ask)) await sleep(1);
    }
    await isServed();
  });

  it("cause few warnings, which say where they are", () => {
    const told = flow.seen.warnings.filter((text) => text.startsWith("A Wyoming client"));
    should(told.length).be.within(3, 12);
    should(told[0]).match(/127\.0\.0\.1/);
    should(flow.seen.caught).be.empty();
  });

  it("that send nothing, byte by byte, or a ping instead of audio, or speak too long, lose their connection", async () => {
    const failed: unknown[] = [];
    const server = new WyomingServer({
      host: "127.0.0.1",
      port: 0,
      limits: { idle: 100, seconds: 1 },
      listening: {
        info: () => ({}),
        streams: false,
        listen: async () => ({ write: () => {}, end: async () => ({ text: "" }), cancel: () => {} }),
        failed: (error) => failed.push((error as GladiaError).key),
        tell: (error) => ({ text: String(error), code: (error as GladiaError).code }),
      },
    });
    await server.listen();
    port = server.port;
    await isRefused(await client(), "GLADIA_TIMEOUT");
    const half = await client();
    half.write('{"type":"audio-st');
    await isRefused(half, "GLADIA_TIMEOUT");
    const slow = await client();
    const drip = setInterval(() => slow.write(" "), 20);
    await isRefused(slow, "GLADIA_TIMEOUT");
    clearInterval(drip);
    const pinging = await client();
    pinging.send("audio-start", FORMAT);
    const ping = setInterval(() => pinging.send("ping"), 20);
    for (let type = ""; type !== "error"; ) ({ type } = await pinging.next());
    await pinging.closed;
    clearInterval(ping);
    const endless = await client();
    endless.send("audio-start", FORMAT);
    const crumb = setInterval(() => endless.send("audio-chunk", FORMAT, Buffer.alloc(2)), 20);
    await isRefused(endless, "GLADIA_AUDIO");
    clearInterval(crumb);
    const long = await client();
    long.begin(FORMAT, Buffer.alloc(64_000));
    await isRefused(long, "GLADIA_AUDIO");
    should(failed).eql([
      "wyoming-idle",
      "wyoming-idle",
      "wyoming-idle",
      "wyoming-idle",
      "wyoming-long",
      "wyoming-long",
    ]);
    await server.close();
  });
});
