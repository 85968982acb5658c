import should from "should";
import { call, closeAll, start, transcribe, until } from "../support/engine";
import { client, connect, session, sound, TWO } from "../support/live";

describe("live sessions that are held", () => {
  afterEach(closeAll);

  it("are queued, processing, and done", async () => {
    const engine = await start();
    engine.control.script({ processing: 300 });
    const { id, url } = await session(engine, { custom_metadata: { room: "kitchen" }, sample_rate: 8000 });
    const get = async () => (await call(engine, "GET", `/v2/live/${id}`)).body;
    const queued = await get();
    queued.should.containEql({ id, status: "queued", kind: "live", version: 2, completed_at: null, error_code: null });
    queued.request_id.should.equal(`G-${id.slice(0, 8)}`);
    queued.custom_metadata.should.eql({ room: "kitchen" });
    queued.request_params.should.eql({ sample_rate: 8000 });
    should(queued.result).be.null();
    should(queued.file).be.null();
    const live = await client(url).opened();
    live.audio(sound([1, 300]));
    await until(get, ({ status }) => status === "processing");
    (await call(engine, "DELETE", `/v2/live/${id}`)).status.should.equal(403);
    (await call(engine, "GET", `/v2/live/${id}/file`)).status.should.equal(404);
    live.stop();
    (await live.closed()).should.equal(1000);
    const ended = await get();
    ended.status.should.equal("processing");
    should(ended.result).be.null();
    (await call(engine, "GET", `/v2/live/${id}/file`)).body.toString("latin1", 0, 4).should.equal("RIFF");
    const done = await until(get, ({ status }) => status === "done");
    done.file.should.eql({ id, filename: `${id}.wav`, source: null, audio_duration: 2, number_of_channels: 1 });
    done.result.transcription.utterances.should.have.length(1);
    Date.parse(done.completed_at).should.be.aboveOrEqual(Date.parse(done.created_at));
  });

  it("end with an error when the recogniser fails, and keep the recording", async () => {
    const lines: string[] = [];
    const live = {
      open: () => ({
        write: () => undefined,
        finish: async () => {
          throw new Error("out of breath");
        },
        close: () => undefined,
      }),
    };
    const engine = await start({ live, log: (line) => lines.push(line) });
    const talker = await connect(engine);
    talker.audio(TWO);
    talker.stop();
    (await talker.closed()).should.equal(1000);
    talker.of("error")[0].data.message.should.equal("out of breath");
    const { body } = await call(engine, "GET", `/v2/live/${talker.id}`);
    body.should.containEql({ status: "error", error_code: 500, result: null });
    (await call(engine, "GET", `/v2/live/${talker.id}/file`)).body.subarray(44).equals(TWO).should.be.true();
    lines.should.eql([`live session ${talker.id} failed: out of breath`]);
  });

  it("end with an error when the recogniser takes no sound, and are not made when it does not begin", async () => {
    const live = {
      open: ({ channels }: { channels: number }) => {
        if (channels === 2) throw new Error("one ear only");
        return {
          write: () => {
            throw new Error("deaf");
          },
          finish: async () => undefined,
          close: () => undefined,
        };
      },
    };
    const engine = await start({ live });
    const talker = await connect(engine);
    talker.audio(TWO);
    (await talker.closed()).should.equal(1000);
    talker.of("error")[0].data.message.should.equal("deaf");
    const { body } = await call(engine, "GET", "/v2/live");
    body.items.map(({ status }: { status: string }) => status).should.eql(["error"]);
    (await call(engine, "POST", "/v2/live", { channels: 2 })).status.should.equal(500);
    (await call(engine, "GET", "/v2/live")).body.items.should.have.length(1);
  });

  it("end with the error that a script wants", async () => {
    const engine = await start();
    engine.control.script({ error: { code: 422 } });
    const talker = await connect(engine);
    talker.stop();
    (await talker.closed()).should.equal(1000);
    (await call(engine, "GET", `/v2/live/${talker.id}`)).body.should.containEql({ status: "error", error_code: 422 });
  });

  it("are listed apart from files, filtered and paged", async () => {
    const engine = await start();
    const ids: string[] = [];
    for (const room of ["kitchen", "hall", "kitchen"]) {
      const live = await connect(engine, { custom_metadata: { room } });
      ids.unshift(live.id);
      if (room === "hall") continue;
      live.stop();
      await live.closed();
    }
    const file = await transcribe(engine);
    const list = async (path: string) => (await call(engine, "GET", path)).body;
    const idsOf = ({ items }: { items: { id: string }[] }) => items.map(({ id }) => id);
    idsOf(await list("/v2/live")).should.eql(ids);
    idsOf(await list("/v2/live?kind=pre-recorded")).should.eql(ids);
    idsOf(await list("/v2/pre-recorded")).should.eql([file.id]);
    idsOf(await list("/v2/transcription")).should.eql([file.id, ...ids]);
    idsOf(await list("/v1/history?kind=live")).should.eql(ids);
    idsOf(await list("/v2/transcription?kind=pre-recorded")).should.eql([file.id]);
    idsOf(await list("/v2/live?status=processing")).should.eql([ids[1]]);
    idsOf(await list("/v2/live?status=done&status=error")).should.eql([ids[0], ids[2]]);
    idsOf(await list(`/v2/live?custom_metadata=${encodeURIComponent('{"room":"hall"}')}`)).should.eql([ids[1]]);
    idsOf(await list("/v2/live?custom_metadata[room]=kitchen")).should.eql([ids[0], ids[2]]);
    idsOf(await list("/v2/live?date=2001-01-01")).should.eql([]);
    const first = await list("/v2/live?limit=2");
    idsOf(first).should.eql(ids.slice(0, 2));
    const second = await list(first.next);
    idsOf(second).should.eql(ids.slice(2));
    should(second.next).be.null();
    (await call(engine, "GET", "/v2/live?limit=none")).status.should.equal(400);
    (await call(engine, "GET", "/v2/live", undefined, { "x-gladia-key": "" })).status.should.equal(401);
    for (const [path, status] of [
      [`/v2/live/${file.id}`, 404],
      [`/v2/pre-recorded/${ids[0]}`, 404],
      [`/v2/transcription/${ids[0]}`, 200],
    ] as const)
      (await call(engine, "GET", path)).status.should.equal(status, path);
  });

  it("are deleted for good, with their recording", async () => {
    const engine = await start({ redirectFiles: true });
    const live = await connect(engine);
    live.audio(TWO);
    live.stop();
    await live.closed();
    const moved = await call(engine, "GET", `/v2/live/${live.id}/file`);
    moved.status.should.equal(302);
    const answer = await fetch(moved.headers.get("location") ?? "");
    (await answer.arrayBuffer()).byteLength.should.equal(44 + TWO.length);
    (await call(engine, "DELETE", `/v2/live/${live.id}`)).status.should.equal(202);
    (await call(engine, "GET", `/v2/live/${live.id}`)).status.should.equal(404);
    (await call(engine, "GET", `/v2/live/${live.id}/file`)).status.should.equal(404);
    (await call(engine, "DELETE", `/v2/live/${live.id}`)).status.should.equal(404);
    (await fetch(moved.headers.get("location") ?? "").catch(() => undefined))?.ok.should.be.false();
  });

  it("take what their client leaves for those who look into them", async () => {
    const engine = await start();
    const { id } = await session(engine);
    const patch = (body: unknown) => call(engine, "PATCH", `/v2/live/${id}`, body);
    (await patch({ build: 7 })).status.should.equal(204);
    (await patch({ note: "slow" })).status.should.equal(204);
    const { body } = await call(engine, "GET", `/v2/live/${id}`);
    body.post_session_metadata.should.eql({ build: 7, note: "slow" });
    (await patch({ note: "x".repeat(100_001) })).status.should.equal(413);
    (await patch([])).status.should.equal(400);
    (await call(engine, "PATCH", "/v2/live/00000000-0000-4000-8000-000000000000", {})).status.should.equal(404);
    const none = await call(engine, "PATCH", `/v2/live/${id}`, {}, { "x-gladia-key": "" });
    none.status.should.equal(401);
  });
});
