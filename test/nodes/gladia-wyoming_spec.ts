import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import should from "should";
import { wavFile } from "../../src/wyoming/audio";
import { type Engine, startEngine } from "../support/engine";
import { Flow, type Msg, until } from "../support/flow";
import helper from "../support/helper";
import { speech } from "../support/live";
import { liveServer } from "../support/live-server";
import { freePort } from "../support/programs";
import { WyomingClient } from "../support/wyoming";

const FORMAT = { rate: 16_000, width: 2, channels: 1 };
/** What the engine's scripted recogniser says of loud sound without a script. */
const SAID = /^speech [\da-f]+/;

interface Report {
  describeMs: number;
  program: { name: string; requires_external_vad: boolean; installed: boolean };
  languages: number;
  heard: { text?: string; error?: { text: string; code: string }; closed?: true; seen: string[]; ms: number }[];
}

const languagesOf = ([msg]: Msg[]) => (msg?.gladia?.job?.request_params?.["language_config"] as Msg)?.["languages"];

describe("gladia-wyoming", () => {
  let engine: Engine & { folder: string };
  let port: number;
  const clip = async (name: string, bytes: Buffer) => {
    const path = join(engine.folder, name);
    await writeFile(path, wavFile([bytes]));
    return path;
  };
  const start = async (node: object = {}, account: object = {}) => {
    port = await freePort();
    const flow = await Flow.start([{ type: "gladia-wyoming", port, ...node }], { apiUrl: engine.url, ...account });
    await until(() => flow.seen.statuses.some(({ text }) => text?.endsWith("listening")));
    return flow;
  };
  /** Home Assistant's part, in a process of its own. */
  const homeAssistant = async (files: string[], language = "en-US"): Promise<Report> => {
    const script = join(__dirname, "../support/home-assistant.mjs");
    const { stdout } = await promisify(execFile)(process.execPath, [script, String(port), language, "4", ...files]);
    return JSON.parse(stdout) as Report;
  };

  before(async () => {
    engine = await startEngine();
  });
  after(() => engine.close());
  beforeEach(() => {
    engine.control.reset();
    engine.control.settings.languages = "any";
  });
  afterEach(() => Flow.stop());

  for (const mode of ["live", "pre-recorded"]) {
    it(`answers Home Assistant, utterance by utterance, and the text goes down the flow (${mode})`, async () => {
      const { seen } = await start({ mode, name: "Kitchen" });
      const say = async (text: string[], seconds: number) => {
        engine.control.script({ text });
        return homeAssistant([await clip("one.wav", speech(2, seconds))]);
      };
      const { describeMs, program, languages, heard } = await say(["turn on", "the light"], 0.5);
      heard.push(...(await say(["good", "night"], 0.4)).heard);
      should(describeMs).be.below(1000);
      should(program).have.properties({ name: "Kitchen", installed: true, requires_external_vad: true });
      should(languages).be.above(90);
      should(heard.map(({ text }) => text)).eql(["turn on the light", "good night"]);
      await until(() => seen.out.length === 2);
      should(seen.out.map(({ payload }) => payload)).eql(["turn on the light", "good night"]);
      should(seen.out[0]).have.properties({ ip: "127.0.0.1" });
      should(seen.out[0]?.["_session"].type).equal("wyoming");
      should(seen.out[0]?.["_session"].id).not.equal(seen.out[1]?.["_session"].id);
      should(seen.caught).be.empty();
      if (mode === "live")
        should(heard[0]?.seen).eql(["transcript-start", "transcript-chunk", "transcript-chunk", "transcript"]);
      else should(seen.progress.map(({ payload }) => payload.status)).containEql("queued");
    });
  }

  it("gives the finals and partials of a live session at its second output", async () => {
    const { seen } = await start();
    await homeAssistant([await clip("one.wav", speech(2))]);
    await until(() => seen.out.length === 1);
    const types = seen.progress.map(({ gladia }) => `${gladia?.message?.type} ${gladia?.is_final}`);
    should(types).containEql("transcript true");
    should(types).containEql("transcript false");
    should(types.some((type) => type.startsWith("audio_chunk"))).be.false();
    const finals = seen.progress.filter(({ gladia }) => gladia?.is_final).map(({ payload }) => payload);
    should(seen.out[0]?.payload).equal(finals.join(" "));
    for (const msg of seen.progress) should(msg["_session"]).eql(seen.out[0]?.["_session"]);
  });

  it("asks for the language of the client, unless the node has one", async () => {
    const { seen } = await start({ mode: "pre-recorded" });
    await homeAssistant([await clip("one.wav", speech(1))], "de-CH");
    await until(() => seen.out.length === 1);
    should(languagesOf(seen.out)).eql(["de"]);
    await Flow.stop();
    const other = await start({ mode: "pre-recorded", options: { language_config: { languages: ["fr"] } } });
    await homeAssistant([await clip("one.wav", speech(1))], "de");
    await until(() => other.seen.out.length === 1);
    should(languagesOf(other.seen.out)).eql(["fr"]);
  });

  it("says to its client in parts what it says in all, however the finals are spaced", async () => {
    const server = await liveServer((socket) => {
      const say = (message: object) => socket.send(JSON.stringify({ session_id: "session-1", ...message }));
      socket.on("message", (_, isBinary) => {
        if (isBinary) return;
        ["Turn on", "the light.", " ", "電気を", "つけて"].forEach((text, i) => {
          say({ type: "transcript", data: { id: `00_${i}`, is_final: true, utterance: { text, channel: 0 } } });
        });
        say({ type: "stop_recording", acknowledged: true, error: null, data: null });
        socket.close(1000);
      });
    });
    try {
      await start({}, { apiUrl: server.url });
      const client = await WyomingClient.connect(port);
      client.speak(FORMAT, speech(0.5));
      const events: { type: string; data: Msg }[] = [];
      while (events.at(-1)?.type !== "transcript-stop") events.push(await client.next());
      const parts = events.flatMap(({ type, data }) => (type === "transcript-chunk" ? [data["text"]] : []));
      should(parts).eql(["Turn on", " the light.", " 電気を", "つけて"]);
      should(events.find(({ type }) => type === "transcript")?.data["text"]).equal(parts.join(""));
      client.destroy();
    } finally {
      await Flow.stop();
      await server.close();
    }
  });

  for (const mode of ["live", "pre-recorded"]) {
    it(`expects the names and terms of its client, unless its own options have words (${mode})`, async () => {
      const wordsAsked = async (options: object) => {
        const { seen } = await start({ mode, options });
        const client = await WyomingClient.connect(port);
        client.send("transcribe", { language: "en", transcript_names: ["Sasha"], transcript_terms: ["pantry light"] });
        client.speak(FORMAT, speech(0.5));
        await until(() => seen.out.length === 1);
        client.destroy();
        await Flow.stop();
        const list = await fetch(`${engine.url}/v2/${mode}`, { headers: { "x-gladia-key": "key" } });
        const { request_params } = ((await list.json()) as { items: Msg[] }).items[0] as Msg;
        return mode === "live" ? request_params.realtime_processing : request_params;
      };
      should(await wordsAsked({})).containDeep({
        custom_vocabulary: true,
        custom_vocabulary_config: { vocabulary: ["Sasha", "pantry light"] },
      });
      const own = { custom_vocabulary: true, custom_vocabulary_config: { vocabulary: ["larder"] } };
      should((await wordsAsked(own)).custom_vocabulary_config.vocabulary).eql(["larder"]);
    });

    it(`has the options of its preset, over which its own lie and under which the client's language does (${mode})`, async () => {
      const presets = {
        home: { custom_metadata: { room: "hall", house: "mine" }, language_config: { languages: ["it"] } },
      };
      const { seen } = await start(
        { mode, preset: "home", options: { custom_metadata: { room: "kitchen" } } },
        { presets },
      );
      await homeAssistant([await clip("one.wav", speech(0.5))], "de");
      await until(() => seen.out.length === 1);
      const list = await fetch(`${engine.url}/v2/${mode}`, { headers: { "x-gladia-key": "key" } });
      const { items } = (await list.json()) as { items: Msg[] };
      should(items[0]?.["request_params"]["language_config"]["languages"]).eql(["it"]);
      should(items[0]?.["custom_metadata"]).containEql({ room: "kitchen", house: "mine" });
      await Flow.stop();
      const gone = await start({ mode, preset: "none" });
      await homeAssistant([await clip("one.wav", speech(0.5))]);
      await until(() => gone.seen.caught.length === 1);
      should(gone.seen.caught[0]?.error.code).equal("GLADIA_CONFIG");
    });

    it(`hears audio of every format, also of one that changes, as 16 kHz, 16 bit and one channel (${mode})`, async () => {
      const { seen } = await start({ mode });
      const client = await WyomingClient.connect(port);
      const loud = speech(0.5);
      client.begin({ rate: 44_100, width: 3, channels: 2 }, loud);
      client.begin({ rate: 11_025, width: 1, channels: 1 }, loud);
      client.send("audio-chunk", { rate: 48_000, width: 4, channels: 2 }, loud);
      client.send("audio-stop");
      for (let type = ""; type !== "transcript"; ) {
        const event = await client.next();
        ({ type } = event);
        if (type === "transcript") should(event.data["text"]).match(/^speech /);
      }
      const { items } = (await (
        await fetch(`${engine.url}/v2/${mode}`, { headers: { "x-gladia-key": "key" } })
      ).json()) as { items: Msg[] };
      if (mode === "live") {
        const format = { encoding: "wav/pcm", bit_depth: 16, sample_rate: 16_000, channels: 1 };
        should(items[0]?.["request_params"]).containEql(format);
      } else should(items[0]?.["file"]).containEql({ number_of_channels: 1 });
      should(seen.caught).be.empty();
      client.destroy();
    });
  }

  it("joins a silent utterance to an empty text, and tells the flow nothing", async () => {
    const { seen } = await start();
    const { heard } = await homeAssistant([await clip("one.wav", Buffer.alloc(32_000))]);
    should(heard.map(({ text }) => text)).eql([""]);
    should(seen.out).be.empty();
  });

  it("describes itself and answers pings without Gladia, and gives an error and hangs up when that refuses", async () => {
    const flow = await start({ mode: "live" }, { apiKey: "wrong" });
    const client = await WyomingClient.connect(port);
    client.send("ping", { text: "a" });
    should(await client.next()).eql({ type: "pong", data: { text: "a" } });
    client.speak(FORMAT, speech(1));
    const { type, data } = await client.next();
    should(type).equal("error");
    should(data["code"]).equal("GLADIA_AUTH");
    await client.closed;
    await until(() => flow.seen.caught.length === 1);
    should(flow.seen.caught[0]?.error.code).equal("GLADIA_AUTH");
    const { program, heard } = await homeAssistant([]);
    should(program.name).equal("Gladia");
    should(heard).be.empty();
  });

  describe("with a reply", () => {
    const withReply = async (more: object = {}) => {
      const flow = await start({ reply: true, inputs: 1, ...more });
      const node = helper.getNode(String((flow.flow[1] as { id: string }).id));
      return { flow, back: (msg: Msg) => node.receive(msg as never) };
    };

    it("waits for the flow's text", async () => {
      const { flow, back } = await withReply({ replyTimeout: 20 });
      helper.getNode("out").on("input", (msg) => back({ ...(msg as Msg), payload: `${(msg as Msg).payload}, please` }));
      engine.control.script({ text: ["stop"] });
      const { heard } = await homeAssistant([await clip("one.wav", speech(1))]);
      should(heard[0]?.text).equal("stop, please");
      should(heard[0]?.seen).eql(["transcript"]);
      should(flow.seen.caught).be.empty();
    });

    it("goes on with its own text when none comes, and fails the one that comes too late", async () => {
      const { flow, back } = await withReply({ replyTimeout: 0.2 });
      const { heard } = await homeAssistant([await clip("one.wav", speech(1))]);
      should(heard[0]?.text).match(SAID);
      back({ ...flow.seen.out[0] });
      back({ payload: "of another node" });
      await until(() => flow.seen.caught.length === 2);
      for (const { error } of flow.seen.caught) should(error.code).equal("GLADIA_NOT_FOUND");
    });

    it("takes a text only", async () => {
      const { flow, back } = await withReply({ replyTimeout: 1 });
      helper.getNode("out").on("input", (msg) => back({ ...(msg as Msg), payload: { text: "x" } }));
      const { heard } = await homeAssistant([await clip("one.wav", speech(1))]);
      should(heard[0]?.text).match(SAID);
      should(flow.seen.caught[0]?.error.code).equal("GLADIA_OPTIONS");
    });
  });

  describe("of a live session", () => {
    type Say = (message: object) => void;
    const final = {
      type: "transcript",
      data: { id: "00_0", is_final: true, utterance: { text: " Good night.", channel: 0 } },
    };
    const listening = async (
      onStop: (say: Say) => void,
      onAudio: (say: Say, socket: { close(code: number): void }) => void,
    ) => {
      const server = await liveServer((socket) => {
        const say = (message: object) => socket.send(JSON.stringify({ session_id: "session-1", ...message }));
        socket.on("message", (data, isBinary) => {
          if (isBinary) onAudio(say, socket);
          else if (JSON.parse(String(data)).type === "stop_recording") onStop(say);
        });
      });
      const flow = await start({}, { apiUrl: server.url });
      return { server, flow, client: await WyomingClient.connect(port) };
    };

    for (const type of ["end_recording", "post_transcript"]) {
      it(`answers when all is transcribed (${type}), not when the summary is there, and leaves no session`, async () => {
        const { server, flow, client } = await listening(
          (say) => {
            say(final);
            say({ type, data: {} });
          },
          () => {},
        );
        client.speak(FORMAT, speech(0.5));
        const events: string[] = [];
        while (events.at(-1) !== "transcript") events.push((await client.next()).type);
        client.destroy();
        await until(() => flow.seen.out.length === 1);
        should(flow.seen.out[0]?.payload).equal("Good night.");
        should(server.sockets.clients.size).equal(1);
        await Flow.stop();
        await until(() => server.sockets.clients.size === 0, 1000);
        await server.close();
      });
    }

    it("does not give the beginning for all of it, when the server ends the session meanwhile", async () => {
      let count = 0;
      const { server, flow, client } = await listening(
        () => {},
        (say, socket) => {
          if (++count !== 3) return;
          say(final);
          socket.close(1000);
        },
      );
      client.begin(FORMAT, speech(1));
      await until(() => flow.seen.progress.length === 1);
      await sleep(100);
      client.send("audio-stop");
      const events: string[] = [];
      while (events.at(-1) !== "error") events.push((await client.next()).type);
      should(events).not.containEql("transcript");
      await until(() => flow.seen.caught.length === 1);
      should(flow.seen.out).eql([]);
      should(flow.seen.warnings.some((text) => text.includes("s of audio of a live session were lost"))).equal(true);
      await Flow.stop();
      await server.close();
    });
  });

  it("says why there was no transcript in time, when the server cannot be reached", async () => {
    const { seen } = await start({}, { apiUrl: `http://127.0.0.1:${await freePort()}` });
    const client = await WyomingClient.connect(port);
    client.speak(FORMAT, speech(0.5));
    const { type, data } = await client.next();
    should({ type, code: data["code"] }).eql({ type: "error", code: "GLADIA_NETWORK" });
    should(data["text"]).match(/ECONNREFUSED/);
    await client.closed;
    should(seen.caught.map(({ error }) => error.code)).eql(["GLADIA_NETWORK"]);
  });

  it("says that the limit of sessions is reached, when no session could begin in time", async () => {
    engine.control.settings.liveLimit = 0;
    const { seen } = await start();
    const client = await WyomingClient.connect(port);
    client.speak(FORMAT, speech(0.5));
    const { type, data } = await client.next();
    should({ type, code: data["code"] }).eql({ type: "error", code: "GLADIA_RATE_LIMIT" });
    await client.closed;
    should(seen.caught.map(({ statusCode }) => statusCode)).eql([429]);
  });

  it("cancels what nobody waits for any more", async () => {
    await start();
    const client = await WyomingClient.connect(port);
    client.begin(FORMAT, speech(1));
    await until(() => engine.control.counts["socket"] === 1);
    client.destroy();
    const sessions = async () => {
      const list = await fetch(`${engine.url}/v2/live`, { headers: { "x-gladia-key": "key" } });
      return ((await list.json()) as { items: { status: string }[] }).items;
    };
    while ((await sessions()).some(({ status }) => status !== "done" && status !== "error")) await sleep(20);
    should(await sessions()).not.be.empty();
  });

  it("says that its port is taken, and takes it when it is free", async () => {
    port = await freePort();
    const other: Server = createServer().listen(port, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const flow = await Flow.start([{ type: "gladia-wyoming", port }], { apiUrl: engine.url });
    await until(() => flow.seen.errors.length === 1);
    should(flow.seen.errors[0]).match(/EADDRINUSE/);
    other.close();
    await until(() => flow.seen.statuses.at(-1)?.text?.endsWith("listening") === true, 15_000);
    should(flow.seen.errors).have.length(1);
  });

  it("leaves no connection when it is deployed anew", async () => {
    await start();
    const client = await WyomingClient.connect(port);
    client.begin(FORMAT, speech(1));
    await until(() => engine.control.counts["socket"] === 1);
    await Flow.stop();
    await client.closed;
    await should(WyomingClient.connect(port)).rejectedWith({ code: "ECONNREFUSED" });
  });
});
