import { setTimeout as sleep } from "node:timers/promises";
import should from "should";
import type { WebSocket } from "ws";
import { Transport } from "../../src/http/transport";
import { breakingLine } from "../support/breaking-line";
import { type Engine, startEngine } from "../support/engine";
import { until } from "../support/flow";
import { open, recordingOf, speech } from "../support/live";
import { type Behaviour, liveServer, obliging } from "../support/live-server";

const say = (socket: WebSocket, message: object) => socket.send(JSON.stringify(message));

describe("a live session", () => {
  let transport: Transport;
  let server: Awaited<ReturnType<typeof liveServer>>;

  beforeEach(() => {
    transport = new Transport();
  });
  afterEach(() => transport.close());

  describe("with the local engine", () => {
    let engine: Engine & { folder: string };

    before(async () => {
      engine = await startEngine();
    });
    after(() => engine.close());
    beforeEach(() => {
      engine.control.reset();
      engine.control.settings.languages = "any";
    });

    /** Sends audio, stops, and gives what came of it. */
    const run = async (audio: Buffer, settings: Parameters<typeof open>[2] = {}, options: object = {}) => {
      const heard = open(engine, transport, settings, { ...options });
      heard.session.write(audio);
      heard.session.stop();
      const result = await heard.ended();
      const recording = await recordingOf(engine, result.ids[0] as string);
      return { heard, result, recording };
    };

    it("turns audio into finals and ends when it is stopped", async () => {
      const audio = speech(3);
      const { heard, result, recording } = await run(audio);
      should(result.error).equal(undefined);
      should(result.reason).equal("stopped");
      should(heard.finals()).have.length(3);
      should(recording.subarray(44).equals(audio)).equal(true);
      should(heard.states).eql(["stopping"]);
      should(heard.session.seconds).equal(audio.length / 32_000);
    });

    for (const liveBytes of ["session", "connection"] as const) {
      it(`goes on where it was when bytes are counted over the ${liveBytes}`, async () => {
        engine.control.settings.liveBytes = liveBytes;
        const audio = speech(6);
        for (const after of [30_000, 50_000, 41_000]) engine.control.socketFault({ kind: "drop", after });
        const { heard, result, recording } = await run(audio, { speed: 20 });
        should(result.error).equal(undefined);
        should(recording.subarray(44).equals(audio)).equal(true);
        should(new Set(heard.finals()).size).equal(6);
        should(heard.states).containEql("reconnecting");
        should(result.ids).have.length(1);
      });
    }

    it("asks again for the stop that was on its way when the connection broke", async () => {
      const line = await breakingLine(engine.url);
      const audio = speech(2);
      // The stop is the last frame: the line breaks within it.
      line.breaks.push(audio.length + 400);
      const heard = open(line, transport);
      heard.session.write(audio);
      await until(() => heard.finals().length === 2);
      heard.session.stop();
      await new Promise((resolve) => setTimeout(resolve, 50));
      line.cut();
      const { reason, error } = await heard.ended();
      await line.close();
      should({ reason, error }).eql({ reason: "stopped", error: undefined });
    });

    it("tells what is no message and goes on; unknown messages and errors are passed on", async () => {
      for (const kind of ["bad-json", "unknown-message", "error-message"] as const) {
        engine.control.socketFault({ kind, after: 1000 });
      }
      const { heard, result } = await run(speech(2));
      should(result.error).equal(undefined);
      should(heard.warnings.map(({ key }) => key)).eql(["warning-live-message"]);
      should(heard.messages.map(({ type }) => type)).containDeep(["speech_turn_end", "error"]);
      should(heard.finals()).have.length(2);
    });

    it("counts a refused piece of audio as lost and keeps its place", async () => {
      const audio = speech(4);
      engine.control.socketFault({ kind: "refuse-audio", after: 20_000 });
      engine.control.socketFault({ kind: "drop", after: 60_000 });
      const { heard, result, recording } = await run(audio, { speed: 1 });
      should(result.error).equal(undefined);
      should(heard.warnings.map(({ key }) => key)).eql(["warning-live-refused"]);
      should(heard.dropped).be.approximately(0.1, 0.06);
      should(recording.length - 44).equal(audio.length - Math.round(heard.dropped * 32_000));
    });

    it("lives with acks that are withheld", async () => {
      const audio = speech(3);
      engine.control.socketFault({ kind: "withhold-acks", times: "always", acks: 20 });
      const { recording, heard } = await run(audio);
      should(recording.subarray(44).equals(audio)).equal(true);
      should(heard.finals()).have.length(3);
    });

    it("waits at the limit of sessions, and says so when it lasts", async () => {
      engine.control.settings.liveLimit = 1;
      const first = open(engine, transport);
      await until(() => first.states.includes("recording"));
      const second = open(engine, transport, { buffer: 1 });
      const { error, ids } = await second.ended();
      should(error).have.properties({ code: "GLADIA_RATE_LIMIT", key: "live-limit" });
      should(ids).eql([]);
      should(second.states).containEql("waiting");
      const third = open(engine, transport);
      third.session.write(speech(1));
      await until(() => third.states.includes("waiting"));
      first.session.stop();
      third.session.stop();
      should((await third.ended()).error).equal(undefined);
      should(third.finals()).have.length(1);
    });

    it("stops by itself when no audio comes, and after the longest time", async () => {
      const idle = open(engine, transport, { idle: 0.3 });
      idle.session.write(speech(1));
      should((await idle.ended()).reason).equal("idle");
      should(idle.finals()).have.length(1);
      const long = open(engine, transport, { maximum: 0.3 });
      const writing = setInterval(() => long.session.write(Buffer.alloc(3200)), 50);
      should((await long.ended()).reason).equal("maximum");
      clearInterval(writing);
      should(long.warnings).be.empty();
    });

    it("does not send the rest of a file after the longest time, and says how much that is", async () => {
      const file = speech(60);
      const long = open(engine, transport, { maximum: 1, speed: 1 });
      long.session.write(file);
      should((await long.ended()).reason).equal("maximum");
      should(long.finals()).not.be.empty();
      should(long.session.seconds).be.within(1, 10);
      const [{ key, params } = { key: undefined }] = long.warnings;
      should(key).equal("warning-live-maximum");
      should(long.session.seconds + Number(params?.["seconds"])).be.approximately(file.length / 32_000, 0.2);
    });

    it("ends with the longest time also where a next session has been cut off already", async () => {
      const long = open(engine, transport, { maximum: 1, speed: 1, longest: { pause: 10, at: 20 } });
      long.session.write(speech(60));
      const { reason, ids } = await long.ended();
      should(reason).equal("maximum");
      should(ids).have.length(1);
    });

    it("goes on in a new session before the limit of one, and loses no byte", async () => {
      const audio = speech(6);
      const heard = open(engine, transport, { longest: { pause: 60, at: 1.7 }, speed: 20 });
      for (let at = 0; at < audio.length; at += 50_000) heard.session.write(audio.subarray(at, at + 50_000));
      heard.session.stop();
      const { ids, error } = await heard.ended();
      should(error).equal(undefined);
      should(ids).have.length(Math.ceil(audio.length / 32_000 / 1.7));
      const parts: Buffer[] = [];
      for (const id of ids) parts.push((await recordingOf(engine, id)).subarray(44));
      should(Buffer.concat(parts).equals(audio)).equal(true);
    });

    it("asks for a new session when the one before has nearly sent what it has", async () => {
      const sessions = async () => {
        const answer = await fetch(`${engine.url}/v2/live?limit=1000`, { headers: { "x-gladia-key": "key" } });
        return ((await answer.json()) as { items: unknown[] }).items.length;
      };
      const before = await sessions();
      const heard = open(engine, transport, { longest: { pause: 100, at: 100 }, speed: 25 });
      heard.session.write(speech(1, 110));
      heard.session.stop();
      await until(() => heard.messages.length > 0);
      should(await sessions()).equal(before + 1);
      const { ids, error } = await heard.ended();
      should(error).equal(undefined);
      should(ids).have.length(2);
      should(await sessions()).equal(before + 2);
    });

    it("goes on in a new session when one has lasted that long, however little was said in it", async () => {
      const heard = open(engine, transport, { longest: { pause: 60, at: 0.5 } });
      const words = [speech(0, 0, 0.1), speech(0, 0, 0.2)];
      for (const audio of words) {
        heard.session.write(audio);
        await new Promise((resolve) => setTimeout(resolve, 550));
      }
      heard.session.stop();
      const { ids, error } = await heard.ended();
      should(error).equal(undefined);
      const recordings = await Promise.all(ids.map((id) => recordingOf(engine, id)));
      should(recordings.map((recording) => recording.length - 44)).eql(words.map(({ length }) => length));
    });

    it("forgets at once when it is cancelled, and closes as Gladia wants", async () => {
      const heard = open(engine, transport, { speed: 1 });
      heard.session.write(speech(20));
      await until(() => heard.session.seconds > 0.5);
      heard.session.cancel();
      const { reason, error } = await heard.ended();
      should({ reason, error }).eql({ reason: "cancelled", error: undefined });
      const count = heard.messages.length;
      await new Promise((resolve) => setTimeout(resolve, 100));
      should(heard.messages).have.length(count);
    });

    it("sends what comes faster than it is spoken in real time", async () => {
      const heard = open(engine, transport, { speed: 1 });
      heard.session.write(speech(8));
      await until(() => heard.session.seconds >= 1);
      await new Promise((resolve) => setTimeout(resolve, 300));
      should(heard.session.seconds).be.below(4);
      heard.session.cancel();
      await heard.ended();
    });
  });

  describe("with a server of its own mind", () => {
    const start = async (behave: Behaviour, refuse?: (n: number) => number | undefined) => {
      server = await liveServer(behave, refuse);
      return server;
    };
    const talk = (settings: Parameters<typeof open>[2] = {}, audio = speech(1)) => {
      const heard = open(server, transport, settings);
      heard.session.write(audio);
      return heard;
    };
    afterEach(() => server.close());

    for (const code of [4400, 4401, 4403, 4404, 4408, 4429, 4499]) {
      it(`ends at close code ${code}, with the reason, and without the session's token`, async () => {
        await start((socket) => socket.once("message", () => socket.close(code, "no a-secret-token-of-the-session")));
        const { error, reason } = await talk().ended();
        should(reason).equal("failed");
        should(error).have.property("key", "live-closed");
        const kinds: Record<number, string> = { 4401: "AUTH", 4403: "AUTH", 4404: "NOT_FOUND", 4429: "RATE_LIMIT" };
        should(error).have.property("code", `GLADIA_${kinds[code] ?? "REJECTED"}`);
        should(error?.cause.retryable).equal(code === 4429);
        should(error?.message).containEql(String(code));
        should(error?.message).not.containEql("a-secret-token");
        should(error?.cause).containDeep({ status: code - 4000, id: "session-1" });
        should(server.handshakes).equal(1);
      });
    }

    for (const code of [1000, 1001]) {
      it(`ends without an error at close code ${code}`, async () => {
        await start((socket) => socket.once("message", () => socket.close(code)));
        const { error, reason } = await talk().ended();
        should({ error, reason }).eql({ error: undefined, reason: "closed" });
        should(server.handshakes).equal(1);
      });
    }

    it("shows nothing of the session's token or the key in what it tells, wherever a text is cut", async () => {
      const token = "a-secret-token-of-the-session";
      const said = (filling: number) => `${"x".repeat(filling)} ${token} ${"y".repeat(5000)}`;
      await start((socket) => {
        socket.once("message", () => {
          for (const filling of [60, 75, 185, 195, 960, 3990]) {
            const refused = { type: "audio_chunk", acknowledged: false, error: { message: said(filling) } };
            socket.send(JSON.stringify(refused));
            socket.send(said(filling));
          }
          socket.close(4400, token.slice(0, 20));
        });
      });
      const heard = talk();
      const { error } = await heard.ended();
      should(heard.warnings.length).be.aboveOrEqual(12);
      const shown = JSON.stringify([heard.warnings.map(({ params }) => params), error?.message]);
      should(shown).not.match(/a-secre/);
      should(shown).match(/\*\*\*/);
    });

    for (const code of [1002, 1003, 1008, 1011, 1012, 1013, 3000, 4000, 4399, 4500, 4508, 4999]) {
      it(`goes on with the same session after close code ${code}`, async () => {
        await start((socket, { number }) => {
          if (number === 0) socket.once("message", () => socket.close(code));
          else obliging(socket);
        });
        const heard = talk();
        heard.session.stop();
        const { error, reason } = await heard.ended();
        should({ error, reason }).eql({ error: undefined, reason: "stopped" });
        should(server.bodies).have.length(1);
        const got = Buffer.concat(server.connections[1]?.frames ?? []);
        should(got.equals(speech(1))).equal(true);
      });
    }

    it("sends smaller frames after 1009, and gives up when even small ones are too large", async () => {
      await start((socket) => {
        obliging(socket);
        socket.on("message", (data, isBinary) => {
          if (isBinary && (data as Buffer).length > 1000) socket.close(1009);
        });
      });
      const heard = talk();
      heard.session.stop();
      should((await heard.ended()).error).equal(undefined);
      const largest = (n: number) => Math.max(...(server.connections[n]?.frames ?? []).map(({ length }) => length));
      should(largest(0)).be.above(1000);
      should(largest(server.connections.length - 1)).be.belowOrEqual(1000);
      await server.close();

      await start((socket) => {
        obliging(socket);
        socket.on("message", (_, isBinary) => isBinary && socket.close(1009));
      });
      const { error } = await talk().ended();
      should(error).have.properties({ code: "GLADIA_REJECTED", key: "live-frames" });
    });

    it("frames of at most 512 KiB, of whole samples, however much audio 100 ms have", async () => {
      await start((socket) => obliging(socket));
      const format = { encoding: "wav/pcm", bit_depth: 24, sample_rate: 48_000, channels: 8 } as const;
      const heard = open(server, transport, { speed: 50 }, {}, format);
      for (let n = 0; n < 40; n++) heard.session.write(Buffer.alloc(24 * 4801));
      heard.session.stop();
      await heard.ended();
      const sizes = server.connections[0]?.frames.map(({ length }) => length) ?? [];
      should(sizes.every((size) => size % 24 === 0 && size <= 512 * 1024)).equal(true);
      should(sizes.reduce((sum, size) => sum + size, 0)).equal(40 * 24 * 4801);
    });

    for (const status of [401, 403, 404, 410]) {
      it(`ends at once when the handshake is answered ${status}`, async () => {
        await start(
          (socket) => obliging(socket),
          () => status,
        );
        const { error } = await talk().ended();
        should(error).have.property("key", "live-refused");
        should(error?.cause).containDeep({ status, id: "session-1" });
        should(server.handshakes).equal(1);
      });
    }

    it("tries again when the handshake is answered 502", async () => {
      await start(
        (socket) => obliging(socket),
        (n) => (n < 2 ? 502 : undefined),
      );
      const heard = talk();
      heard.session.stop();
      should((await heard.ended()).error).equal(undefined);
      should(server.handshakes).equal(3);
    });

    it("gives up a connection that does not come back, with the reason and the lost seconds", async () => {
      await start(
        (socket) => socket.once("message", () => socket.terminate()),
        (n) => (n > 0 ? 503 : undefined),
      );
      const heard = talk({ buffer: 1 });
      const { error, reason } = await heard.ended(15_000);
      should(reason).equal("failed");
      should(error).have.properties({ code: "GLADIA_SERVER", key: "live-lost" });
      should(error?.cause).containDeep({ id: "session-1", retryable: true, status: 503 });
      should(error?.message).match(/: the server answers with status 503\. /);
      should(heard.dropped).be.within(0.9, 1.31);
    }).timeout(20_000);

    it("keeps so many seconds while the connection is lost, and counts what is lost beyond", async () => {
      let isBack = false;
      await start(
        (socket, { number }) => {
          obliging(socket, 0);
          if (number === 0) socket.once("message", () => socket.terminate());
        },
        (n) => (n > 0 && !isBack ? 503 : undefined),
      );
      const heard = talk({ buffer: 1, speed: 1 }, Buffer.alloc(3200, 1));
      await until(() => heard.states.includes("reconnecting"));
      let written = 0.1;
      const writing = setInterval(() => {
        heard.session.write(Buffer.alloc(3200, 2));
        written += 0.1;
      }, 100);
      await new Promise((resolve) => setTimeout(resolve, 2500));
      isBack = true;
      await until(() => server.connections.length === 2, 5000);
      clearInterval(writing);
      heard.session.stop();
      should((await heard.ended()).error).equal(undefined);
      should(heard.dropped).be.above(0.5);
      const got = Buffer.concat(server.connections[1]?.frames ?? []).length / 32_000;
      should(got + heard.dropped).be.approximately(written, 0.11);
      should(got).be.above(0.9);
    }).timeout(15_000);

    it("loses nothing of a connection that stands, also where nothing is to be kept of one that is lost", async () => {
      await start((socket) => obliging(socket));
      const heard = open(server, transport, { speed: 1, buffer: 0 });
      await until(() => heard.states.includes("recording"));
      const audio = speech(1);
      for (let at = 0; at < audio.length; at += 640) {
        heard.session.write(audio.subarray(at, at + 640));
        await new Promise((resolve) => setTimeout(resolve, 21));
      }
      heard.session.stop();
      should((await heard.ended()).error).equal(undefined);
      should(heard.dropped).equal(0);
      should(Buffer.concat(server.connections[0]?.frames ?? []).equals(audio)).equal(true);
    });

    for (const [how, last] of [
      ["", 0],
      [", of whole samples also where acks mean the last byte", 1],
    ] as const)
      it(`falls back to the last ack when an empty chunk is not answered${how}`, async () => {
        const audio = speech(2);
        await start((socket, { number }) => {
          let bytes = 0;
          socket.on("message", (data, isBinary) => {
            const before = bytes;
            if (isBinary) bytes += (data as Buffer).length;
            else if (number > 0 && JSON.parse(String(data)).type === "stop_recording") socket.close(1000);
            if (!isBinary || (number === 0 && bytes > 32_000)) return;
            const base = number === 0 ? 0 : 32_000;
            say(socket, {
              type: "audio_chunk",
              acknowledged: true,
              data: { byte_range: [base + before, base + bytes - last] },
            });
            if (number === 0 && bytes === 32_000) setTimeout(() => socket.terminate(), 100);
          });
        });
        const heard = talk({}, audio);
        heard.session.stop();
        should((await heard.ended()).error).equal(undefined);
        const again = Buffer.concat(server.connections[1]?.frames ?? []);
        should(again.equals(audio.subarray(32_000 - 2 * last))).equal(true);
      });

    it("waits for a server that has not read the empty chunk yet, as it may have audio whose ack was lost", async () => {
      const audio = speech(2);
      let bytes = 0;
      await start((socket, { number }) => {
        if (number === 1) {
          socket.pause();
          setTimeout(() => socket.resume(), 1500);
        }
        socket.on("message", (data, isBinary) => {
          if (!isBinary && JSON.parse(String(data)).type === "stop_recording") return socket.close(1000);
          const from = bytes;
          if (isBinary) bytes += (data as Buffer).length;
          const isLost = number === 0 && bytes > 32_000;
          if (isLost && bytes === 38_400) return socket.terminate();
          if (!isLost) say(socket, { type: "audio_chunk", acknowledged: true, data: { byte_range: [from, bytes] } });
        });
      });
      const heard = talk({}, audio);
      heard.session.stop();
      should((await heard.ended()).error).equal(undefined);
      const sent = server.connections.map(({ frames }) => Buffer.concat(frames));
      should(sent[0]?.length).be.above(32_000);
      should(Buffer.concat(sent).equals(audio)).be.true();
    });

    describe("is not asked again and again where it stands", () => {
      const isStop = (data: unknown) => JSON.parse(String(data)).type === "stop_recording";

      it("when its acks say nothing of positions", async () => {
        await start((socket) => {
          socket.on("message", (data, isBinary) => {
            if (!isBinary && isStop(data)) socket.close(1000);
            else say(socket, { type: "audio_chunk", acknowledged: true, error: null, data: null });
          });
        });
        const heard = talk();
        await until(() => heard.session.seconds > 1.29);
        await new Promise((resolve) => setTimeout(resolve, 200));
        heard.session.stop();
        should((await heard.ended()).error).equal(undefined);
        should(heard.warnings).eql([]);
        const [connection] = server.connections;
        should(connection?.said.length).be.belowOrEqual((connection?.frames.length ?? 0) + 1);
      });

      it("when it refuses empty chunks, after a loss", async () => {
        const audio = speech(1);
        await start((socket, { number }) => {
          let count = 0;
          socket.on("message", (data, isBinary) => {
            if (number === 0) socket.terminate();
            else if (isBinary) {
              const from = count;
              count += (data as Buffer).length;
              say(socket, { type: "audio_chunk", acknowledged: true, data: { byte_range: [from, count] } });
            } else if (isStop(data)) socket.close(1000);
            else say(socket, { type: "audio_chunk", acknowledged: false, error: { message: "empty" }, data: null });
          });
        });
        const heard = talk({}, audio);
        heard.session.stop();
        should((await heard.ended()).error).equal(undefined);
        should(heard.warnings).eql([]);
        const [, connection] = server.connections;
        should(connection?.said.map(({ type }) => type)).eql(["audio_chunk", "stop_recording"]);
        should(Buffer.concat(connection?.frames ?? []).equals(audio)).equal(true);
      });
    });

    const final = (id: string, text = ` ${id}`) => ({
      ...{ type: "transcript", session_id: "session-1" },
      data: { id, is_final: true, utterance: { text, start: 0, end: 1, channel: 0, words: [] } },
    });

    it("tells a final once that the server says again on the next connection", async () => {
      await start((socket, { number }) => {
        obliging(socket);
        say(socket, final("00_00000000"));
        if (number === 0) socket.once("message", () => setTimeout(() => socket.terminate(), 50));
        else for (const text of [" other", " other"]) say(socket, final("00_00000000", text));
      });
      const heard = talk();
      await until(() => server.connections.length === 2);
      heard.session.stop();
      should((await heard.ended()).error).equal(undefined);
      should(heard.finals()).eql([" 00_00000000", " other"]);
    });

    it("sends at the longest time all that was said by then, also where all of it had to be sent once more", async () => {
      await start((socket, { number, frames }) => {
        if (number > 0) obliging(socket);
        else socket.on("message", () => frames.length === 30 && socket.terminate());
      });
      const heard = open(server, transport, { maximum: 4, speed: 1 });
      const written: Buffer[] = [];
      const began = performance.now();
      while (heard.session.isOpen) {
        while (written.length * 50 < performance.now() - began) {
          const chunk = Buffer.alloc(1600, written.length);
          written.push(chunk);
          heard.session.write(chunk);
        }
        await sleep(10);
      }
      should((await heard.ended()).reason).equal("maximum");
      should(heard.warnings).be.empty();
      should(server.connections).have.length(2);
      const last = Buffer.concat(server.connections[1]?.frames ?? []);
      should(last.equals(Buffer.concat(written))).be.true();
    });

    it("makes up for a final that was on its way when the connection broke, and for no other", async () => {
      await start((socket, { number }) => {
        obliging(socket);
        if (number > 0) return;
        say(socket, final("00_00000000"));
        socket.once("message", () => setTimeout(() => socket.terminate(), 50));
      });
      server.messages.push(...["00_00000000", "00_00000001"].map((id) => JSON.stringify(final(id))));
      const heard = talk();
      await until(() => server.connections.length === 2);
      heard.session.stop();
      should((await heard.ended()).error).equal(undefined);
      should(heard.finals()).eql([" 00_00000000", " 00_00000001"]);
    });

    it("forces acks on and asks in the region that is set", async () => {
      await start((socket) => obliging(socket));
      const heard = open(server, transport, { region: "eu-west" }, { messages_config: { receive_errors: false } });
      heard.session.write(speech(1));
      heard.session.stop();
      await heard.ended();
      should(server.urls[0]).equal("/v2/live?region=eu-west");
      should(server.bodies[0]).eql({
        ...{ encoding: "wav/pcm", bit_depth: 16, sample_rate: 16_000, channels: 1 },
        messages_config: { receive_errors: false, receive_acknowledgments: true },
      });
    });

    it("says that the key has no right to live sessions", async () => {
      await start((socket) => obliging(socket));
      server.create.push(() => ({ status: 403, body: { message: "no live" } }));
      const { error } = await talk().ended();
      should(error).have.property("code", "GLADIA_AUTH");
      should(server.bodies).have.length(1);
    });

    it("does not wait for a server that reads nothing: it keeps what is due, and ends within moments when it must", async () => {
      await start((socket) => {
        socket.removeAllListeners("message");
        (socket as unknown as { _socket: { pause(): void } })._socket.pause();
      });
      const heard = talk({ speed: 1000, buffer: 5 }, Buffer.alloc(40 * 1024 * 1024));
      await until(() => heard.states.includes("recording"));
      await heard.session.close(200);
      should(heard.result?.reason).equal("stopped");
      should(heard.session.seconds).be.below(600);
    });
  });
});
