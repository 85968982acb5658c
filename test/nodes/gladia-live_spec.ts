import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import should from "should";
import { type Engine, startEngine } from "../support/engine";
import { Flow, type Msg, until } from "../support/flow";
import helper from "../support/helper";
import { speech } from "../support/live";
import { liveServer } from "../support/live-server";

describe("gladia-live", () => {
  let engine: Engine & { folder: string };
  const account = (more: object = {}) => ({ apiUrl: engine.url, ...more });
  const others: Msg[] = [];

  const start = async (live: object = {}, more: object = {}) => {
    others.length = 0;
    const node = { type: "gladia-live", ...live, wires: [["out"], ["progress"], ["others"]] };
    const flow = await Flow.start(
      [node],
      account(more),
      {},
      [],
      [{ id: "others", z: "tab", x: 1, y: 1, type: "helper", wires: [] }],
    );
    helper.getNode("others").on("input", (msg) => others.push(msg as Msg));
    return flow;
  };
  /** Audio as a microphone sends it, but not as slowly. */
  const chunks = (audio: Buffer, more: object = {}, size = 3200): Msg[] =>
    Array.from({ length: Math.ceil(audio.length / size) }, (_, i) => ({
      ...more,
      payload: audio.subarray(i * size, (i + 1) * size),
    }));

  before(async () => {
    engine = await startEngine();
  });
  after(() => engine.close());
  beforeEach(() => {
    engine.control.reset();
    engine.control.settings.languages = "any";
  });
  afterEach(() => Flow.stop());

  it("gives finals, partials and everything else at its three outputs, with the source's fields", async () => {
    const flow = await start();
    const { seen } = flow;
    for (const msg of chunks(speech(2), { topic: "kitchen", _session: { type: "tcp", id: "s1" }, mine: 7 }))
      flow.receive({ ...msg, _msgid: "one of the source" });
    flow.receive({ control: "stop" });
    await until(() => seen.out.length === 2);
    for (const msg of seen.out) {
      should(msg).have.properties({ topic: "kitchen", mine: 7, _msgid: "one of the source" });
      should(msg["_session"]).eql({ type: "tcp", id: "s1" });
      should(msg.payload).startWith("speech ");
      should(msg.gladia?.is_final).equal(true);
      should(msg.gladia?.id).match(/^[\da-f-]{36}$/);
      should(msg.gladia?.message?.type).equal("transcript");
    }
    await until(() =>
      others.some(
        (msg) => msg.gladia?.message?.type === "end_recording" || msg.gladia?.message?.type === "post_transcript",
      ),
    );
    should(others.map((msg) => msg.gladia?.message?.type)).containEql("speech_start");
    should(others.map((msg) => msg.gladia?.message?.type)).not.containEql("audio_chunk");
    should(seen.caught).eql([]);
  });

  const talk = (flow: Flow, audio: Buffer, more: object = {}) => {
    for (const msg of chunks(audio, more)) flow.receive(msg);
  };
  /** How the server says that a session stands. */
  const statusOf = async (id: unknown) => {
    const answer = await fetch(`${engine.url}/v2/live/${id}`, { headers: { "x-gladia-key": "key" } });
    return ((await answer.json()) as { status: string }).status;
  };

  it("keeps several speakers apart, by where their audio comes from or by what the message says", async () => {
    for (const [live, who] of [
      [{}, (n: number) => ({ _session: { type: "tcp", id: `s${n}` } })],
      [{ session: "room", sessionType: "msg" }, (n: number) => ({ room: `r${n}` })],
      [{ session: "$string(room)", sessionType: "jsonata" }, (n: number) => ({ room: n })],
    ] as const) {
      const { length } = engine.control.jobs;
      const flow = await start(live);
      const audio = [speech(1), speech(2), speech(3)];
      const parts = audio.map((bytes, n) => chunks(bytes, { ...who(n), n }));
      for (let i = 0; i < 40; i++) for (const part of parts) if (part[i]) flow.receive(part[i] as Msg);
      flow.receive({ control: "stop" });
      await until(() => flow.seen.out.length === 6);
      for (const n of [0, 1, 2]) should(flow.seen.out.filter((msg) => msg["n"] === n)).have.length(n + 1);
      should(new Set(flow.seen.out.map(({ gladia }) => gladia?.id)).size).equal(3);
      should(flow.seen.caught).eql([]);
      should(engine.control.jobs.length).be.aboveOrEqual(length);
      await Flow.stop();
    }
  });

  it("begins at start, ends at stop, and begins anew with the next audio", async () => {
    const flow = await start();
    flow.receive({ control: "start" });
    await until(() => engine.control.counts.socket === 1);
    flow.receive({ control: "start" });
    await until(() => flow.seen.warnings.some((text) => text.startsWith("start was asked for")));
    talk(flow, speech(1));
    flow.receive({ control: "stop" });
    await until(() => flow.seen.out.length === 1);
    talk(flow, speech(1));
    flow.receive({ control: "stop" });
    await until(() => flow.seen.out.length === 2);
    should(engine.control.counts.live).equal(2);
    should(flow.seen.caught).eql([]);
  });

  it("warns of a stop without a start, and refuses a word it does not know", async () => {
    const flow = await start();
    flow.receive({ control: "stop" });
    flow.receive({ control: "louder" });
    await until(() => flow.seen.caught.length === 1);
    should(flow.seen.warnings[0]).startWith("stop was asked for");
    should(flow.seen.caught[0]?.gladia?.error?.code).equal("GLADIA_OPTIONS");
    should(flow.seen.caught[0]?.error.message).containEql('"louder"');
    should(engine.control.counts.live).equal(0);
  });

  for (const [how, live, audioOf, control] of [
    [
      "the connection of a phone call",
      {},
      (n: number, payload: Buffer) => ({
        _session: { type: "websocket", id: `socket-${n}` },
        payload: JSON.stringify({
          event: "media",
          streamSid: `MZ${n}`,
          media: { payload: payload.toString("base64") },
        }),
      }),
      { _session: { type: "websocket", id: "socket-1" } },
    ],
    [
      "its connection where the flow names the speaker",
      { session: "who" },
      (n: number, payload: Buffer) => ({ who: `w${n}`, _session: { type: "tcp", id: `tcp-${n}` }, payload }),
      { _session: { type: "tcp", id: "tcp-1" } },
    ],
    [
      "the id of a stream where the flow names the speaker",
      { session: "who" },
      (n: number, payload: Buffer) => ({
        who: `w${n}`,
        payload: { event: "media", streamSid: `MZ${n}`, media: { payload: payload.toString("base64") } },
      }),
      { streamSid: "MZ1" },
    ],
    [
      "the sender, beside the connection",
      {},
      (n: number, payload: Buffer) => ({ _session: { id: `tcp-${n}` }, ip: "10.0.0.1", port: 7000 + n, payload }),
      { ip: "10.0.0.1", port: 7001 },
    ],
    ["the speaker", { session: "who" }, (n: number, payload: Buffer) => ({ who: `w${n}`, payload }), { who: "w1" }],
  ] as const) {
    it(`ends the one session that a control names by ${how}`, async () => {
      const flow = await start(live);
      const hear = (n: number) => flow.receive(audioOf(n, speech(1).subarray(0, 8000)) as Msg);
      for (const n of [0, 1, 2]) hear(n);
      await until(() => engine.control.counts.socket === 3);
      flow.receive({ control: "stop", _session: { type: "tcp", id: "of nobody" } });
      await until(() => flow.seen.warnings.length === 1);
      flow.receive({ control: "cancel", ...control });
      for (const n of [0, 2, 1]) hear(n);
      await until(() => engine.control.counts.live === 4);
      flow.receive({ control: "stop" });
      await until(() => flow.seen.statuses.at(-1)?.text === undefined);
      should(engine.control.counts.live).equal(4);
      should(flow.seen.warnings).have.length(1);
      should(flow.seen.caught).eql([]);
    });
  }

  it("starts the session of the connection that a start names", async () => {
    const flow = await start();
    const _session = { type: "websocket", id: "socket-1" };
    flow.receive({ control: "start", _session });
    await until(() => engine.control.counts.live === 1);
    for (const msg of chunks(speech(1), { _session })) flow.receive(msg);
    flow.receive({ control: "stop", _session });
    await until(() => flow.seen.out.length === 1);
    should(engine.control.counts.live).equal(1);
  });

  it("is silent after cancel", async () => {
    const flow = await start();
    talk(flow, speech(8));
    await until(() => flow.seen.out.length === 1);
    flow.receive({ control: "cancel" });
    await until(() => flow.seen.statuses.at(-1)?.text === undefined);
    const { length } = flow.seen.out;
    await new Promise((resolve) => setTimeout(resolve, 300));
    should(flow.seen.out).have.length(length);
    should(flow.seen.caught).eql([]);
  });

  it("ends each message once, as soon as its audio is taken", async () => {
    const flow = await start();
    const messages = chunks(speech(2));
    await flow.run(...messages);
    should(flow.seen.completed).have.length(messages.length);
    should(flow.seen.caught).eql([]);
  });

  it("tells Catch of a session that cannot begin, once, with the source's fields", async () => {
    engine.control.settings.liveLimit = 0;
    const flow = await start({ buffer: "1" });
    talk(flow, speech(1), { topic: "hall" });
    await until(() => flow.seen.caught.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 100));
    should(flow.seen.caught).have.length(1);
    should(flow.seen.caught[0]).have.property("topic", "hall");
    should(flow.seen.caught[0]?.gladia?.error).have.property("code", "GLADIA_RATE_LIMIT");
    should(flow.seen.statuses.map(({ text }) => text)).containEql("gladia-live.status.waiting");
    should(flow.seen.statuses.at(-1)).have.properties({ fill: "red", text: "GLADIA_RATE_LIMIT" });
  });

  it("asks once for a session that is refused, and tells each further message why, until a message says start", async () => {
    let asked = 0;
    const server = createServer((request, response) => {
      if (request.method === "POST") asked++;
      response.writeHead(403, { "content-type": "application/json" });
      response.end(JSON.stringify({ message: "no live transcription in this plan" }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const flow = await start({}, { apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
      const { caught } = flow.seen;
      flow.receive({ payload: speech(1) });
      await until(() => caught.length === 1);
      talk(flow, speech(1), { topic: "hall" });
      const messages = chunks(speech(1)).length;
      await until(() => caught.length === 1 + messages);
      should(asked).equal(1);
      for (const { gladia, topic } of caught.slice(1)) {
        should(topic).equal("hall");
        should(gladia?.error).containDeep({ code: "GLADIA_AUTH", cause: { status: 403 } });
      }
      flow.receive({ payload: speech(1), options: { model: "solaria-1" } });
      await until(() => asked === 2 && caught.length === messages + 2);
      flow.receive({ control: "start" });
      await until(() => asked === 3 && caught.length === messages + 3);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  for (const code of [1000, 1001, 4403, 4429]) {
    it(`begins a session anew at once when the server ends one with ${code}, but not one after another with each chunk`, async () => {
      const server = await liveServer((socket) => socket.close(code, "not you"));
      try {
        const flow = await start({}, { apiUrl: server.url });
        const { caught } = flow.seen;
        const chunk = speech(1).subarray(0, 3200);
        const began = performance.now();
        for (let n = 1; n <= 2; n++) {
          flow.receive({ payload: chunk });
          await until(() => server.connections.length === n && flow.seen.statuses.at(-1)?.text !== "connecting");
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
        const { length } = caught;
        for (let n = 0; n < 10; n++) flow.receive({ payload: chunk, topic: "hall" });
        await until(() => caught.length === length + 10);
        should(server.bodies).have.length(2);
        should(caught.at(-1)).have.property("topic", "hall");
        should(caught.at(-1)?.error.message).containEql(code < 4000 ? "as soon as they began" : "not you");
        await new Promise((resolve) => setTimeout(resolve, 2200 - (performance.now() - began)));
        flow.receive({ payload: chunk });
        await until(() => server.bodies.length === 3);
      } finally {
        await Flow.stop();
        await server.close();
      }
    });
  }

  it("warns seldom of a server that goes on refusing audio, and tells in the end of all that is lost", async () => {
    const server = await liveServer((socket) => {
      const say = (message: object) => socket.send(JSON.stringify({ type: "audio_chunk", ...message }));
      socket.on("message", (data, isBinary) => {
        if (isBinary) say({ acknowledged: false, error: { message: "not this" }, data: null });
        else if (JSON.parse(String(data)).type === "stop_recording") socket.close(1000);
        else say({ acknowledged: true, error: null, data: { byte_range: [0, 0] } });
      });
    });
    try {
      const flow = await start({}, { apiUrl: server.url });
      const { warnings, statuses } = flow.seen;
      const audio = speech(1);
      for (const msg of chunks(audio, {}, 1600)) {
        flow.receive(msg);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await until(() => (server.connections[0]?.said.length ?? 0) > 5);
      flow.receive({ control: "stop" });
      await until(() => statuses.length > 1 && statuses.at(-1)?.text === undefined);
      should(warnings.filter((text) => text.startsWith("The server refused"))).have.length(1);
      const lost = warnings
        .map((text) => Number(/^([\d.]+) s of audio/.exec(text)?.[1] ?? 0))
        .filter((seconds) => seconds > 0);
      should(lost).have.length(2);
      should(lost.reduce((sum, seconds) => sum + seconds, 0)).be.approximately(audio.length / 32_000, 0.15);
    } finally {
      await Flow.stop();
      await server.close();
    }
  });

  it("refuses what its settings do not allow, naming the setting", async () => {
    const flow = await start({ framing: "carrier pigeon" });
    flow.receive({ payload: speech(1) });
    await until(() => flow.seen.caught.length === 1);
    should(flow.seen.caught[0]?.gladia?.error?.code).equal("GLADIA_CONFIG");
    should(flow.seen.caught[0]?.error.message).containEql("framing");
    await Flow.stop();
    const other = await start({ encoding: "opus" });
    other.receive({ payload: speech(1) });
    await until(() => other.seen.caught.length === 1);
    should(other.seen.caught[0]?.error.message).containEql("it takes: wav/pcm, wav/alaw");
  });

  it("says what is wrong with the expression that tells speakers apart", async () => {
    const flow = await start({ session: "$who(", sessionType: "jsonata" });
    flow.receive({ payload: speech(1) });
    await until(() => flow.seen.caught.length === 1);
    should(flow.seen.caught[0]?.gladia?.error?.code).equal("GLADIA_CONFIG");
    should(flow.seen.caught[0]?.error.message)
      .match(/\$who\(/)
      .and.not.containEql("[object");
  });

  it("says by itself when nobody speaks any more, and begins a new session with the next audio", async () => {
    const flow = await start({ idle: "0.3" });
    talk(flow, speech(1));
    await until(() => flow.seen.out.length === 1);
    await until(() => flow.seen.statuses.at(-1)?.text === undefined);
    talk(flow, speech(1));
    await until(() => flow.seen.out.length === 2);
    should(new Set(flow.seen.out.map(({ gladia }) => gladia?.id)).size).equal(2);
  });

  it("gives the session's result at the third output, where that is wanted", async () => {
    const flow = await start({ result: true });
    talk(flow, speech(2), { topic: "t" });
    flow.receive({ control: "stop" });
    const result = () => others.find(({ gladia }) => gladia?.job);
    await until(() => result() !== undefined);
    should(result()).have.property("topic", "t");
    should(result()?.gladia?.job).have.properties({ kind: "live", status: "done" });
    should(result()?.payload.trim()).equal(flow.seen.out.map(({ payload }) => payload).join(" "));
    should(result()?.gladia?.id).equal(flow.seen.out[0]?.gladia?.id);
  });

  it("begins no session when the day's minutes are used up, and counts its own", async () => {
    const flow = await start({}, { budget: "0.01" });
    talk(flow, speech(1));
    flow.receive({ control: "stop" });
    await until(() => flow.seen.out.length === 1);
    await until(() => flow.seen.statuses.at(-1)?.text === undefined);
    flow.receive({ payload: speech(1) });
    await until(() => flow.seen.caught.length === 1);
    should(flow.seen.caught[0]?.gladia?.error?.code).equal("GLADIA_BUDGET");
    should(engine.control.counts.live).equal(1);
  });

  it("asks for partials where the second output is wired, unless the options say otherwise", async () => {
    const asked = async () => {
      const answer = await fetch(`${engine.url}/v2/live?limit=1`, { headers: { "x-gladia-key": "key" } });
      const { items } = (await answer.json()) as { items: { request_params: { messages_config?: object } }[] };
      return items[0]?.request_params.messages_config;
    };
    const flow = await start();
    flow.receive({ control: "start" });
    await until(() => engine.control.counts.live === 1);
    should(await asked()).have.properties({ receive_partial_transcripts: true, receive_acknowledgments: true });
    flow.receive({ control: "cancel" });
    await until(() => flow.seen.statuses.at(-1)?.text === undefined);
    flow.receive({ control: "start", options: { messages_config: { receive_partial_transcripts: false } } });
    await until(() => engine.control.counts.live === 2);
    should(await asked()).have.property("receive_partial_transcripts", false);
  });

  it("does not keep a deploy waiting for minutes of audio in one message, and tells that it was not heard whole", async () => {
    const flow = await start({ sampleRate: 22_050 });
    flow.receive({ payload: Buffer.alloc(64 * 1024 * 1024, 1), topic: "long" });
    await until(() => engine.control.counts.live === 1);
    const began = performance.now();
    await helper.setFlows(flow.flow as never, "full" as never);
    should(performance.now() - began).be.below(3000);
    const caught: Msg[] = [];
    helper.getNode("caught").on("input", (msg) => caught.push(msg as Msg));
    await until(() => [...caught, ...flow.seen.caught].length > 0);
    const [told] = [...caught, ...flow.seen.caught];
    should(told).have.property("topic", "long");
    should(told?.gladia?.error).have.property("code", "GLADIA_CANCELLED");
  });

  it("hears after a deploy what came while the node closed", async () => {
    const flow = await start();
    const audio = speech(1);
    const node = helper.getNode(flow.flow.find(({ type }) => type === "gladia-live")?.["id"] as string);
    node.on("close", () => node.receive({ payload: audio } as never));
    await helper.setFlows(flow.flow as never, "full" as never);
    await until(() => engine.control.counts.live === 1);
  });

  it("ends its sessions within two seconds at a deploy, and its successor says what came meanwhile", async () => {
    const got: Msg[] = [];
    const results: Msg[] = [];
    // biome-ignore lint/suspicious/noExplicitAny: a node of the test's own
    const collector = (RED: any) =>
      // biome-ignore lint/suspicious/noExplicitAny: a node of the test's own
      RED.nodes.registerType("collector", function (this: any, def: any) {
        RED.nodes.createNode(this, def);
        this.on("input", (msg: Msg) => (this.id === "results" ? results : got).push(msg));
      });
    const flow = await Flow.start(
      [{ type: "gladia-live", result: true, wires: [["collector"], [], ["results"]] }],
      account(),
      {},
      [collector],
      ["collector", "results"].map((id) => ({ id, z: "tab", x: 1, y: 1, type: "collector", wires: [] })),
    );
    const node = helper.getNode(flow.flow.find(({ type }) => type === "gladia-live")?.["id"] as string);
    const late: unknown[] = [];
    talk(flow, speech(3));
    await until(() => got.length >= 1);
    const send = node.send.bind(node);
    let isClosed = false;
    // biome-ignore lint/suspicious/noExplicitAny: the node's own way to the next ones
    (node as any).send = (msg: any) => {
      if (isClosed) late.push(msg);
      send(msg);
    };
    node.on("close", () => {
      isClosed = true;
    });
    const began = performance.now();
    await helper.setFlows(flow.flow as never, "full" as never);
    should(performance.now() - began).be.below(4000);
    await until(() => new Set(got.map(({ payload }) => payload)).size === 3);
    should(await statusOf(got[0]?.gladia?.id)).equal("done");
    should(got).have.length(3);
    const withJob = () => results.filter(({ gladia }) => gladia?.job);
    await until(() => withJob().length > 0);
    should(withJob()[0]?.payload.trim()).equal(got.map(({ payload }) => payload).join(" "));
    should(withJob()).have.length(1);
    should(late).eql([]);
  });
});
