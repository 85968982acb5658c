import should from "should";
import type { SocketFaultKind } from "../../src/index";
import { call, closeAll, start } from "../support/engine";
import { client, connect, session, sound, TWO } from "../support/live";

describe("faults of live sessions", () => {
  afterEach(closeAll);

  it("refuse handshakes with any status, by times and by session", async () => {
    const engine = await start();
    const { url } = await session(engine, { custom_metadata: { room: "hall" } });
    const other = await session(engine);
    for (const status of [401, 403, 404, 410, 429, 500, 503]) {
      engine.control.socketFault({ kind: "refuse", status, match: { room: "hall" } });
      await client(other.url).opened();
      const refused = client(url);
      await refused.closed();
      should(refused.status).equal(status);
    }
    engine.control.socketFault({ kind: "refuse", times: 2, skip: 1 });
    const statuses: (number | undefined)[] = [];
    for (let count = 0; count < 4; count += 1) {
      const one = client(url);
      if (count === 0 || count === 3) await one.opened();
      else await one.closed();
      statuses.push(one.status);
    }
    statuses.should.eql([undefined, 403, 403, undefined]);
    engine.control.counts["socket"].should.equal(18);
  });

  it("leave a handshake without an answer, or reset it", async () => {
    const engine = await start();
    const { url } = await session(engine);
    engine.control.socketFault({ kind: "reset" });
    const reset = client(url);
    (await reset.closed()).should.equal(1006);
    engine.control.socketFault({ kind: "hang" });
    const hung = client(url);
    await client(url).opened();
    hung.socket.readyState.should.equal(hung.socket.CONNECTING);
    await engine.close();
    (await hung.closed()).should.equal(1006);
  });

  it("refuse audio with data that is null, and take what follows", async () => {
    const engine = await start();
    engine.control.socketFault({ kind: "refuse-audio", after: 6000 });
    const live = await connect(engine);
    live.audio(sound([0.4, 300]));
    live.stop();
    await live.closed();
    live
      .of("audio_chunk")
      .map(({ acknowledged, data }) => [acknowledged, data?.byte_range])
      .should.eql([
        [true, [0, 3200]],
        [false, undefined],
        [true, [3200, 6400]],
        [true, [6400, 9600]],
      ]);
    const [, refused] = live.of("audio_chunk");
    should(refused.data).be.null();
    refused.error.message.should.be.a.String();
    (await call(engine, "GET", `/v2/live/${live.id}`)).body.file.audio_duration.should.equal(0.3);
  });

  it("send an unknown message, an error, and what is no JSON, and go on", async () => {
    const engine = await start();
    for (const kind of ["unknown-message", "error-message", "bad-json"] as const)
      engine.control.socketFault({ kind, after: 30_000 });
    const live = await connect(engine);
    live.audio(TWO);
    live.stop();
    (await live.closed()).should.equal(1000);
    live.finals.should.have.length(2);
    for (const type of ["speech_turn_end", "error", "no JSON"]) live.of(type).should.have.length(1, type);
    live.messages.findIndex(({ type }) => type === "error").should.be.above(8);
  });

  it("have a connection lag behind the others, and still hear all in order", async () => {
    const engine = await start();
    engine.control.socketFault({ kind: "slow", delay: 1500, match: { room: "hall" } });
    const slow = await connect(engine, { custom_metadata: { room: "hall" } });
    const other = await connect(engine);
    for (const live of [slow, other]) {
      live.audio(TWO);
      live.stop();
    }
    (await other.closed()).should.equal(1000);
    slow.messages.should.be.empty();
    (await slow.closed()).should.equal(1000);
    slow.finals.should.eql(other.finals);
    slow
      .of("audio_chunk")
      .map(({ data }) => data)
      .should.eql(other.of("audio_chunk").map(({ data }) => data));
  });

  it("make an add-on fail within a session that goes on", async () => {
    const engine = await start();
    engine.control.script({ addOns: { translation: { error: { status_code: 500, message: "out of words" } } } });
    const live = await connect(engine, {
      realtime_processing: { translation: true, translation_config: { target_languages: ["fr"] } },
    });
    live.audio(TWO);
    live.stop();
    await live.closed();
    live
      .of("translation")
      .map(({ data, error }) => [data, error.message])
      .should.eql([
        [null, "out of words"],
        [null, "out of words"],
      ]);
  });

  it("cut the connection hard when told so", async () => {
    const engine = await start();
    engine.control.socketFault({ kind: "drop", after: 20_000, hard: true });
    const live = await connect(engine);
    live.audio(TWO);
    (await live.closed()).should.equal(1006);
    const again = await client(live.url).opened();
    again.send(Buffer.alloc(0));
    (await again.first("audio_chunk")).data.byte_range.should.eql([19_200, 19_200]);
  });

  it("break the live routes as they break the others", async () => {
    const engine = await start();
    engine.control.fault({ route: "live", kind: "500" });
    (await call(engine, "POST", "/v2/live", {})).status.should.equal(500);
    engine.control.fault({ route: "live", kind: "502-after" });
    (await call(engine, "POST", "/v2/live", {})).status.should.equal(502);
    (await call(engine, "GET", "/v2/live")).body.items.should.have.length(1);
    const { id } = await session(engine);
    engine.control.fault({ route: "live-get", kind: "502-html" });
    (await call(engine, "GET", `/v2/live/${id}`)).status.should.equal(502);
    engine.control.fault({ route: "live-list", kind: "429", retryAfter: 1 });
    (await call(engine, "GET", "/v2/live")).status.should.equal(429);
  });

  it("are given by another process, and refused when there are none such", async () => {
    const engine = await start({ remoteControl: true });
    const give = (socketFaults: object[]) => call(engine, "POST", "/__control", { socketFaults });
    (await give([{ kind: "refuse", status: 410 }])).status.should.equal(200);
    const { url } = await session(engine);
    const refused = client(url);
    await refused.closed();
    should(refused.status).equal(410);
    const bad = await give([{ kind: "explode" }]);
    bad.status.should.equal(400);
    bad.body.message.should.match(/explode/);
    should.throws(() => engine.control.socketFault({ kind: "explode" as SocketFaultKind }), /explode/);
    engine.control.socketFault({ kind: "refuse", times: "always" });
    engine.control.reset();
    await client(url).opened();
  });
});
