import "should";
import { call, closeAll, start, until } from "../support/engine";
import { client, connect, session, sound, TWO } from "../support/live";

describe("the socket of a live session", () => {
  afterEach(closeAll);

  it("takes audio in base64 as it takes bytes, in chunks of any length", async () => {
    const engine = await start();
    const bytes = await connect(engine);
    bytes.audio(TWO);
    bytes.stop();
    const text = await connect(engine);
    for (let at = 0; at < TWO.length; at += 1237)
      text.send({ type: "audio_chunk", data: { chunk: TWO.subarray(at, at + 1237).toString("base64") } });
    text.stop();
    await Promise.all([bytes.closed(), text.closed()]);
    bytes.finals.should.have.length(2);
    text.finals.should.eql(bytes.finals);
    const held = await call(engine, "GET", `/v2/live/${text.id}/file`);
    held.body.subarray(44).equals(TWO).should.be.true();
  });

  it("acknowledges each chunk by the bytes and seconds of the session, an empty one too", async () => {
    const engine = await start();
    const live = await connect(engine, { sample_rate: 8000, channels: 2 });
    live.send(Buffer.alloc(3200));
    live.send({ type: "audio_chunk", data: { chunk: "" } });
    live.send(Buffer.alloc(1));
    live.send(Buffer.alloc(0));
    await until(
      () => live.of("audio_chunk").length,
      (count) => count === 4,
    );
    live
      .of("audio_chunk")
      .map(({ data }) => data)
      .should.eql([
        { byte_range: [0, 3200], time_range: [0, 0.1] },
        { byte_range: [3200, 3200], time_range: [0.1, 0.1] },
        { byte_range: [3200, 3201], time_range: [0.1, 0.1] },
        { byte_range: [3201, 3201], time_range: [0.1, 0.1] },
      ]);
    const [ack] = live.of("audio_chunk");
    ack.should.containEql({ type: "audio_chunk", session_id: live.id, acknowledged: true, error: null });
    Date.parse(ack.created_at).should.be.approximately(Date.now(), 60_000);
  });

  it("refuses tokens it does not know, and other addresses", async () => {
    const engine = await start();
    const base = engine.url.replace("http", "ws");
    for (const [path, status] of [
      ["/v2/live?token=00000000-0000-4000-8000-000000000000", 403],
      ["/v2/live", 403],
      ["/v2/other?token=x", 404],
    ] as const) {
      const refused = client(`${base}${path}`);
      await refused.closed();
      refused.status?.should.equal(status, path);
    }
    engine.control.requests
      .filter(({ route }) => route === "socket")
      .map(({ url, status }) => [url, status])
      .should.eql([
        ["/v2/live", 403],
        ["/v2/live", 403],
        ["/v2/other", 404],
      ]);
  });

  it("closes with 1009 on a frame over 1 MiB, and the session goes on", async () => {
    const engine = await start();
    const live = await connect(engine);
    live.send(Buffer.alloc(1_048_576));
    await live.first("audio_chunk");
    live.send(Buffer.alloc(1_048_577));
    (await live.closed()).should.equal(1009);
    const again = await client(live.url).opened();
    again.send(Buffer.alloc(2));
    (await again.first("audio_chunk")).data.byte_range.should.eql([1_048_576, 1_048_578]);
  });

  it("closes with a code of 4400 to 4499 on a text frame that is none, and ends the session", async () => {
    const engine = await start();
    for (const frame of [
      "hello",
      "7",
      "null",
      "[]",
      "{}",
      '{"type":"start"}',
      '{"type":"audio_chunk"}',
      '{"type":"audio_chunk","data":null}',
      '{"type":"audio_chunk","data":{"chunk":7}}',
      '{"type":"audio_chunk","data":{"chunk":"é!"}}',
    ]) {
      const live = await connect(engine);
      live.audio(sound([0.5, 300]));
      live.send(frame);
      (await live.closed()).should.be.within(4400, 4499, frame);
      const job = await until(
        async () => (await call(engine, "GET", `/v2/live/${live.id}`)).body,
        ({ status }) => status === "done",
      );
      job.result.transcription.utterances.should.have.length(1);
    }
  });

  it("closes an idle connection with a code to reconnect on", async () => {
    const engine = await start({ liveIdle: 300 });
    const live = await connect(engine);
    for (let count = 0; count < 5; count += 1) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      live.send({ type: "audio_chunk", data: { chunk: "" } });
    }
    live.of("audio_chunk").length.should.be.above(1);
    (await live.closed()).should.be.within(4500, 4999);
    await client(live.url).opened();
  });

  it("acknowledges a stop each time, and refuses audio after it", async () => {
    const engine = await start();
    engine.control.script({ processing: 300 });
    const live = await connect(engine);
    live.audio(sound([1, 300]));
    live.stop();
    live.stop();
    live.send(Buffer.alloc(3200));
    (await live.closed()).should.equal(1000);
    const [stop, again] = live.of("stop_recording");
    stop.should.containEql({ acknowledged: true, error: null });
    stop.data.recording_duration.should.equal(1);
    stop.data.recording_left_to_process.should.be.within(0, 1);
    again.data.recording_duration.should.equal(1);
    const late = live.of("audio_chunk").at(-1);
    late.should.containEql({ acknowledged: false, data: null });
    late.error.message.should.match(/stopped/);
    live.finals.should.have.length(1);
  });

  it("ends the recording when the client closes with 1000, and only then", async () => {
    const engine = await start({ liveAbandoned: 600_000 });
    const live = await connect(engine);
    live.audio(sound([1, 300]));
    await live.first("audio_chunk");
    live.socket.close(1001);
    await live.closed();
    const again = await client(live.url).opened();
    again.audio(sound([1, 500]));
    again.socket.close(1000);
    const job = await until(
      async () => (await call(engine, "GET", `/v2/live/${live.id}`)).body,
      ({ status }) => status === "done",
    );
    job.file.audio_duration.should.equal(2);
  });

  it("ends a session that nobody comes back to, and one that is too long", async () => {
    const engine = await start({ liveAbandoned: 100 });
    const left = await session(engine);
    engine.control.settings.liveAbandoned = 600_000;
    engine.control.settings.liveMaximum = 1;
    const long = await connect(engine);
    long.audio(sound([1.5, 300]));
    (await long.closed()).should.equal(1000);
    const { body } = await call(engine, "GET", `/v2/live/${long.id}`);
    body.file.audio_duration.should.equal(1);
    long.of("audio_chunk").at(-1).should.containEql({ acknowledged: false });
    const silent = await connect(engine);
    (await silent.closed()).should.equal(1000);
    await until(
      async () => (await call(engine, "GET", `/v2/live/${left.id}`)).body,
      ({ status }) => status === "done",
    );
    const late = client(left.url);
    await late.closed();
    late.status?.should.equal(403);
  });

  it("sends the older of two connections away for good", async () => {
    const engine = await start();
    const first = await connect(engine);
    first.audio(sound([0.5, 300]));
    await first.first("audio_chunk");
    const second = await client(first.url).opened();
    (await first.closed()).should.be.within(4400, 4499);
    second.audio(sound([0.5, 300]));
    second.stop();
    (await second.closed()).should.equal(1000);
    (await call(engine, "GET", `/v2/live/${first.id}`)).body.file.audio_duration.should.equal(1);
  });
});
