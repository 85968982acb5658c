import { createSocket } from "node:dgram";
import { connect, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectMqtt } from "mqtt";
import should from "should";
import { WebSocket } from "ws";
import { type Engine, startEngine } from "../support/engine";
import { Flow, until } from "../support/flow";
import helper, { coreNode } from "../support/helper";
import { speech } from "../support/live";
import { socketPacket, twilio } from "../support/live-sources";
import { startBroker } from "../support/programs";

/** Node-RED's own nodes before a live node, with nothing between. */
describe("sources of live audio", () => {
  let engine: Engine & { folder: string };
  const audio = speech(1);

  before(async () => {
    engine = await startEngine();
    await new Promise<void>((resolve) => helper.startServer(() => resolve()));
  });
  after(async () => {
    await new Promise<void>((resolve) => helper.stopServer(() => resolve()));
    await engine.close();
  });
  beforeEach(() => {
    engine.control.reset();
    engine.control.settings.languages = "any";
  });
  afterEach(() => Flow.stop());

  const freePort = async (): Promise<number> => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    return port;
  };
  const start = (source: object, core: string, live: object = {}, configs: Record<string, unknown>[] = []) =>
    Flow.start(
      [source as Record<string, unknown>, { type: "gladia-live", idle: 1, ...live }],
      { apiUrl: engine.url },
      {},
      [coreNode(core)],
      configs,
    );
  const get = (path: string) => fetch(`${engine.url}/v2/live${path}`, { headers: { "x-gladia-key": "key" } });
  /** What the server got of its newest session, once that is over: its options, and its audio. */
  const received = async (flow: Flow): Promise<{ request: Record<string, unknown>; audio: Buffer }> => {
    await until(() => flow.seen.out.length > 0 || flow.seen.caught.length > 0, 15_000);
    should(flow.seen.caught.map(({ error }) => error.message)).eql([]);
    for (;;) {
      const { items } = (await (await get("")).json()) as { items: Record<string, unknown>[] };
      const [session] = items;
      if (session?.["status"] === "done") {
        const file = Buffer.from(await (await get(`/${session["id"]}/file`)).arrayBuffer());
        return {
          request: session["request_params"] as Record<string, unknown>,
          audio: file.subarray(file.indexOf("data") + 8),
        };
      }
      await sleep(50);
    }
  };

  it("tcp in: AudioSocket of Asterisk", async () => {
    const port = await freePort();
    const flow = await start(
      { type: "tcp in", server: "server", host: "", port, datamode: "stream", datatype: "buffer", newline: "" },
      "network/31-tcpin",
    );
    const call = Buffer.concat([
      socketPacket(0x01, Buffer.alloc(16, 7)),
      ...Array.from({ length: audio.length / 640 }, (_, i) =>
        socketPacket(0x12, audio.subarray(i * 640, i * 640 + 640)),
      ),
      socketPacket(0x00),
    ]);
    const socket = connect(port, "127.0.0.1");
    for (let at = 0; at < call.length; at += 1001) {
      socket.write(call.subarray(at, at + 1001));
      await sleep(5);
    }
    const got = await received(flow);
    socket.destroy();
    should(got.request).have.properties({ encoding: "wav/pcm", sample_rate: 16_000, channels: 1 });
    should(got.audio.equals(audio)).be.true();
  });

  it("udp in: packets with a header of their own", async () => {
    const port = await freePort();
    const flow = await start(
      { type: "udp in", iface: "", port, ipv: "udp4", multicast: "false", group: "", datatype: "buffer" },
      "network/32-udp",
      { skip: 8 },
    );
    const socket = createSocket("udp4");
    for (let at = 0; at < audio.length; at += 640) {
      socket.send(Buffer.concat([Buffer.from("MIC1\0\0\0\0"), audio.subarray(at, at + 640)]), port, "127.0.0.1");
      await sleep(5);
    }
    const got = await received(flow);
    socket.close();
    should(got.audio.equals(audio)).be.true();
  });

  for (const [whole, name] of [
    ["false", "the payload"],
    ["true", "the whole message"],
  ]) {
    it(`websocket in: Twilio's messages as ${name}`, async () => {
      const listener = { id: "listener", type: "websocket-listener", path: "/call", wholemsg: whole };
      const flow = await start({ type: "websocket in", server: "listener", client: "" }, "network/22-websocket", {}, [
        listener,
      ]);
      const loud = Buffer.from(
        Array.from({ length: 8000 }, (_, i) => (i < 6000 && i > 800 ? (i % 2 ? 0x10 : 0x90) : 0xff)),
      );
      const socket = new WebSocket(`${helper.url().replace(/^http/, "ws")}/call`);
      await new Promise((resolve) => socket.once("open", resolve));
      for (const message of twilio("MZ7", { inbound: loud })) socket.send(JSON.stringify(message));
      const got = await received(flow);
      socket.terminate();
      should(got.request).have.properties({ encoding: "wav/ulaw", bit_depth: 8, sample_rate: 8000, channels: 1 });
      should(got.audio.equals(loud)).be.true();
    });
  }

  it("mqtt in: what an ESP32 publishes, as a buffer", async function () {
    const broker = await startBroker();
    if (!broker) {
      console.log("      skipped: needs mosquitto on the PATH");
      return this.skip();
    }
    const device = connectMqtt(`mqtt://127.0.0.1:${broker.port}`);
    try {
      const flow = await start(
        { type: "mqtt in", topic: "mic/+", qos: "1", datatype: "buffer", broker: "broker", inputs: 0 },
        "network/10-mqtt",
        { session: "topic", sessionType: "msg" },
        [
          {
            ...{ id: "broker", type: "mqtt-broker", broker: "127.0.0.1", port: String(broker.port), clientid: "" },
            ...{ autoConnect: true, usetls: false, protocolVersion: "4", keepalive: "60", cleansession: true },
          },
        ],
      );
      await until(() => flow.seen.statuses.some(({ text }) => /connected$/.test(text ?? "")));
      for (let at = 0; at < audio.length; at += 1000) {
        await device.publishAsync("mic/kitchen", audio.subarray(at, at + 1000), { qos: 1 });
      }
      const got = await received(flow);
      should(got.audio.equals(audio)).be.true();
      should(flow.seen.out[0]?.["topic"]).equal("mic/kitchen");
    } finally {
      await Flow.stop();
      await device.endAsync(true);
      await broker.stop();
    }
  });

  it("exec in spawn mode: what a recorder writes", async () => {
    const script = `const b = Buffer.from(process.argv[1], 'base64'); let at = 0; const t = setInterval(() => { process.stdout.write(b.subarray(at, at + 999)); at += 999; if (at >= b.length) clearInterval(t); }, 5);`;
    const short = Buffer.concat([audio.subarray(0, 16_000), Buffer.alloc(4000)]);
    const command = `"${process.execPath}" -e "${script}" ${short.toString("base64")}`;
    const flow = await start(
      { type: "exec", command, addpay: "", append: "", useSpawn: "true", timer: "", winHide: false, oldrc: false },
      "function/90-exec",
    );
    flow.receive({ payload: "" });
    should((await received(flow)).audio.equals(short)).be.true();
  });

  for (const [what, payload] of [
    ["a Buffer", Buffer.alloc(8 * 1024 * 1024, 1)],
    ["an ArrayBuffer", new ArrayBuffer(8 * 1024 * 1024)],
    ["an array of floats", new Float32Array(250_000)],
    ["a Buffer that went through JSON", Buffer.alloc(1024 * 1024, 1).toJSON()],
  ] as const) {
    it(`minutes in one message are heard in turns of the event loop, of ${what}`, async () => {
      const flow = await start({ type: "helper" }, "function/90-exec", { sampleRate: 22_050 });
      let turns = 0;
      let isOver = false;
      const count = () => {
        turns++;
        if (!isOver) setImmediate(count);
      };
      const [live] = flow.flow.filter(({ type }) => type === "gladia-live");
      const node = helper.getNode(String(live?.["id"])) as unknown as { receive(msg: object): void };
      node.receive({ payload: Buffer.alloc(3200, 1) });
      await until(() => flow.seen.completed.length === 1);
      setImmediate(count);
      node.receive({ payload });
      node.receive({ control: "cancel" });
      await until(() => flow.seen.completed.length === 3, 30_000);
      isOver = true;
      should(turns).be.above(3); // of 10 ms each
    });
  }
});
