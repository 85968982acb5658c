import should from "should";
import { call, closeAll, final, gate, start, transcribe, until, upload } from "./support/engine";
import { receiver } from "./support/receiver";
import { wav } from "./support/wav";

describe("the life of a job", () => {
  afterEach(closeAll);

  for (const root of ["/v2/pre-recorded", "/v2/transcription"]) {
    it(`goes from queued over processing to done at ${root}`, async () => {
      const engine = await start();
      engine.control.script({ queued: 200, processing: 100 });
      const { audio_url, audio_metadata } = await upload(engine, wav(2), "a.wav");
      const custom_metadata = { ticket: 17 };
      const made = await call(engine, "POST", root, { audio_url, custom_metadata, sentences: true });
      made.status.should.equal(201);
      const { id, result_url } = made.body;
      made.body.should.eql({ id, result_url: `${engine.url}${root}/${id}` });
      const early = await call(engine, "GET", result_url);
      early.status.should.equal(200);
      early.body.should.containEql({ status: "queued", completed_at: null, result: null });
      const job = await final(engine, id);
      const { created_at, completed_at, result, ...rest } = job;
      rest.should.eql({
        id,
        request_id: `G-${id.slice(0, 8)}`,
        version: 2,
        status: "done",
        custom_metadata,
        error_code: null,
        post_session_metadata: {},
        kind: "pre-recorded",
        file: { id: audio_metadata.id, filename: "a.wav", source: null, audio_duration: 2, number_of_channels: 1 },
        request_params: { audio_url, sentences: true },
      });
      Date.parse(completed_at).should.be.aboveOrEqual(Date.parse(created_at));
      result.transcription.full_transcript.should.match(/^speech of a\.wav [0-9a-f]{8}$/);
      engine.control.jobs.should.eql([{ id, audio_url, custom_metadata }]);
    });
  }

  it("keeps both kinds of path to the same jobs", async () => {
    const engine = await start();
    const { id } = await transcribe(engine);
    (await call(engine, "GET", `/v2/transcription/${id}`)).body.id.should.equal(id);
  });

  it("ends in error with a code and no text, still answered 200", async () => {
    const engine = await start();
    engine.control.script({ error: { code: 422, message: "told in callbacks only" } });
    const job = await transcribe(engine);
    job.should.containEql({ status: "error", error_code: 422, result: null });
    JSON.stringify(job).should.not.match(/told in callbacks/);
  });

  it("fetches audio from elsewhere, without the key", async () => {
    const bytes = wav(1);
    const remote = await receiver([{ status: 200, body: bytes }]);
    const engine = await start();
    const { body } = await call(engine, "POST", "/v2/pre-recorded", { audio_url: `${remote.url}/far.wav` });
    const job = await final(engine, body.id);
    job.file.should.containEql({ filename: "far.wav", source: `${remote.url}/far.wav`, audio_duration: 1 });
    (await call(engine, "GET", `/v2/pre-recorded/${job.id}/file`)).body.equals(bytes).should.be.true();
    should(remote.received[0]?.headers["x-gladia-key"]).be.undefined();
  });

  it("ends in error when the audio cannot be had", async () => {
    const remote = await receiver([{ status: 403 }, { status: 200, body: "<!doctype html><p>Log in</p>" }]);
    const engine = await start({ maxUpload: 10_000 });
    const gone = "00000000-0000-4000-8000-000000000000";
    for (const [audio_url, code] of [
      [`${remote.url}/forbidden.wav`, 400],
      [`${remote.url}/page`, 415],
      ["http://127.0.0.1:1/closed.wav", 400],
      [`${engine.url}/file/${gone}`, 404],
    ] as const) {
      const { body } = await call(engine, "POST", "/v2/pre-recorded", { audio_url });
      (await final(engine, body.id)).should.containEql({ status: "error", error_code: code });
    }
  });

  it("is about the audio it was made for, with many at once", async () => {
    const engine = await start({ concurrency: 3 });
    const names = Array.from({ length: 12 }, (_, index) => `clip ${index}.mp3`);
    await Promise.all(
      names.map(async (name) => {
        const { audio_url } = await upload(engine, `bytes of ${name}`, name);
        const { body } = await call(engine, "POST", "/v2/pre-recorded", { audio_url });
        const { result } = await final(engine, body.id);
        result.transcription.full_transcript.startsWith(`speech of ${name} `).should.be.true();
      }),
    );
  });

  it("waits its turn when the recogniser is busy, and counts against the account", async () => {
    const engine = await start({ concurrency: 1, accountLimit: 2, retryAfter: 7 });
    const { script, open } = gate();
    engine.control.script({ ...script, times: 1 });
    const { audio_url } = await upload(engine, "x", "a.mp3");
    const create = () => call(engine, "POST", "/v2/pre-recorded", { audio_url });
    const [first, second] = [await create(), await create()];
    const status = async ({ body }: { body: { id: string } }) =>
      (await call(engine, "GET", `/v2/pre-recorded/${body.id}`)).body.status;
    await until(
      () => status(first),
      (now) => now === "processing",
    );
    const refused = await create();
    refused.status.should.equal(429);
    refused.headers.get("retry-after")?.should.equal("7");
    (await status(second)).should.equal("queued");
    engine.control.settings.retryAfter = null;
    should((await create()).headers.get("retry-after")).be.null();
    engine.control.settings.accountLimit = null;
    (await create()).status.should.equal(201);
    open();
    engine.control.settings.accountLimit = 1;
    await until(create, (answer) => answer.status === 201);
  });

  it("shows what the recogniser is doing and what it warns of", async () => {
    const engine = await start();
    engine.control.script({ warnings: ["12.0-14.5 s was left out: not English"], text: async () => "heard" });
    const job = await transcribe(engine);
    job.post_session_metadata.should.eql({ warnings: ["12.0-14.5 s was left out: not English"] });
  });
});

describe("deleting and downloading", () => {
  afterEach(closeAll);

  it("deletes a final job, its result and its audio, and not before", async () => {
    const engine = await start();
    const { script, open } = gate();
    engine.control.script(script);
    const { audio_url } = await upload(engine, "x", "a.mp3");
    const { id } = (await call(engine, "POST", "/v2/pre-recorded", { audio_url })).body;
    const early = await call(engine, "DELETE", `/v2/pre-recorded/${id}`);
    early.status.should.equal(403);
    open();
    await final(engine, id);
    (await call(engine, "DELETE", `/v2/pre-recorded/${id}`)).status.should.equal(202);
    for (const path of [`/v2/pre-recorded/${id}`, `/v2/pre-recorded/${id}/file`])
      (await call(engine, "GET", path)).status.should.equal(404);
    (await call(engine, "DELETE", `/v2/pre-recorded/${id}`)).status.should.equal(404);
    (await call(engine, "GET", audio_url)).status.should.equal(404);
    (await call(engine, "GET", "/v2/pre-recorded")).body.items.should.eql([]);
  });

  it("keeps audio that another job is about", async () => {
    const engine = await start();
    const { audio_url } = await upload(engine, "shared", "a.mp3");
    const ids: string[] = [];
    for (let turn = 0; turn < 2; turn += 1) {
      const { id } = (await call(engine, "POST", "/v2/pre-recorded", { audio_url })).body;
      await final(engine, id);
      ids.push(id);
    }
    await call(engine, "DELETE", `/v2/pre-recorded/${ids[0]}`);
    (await call(engine, "GET", `/v2/transcription/${ids[1]}/file`)).body.toString().should.equal("shared");
  });

  it("gives the audio as it came, or sends to a second origin that refuses the key", async () => {
    const engine = await start();
    const { id } = await transcribe(engine, {}, wav(1));
    const direct = await call(engine, "GET", `/v2/pre-recorded/${id}/file`);
    direct.status.should.equal(200);
    direct.headers.get("content-type")?.should.equal("application/octet-stream");
    direct.body.toString("latin1", 0, 4).should.equal("RIFF");
    engine.control.settings.redirectFiles = true;
    const sent = await call(engine, "GET", `/v2/pre-recorded/${id}/file`);
    sent.status.should.equal(302);
    const location = sent.headers.get("location") ?? "";
    new URL(location).origin.should.not.equal(engine.url);
    (await call(engine, "GET", location)).status.should.equal(400);
    const signed = await fetch(location);
    Buffer.from(await signed.arrayBuffer())
      .equals(direct.body)
      .should.be.true();
    engine.control.storage
      .map(({ key, status }) => [key, status])
      .should.eql([
        [true, 400],
        [false, 200],
      ]);
  });

  it("answers 404 when a job has no audio", async () => {
    const engine = await start();
    const { body } = await call(engine, "POST", "/v2/pre-recorded", { audio_url: "http://127.0.0.1:1/a.wav" });
    await final(engine, body.id);
    (await call(engine, "GET", `/v2/pre-recorded/${body.id}/file`)).status.should.equal(404);
  });
});
