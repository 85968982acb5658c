import should from "should";
import { Transport } from "../../src/http/transport";
import { breakingLine } from "../support/breaking-line";
import { type Engine, startEngine } from "../support/engine";
import { until } from "../support/flow";
import { type Heard, open, recordingOf, speech } from "../support/live";
import { liveServer, obliging } from "../support/live-server";

const LONG = 40_000;

/** They wait for the same half minute together. */
describe("the connection of a live session", function () {
  this.timeout(LONG + 5000);
  const transport = new Transport();
  const audio = speech(4);
  let engine: Engine & { folder: string };
  let line: Awaited<ReturnType<typeof breakingLine>>;
  let strict: Awaited<ReturnType<typeof liveServer>>;
  let mute: Awaited<ReturnType<typeof liveServer>>;
  let hung: Awaited<ReturnType<typeof liveServer>>;
  let pings = 0;
  let [dead, silent, deaf, patient] = [] as unknown as [Heard, Heard, Heard, Heard];

  before(async () => {
    engine = await startEngine();
    engine.control.settings.languages = "any";
    line = await breakingLine(engine.url);
    // As servers do that think nobody is there: 25 s without a message, pings or not.
    strict = await liveServer((socket) => {
      obliging(socket);
      let timer = setTimeout(() => socket.close(4408), 25_000);
      socket.on("ping", () => pings++);
      socket.on("message", () => {
        clearTimeout(timer);
        timer = setTimeout(() => socket.close(4408), 25_000);
      });
      socket.on("close", () => clearTimeout(timer));
    });
    mute = await liveServer((socket) => obliging(socket), undefined, false);
    hung = await liveServer(
      (socket) => obliging(socket),
      (n) => (n === 0 ? 0 : undefined),
    );
    [dead, silent, deaf] = [open(line, transport, { speed: 1 }), open(strict, transport), open(mute, transport)];
    patient = open(hung, transport);
  });
  after(async () => {
    for (const { session } of [dead, silent, deaf, patient]) session.cancel();
    await Promise.all([dead, silent, deaf, patient].map((heard) => heard.ended()));
    await transport.close();
    await Promise.all([strict, mute, hung, line, engine].map((it) => it.close()));
  });

  it("that goes dead without a word is noticed, and the session goes on where it was", async () => {
    dead.session.write(audio.subarray(0, 64_000));
    await until(() => dead.session.seconds > 0.9);
    line.die();
    dead.session.write(audio.subarray(64_000));
    await until(() => dead.states.includes("reconnecting"), LONG);
    dead.session.stop();
    const { error, ids, reason } = await dead.ended(LONG);
    should({ error, reason }).eql({ error: undefined, reason: "stopped" });
    should(ids).have.length(1);
    should((await recordingOf(engine, ids[0] as string)).subarray(44).equals(audio)).equal(true);
    should(new Set(dead.finals()).size).equal(4);
    should(dead.dropped).equal(0);
  });

  it("whose handshake is not answered is tried again", async () => {
    patient.session.write(audio);
    await until(() => hung.connections.length > 0, LONG);
    patient.session.stop();
    should((await patient.ended()).error).equal(undefined);
    should({ handshakes: hung.handshakes, sessions: hung.bodies.length }).eql({ handshakes: 2, sessions: 1 });
    should(Buffer.concat(hung.connections[0]?.frames ?? []).equals(audio)).equal(true);
  });

  it("is kept alive while nobody speaks, by pings and by empty chunks", async () => {
    await until(() => (strict.connections[0]?.said.length ?? 0) > 1, LONG);
    should(strict.connections[0]?.said[0]).eql({ type: "audio_chunk", data: { chunk: "" } });
    should(pings).be.above(1);
    should(strict.handshakes).equal(1);
    should(silent.states).eql(["connecting", "recording"]);
  });

  it("is not taken for dead where pings are not answered, but empty chunks are", async () => {
    await until(() => (mute.connections[0]?.said.length ?? 0) > 1, LONG);
    should(mute.handshakes).equal(1);
    should(deaf.states).eql(["connecting", "recording"]);
  });
});
