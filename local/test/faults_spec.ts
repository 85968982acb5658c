import should from "should";
import type { FaultKind } from "../src/index";
import { call, closeAll, start, transcribe, until, upload } from "./support/engine";

const AUDIO = { audio_url: "http://127.0.0.1:1/a.wav" };

describe("faults", () => {
  afterEach(closeAll);

  it("answer with a status, with and without Retry-After, as often as asked", async () => {
    const engine = await start();
    engine.control.fault({ route: "create", kind: "429", retryAfter: 2 });
    engine.control.fault({ route: "create", kind: "429", times: 2 });
    const create = () => call(engine, "POST", "/v2/pre-recorded", AUDIO);
    const first = await create();
    first.status.should.equal(429);
    first.headers.get("retry-after")?.should.equal("2");
    first.body.should.containEql({ statusCode: 429, path: "/v2/pre-recorded" });
    const second = await create();
    second.status.should.equal(429);
    should(second.headers.get("retry-after")).be.null();
    (await create()).status.should.equal(429);
    (await create()).status.should.equal(201);
    engine.control.jobs.should.have.length(1);
    engine.control.counts.create.should.equal(4);
    engine.control.requests
      .map(({ fault, status }) => [fault, status])
      .should.eql([
        ["429", 429],
        ["429", 429],
        ["429", 429],
        [undefined, 201],
      ]);
  });

  it("answer as a gateway does, with a page", async () => {
    const engine = await start();
    engine.control.fault({ route: "list", kind: "502-html", retryAfter: "soon" });
    const { status, headers, body } = await call(engine, "GET", "/v2/pre-recorded");
    status.should.equal(502);
    headers.get("content-type")?.should.match(/^text\/html/);
    headers.get("retry-after")?.should.equal("soon");
    body.toString().should.match(/^<html>/);
  });

  for (const [kind, made] of [
    ["reset-before", 0],
    ["reset-after", 1],
    ["truncated-json", 1],
  ] as [FaultKind, number][]) {
    it(`${kind}: the connection is lost and ${made} job made`, async () => {
      const engine = await start();
      engine.control.fault({ route: "create", kind });
      await call(engine, "POST", "/v2/pre-recorded", AUDIO).should.be.rejected();
      engine.control.jobs.should.have.length(made);
      (await call(engine, "GET", "/v2/pre-recorded")).body.items.should.have.length(made);
    });
  }

  for (const [kind, made] of [
    ["hang", 0],
    ["hang-after", 1],
  ] as [FaultKind, number][]) {
    it(`${kind}: nothing comes and ${made} job made`, async () => {
      const engine = await start();
      engine.control.fault({ route: "create", kind });
      let settled = false;
      const hanging = call(engine, "POST", "/v2/pre-recorded", AUDIO).catch(() => {
        settled = true;
      });
      await until(
        () => engine.control.requests[0]?.fault,
        (fault) => fault === kind,
      );
      await until(
        () => engine.control.jobs.length,
        (count) => count === made,
      );
      await call(engine, "GET", "/v2/pre-recorded");
      settled.should.be.false();
      await engine.close();
      await hanging;
      settled.should.be.true();
    });
  }

  it("do the work and answer an error, nonsense or nothing", async () => {
    const engine = await start();
    const create = () => call(engine, "POST", "/v2/pre-recorded", AUDIO);
    engine.control.fault({ route: "create", kind: "500-after" });
    engine.control.fault({ route: "create", kind: "empty" });
    engine.control.fault({ route: "create", kind: "bad-json" });
    (await create()).status.should.equal(500);
    await create().should.be.rejectedWith(/JSON/);
    await create().should.be.rejectedWith(/JSON/);
    engine.control.jobs.should.have.length(3);
  });

  it("let the answer come slowly, but whole, audio too", async () => {
    const engine = await start();
    engine.control.fault({ route: "*", kind: "slow-body", delay: 1, times: "always", match: { path: "/v2/pre" } });
    const job = await transcribe(engine, {}, "x".repeat(5000));
    job.status.should.equal("done");
    const file = await call(engine, "GET", `/v2/pre-recorded/${job.id}/file`);
    file.body.toString().should.equal("x".repeat(5000));
  });

  it("strike only what they match, after those they skip, as likely as the seed says", async () => {
    const engine = await start({ seed: 7 });
    const create = async (n: number) =>
      (await call(engine, "POST", "/v2/pre-recorded", { ...AUDIO, custom_metadata: { n } })).status;
    engine.control.fault({ route: "create", kind: "500", match: { body: { custom_metadata: { n: 2 } } } });
    engine.control.fault({
      route: "create",
      kind: "503",
      skip: 1,
      match: ({ body }) => JSON.stringify(body).includes("9"),
    });
    [await create(1), await create(2), await create(2), await create(9), await create(9)].should.eql([
      201, 500, 201, 201, 503,
    ]);
    const draw = async () => {
      engine.control.fault({ route: "list", kind: "500", probability: 0.5 });
      const statuses: number[] = [];
      for (let turn = 0; turn < 20; turn += 1) statuses.push((await call(engine, "GET", "/v2/pre-recorded")).status);
      engine.control.reset();
      return statuses;
    };
    const drawn = await draw();
    drawn.filter((status) => status === 500).length.should.be.within(3, 17);
    const again = await start({ seed: 7 });
    again.control.fault({ route: "list", kind: "500", probability: 0.5 });
    for (const status of drawn) (await call(again, "GET", "/v2/pre-recorded")).status.should.equal(status);
  });

  it("strike uploads, gets, deletes and files as well", async () => {
    const engine = await start();
    const { id, request_params } = await transcribe(engine);
    for (const [route, method, path] of [
      ["get", "GET", `/v2/transcription/${id}`],
      ["file", "GET", `/v2/pre-recorded/${id}/file`],
      ["download", "GET", request_params.audio_url],
      ["delete", "DELETE", `/v2/pre-recorded/${id}`],
    ] as const) {
      engine.control.fault({ route, kind: "404" });
      (await call(engine, method, path)).status.should.equal(404);
      (await call(engine, method, path)).status.should.be.below(300);
    }
    engine.control.fault({ route: "upload", kind: "reset-after" });
    await upload(engine, "x", "a.mp3").should.be.rejected();
    engine.control.uploads.should.have.length(2);
  });

  it("may play an engine that does not know today's path", async () => {
    const engine = await start();
    engine.control.fault({ route: "create", kind: "404", times: "always", match: { path: "/v2/pre-recorded" } });
    const gone = await call(engine, "POST", "/v2/pre-recorded", AUDIO);
    gone.body.should.containEql({ statusCode: 404, message: "Cannot POST /v2/pre-recorded" });
    (await call(engine, "POST", "/v2/transcription", AUDIO)).status.should.equal(201);
    engine.control.fault({ route: "get", kind: "404", message: "Not here" });
    (await call(engine, "GET", "/v2/pre-recorded/x")).body.message.should.equal("Not here");
  });

  it("are refused when there are none such", async () => {
    const engine = await start();
    should.throws(() => engine.control.fault({ route: "create", kind: "explode" as FaultKind }), /explode/);
    should.throws(() => engine.control.fault({ route: "nowhere" as "get", kind: "500" }), /nowhere/);
  });
});

describe("the control", () => {
  afterEach(closeAll);

  it("records requests without the key's value, and forgets all on reset", async () => {
    const engine = await start();
    await call(engine, "GET", "/v2/pre-recorded?limit=1", undefined, { "x-gladia-version": "Test/1.0" });
    const [first] = engine.control.requests;
    should(first).containEql({ route: "list", method: "GET", url: "/v2/pre-recorded?limit=1", key: true, status: 200 });
    should(first?.headers).containEql({ "x-gladia-version": "Test/1.0" });
    should(first?.headers).not.have.property("x-gladia-key");
    engine.control.connections.should.equal(1);
    engine.control.fault({ route: "*", kind: "500" });
    engine.control.settings.accountLimit = 0;
    engine.control.reset();
    const { counts, ...records } = engine.control.records();
    Object.keys(counts).should.containDeep(["upload", "create", "live", "socket", "other"]);
    new Set(Object.values(counts)).should.eql(new Set([0]));
    records.should.eql({
      connections: 0,
      requests: [],
      uploads: [],
      jobs: [],
      deliveries: [],
      storage: [],
    });
    (await call(engine, "POST", "/v2/pre-recorded", AUDIO)).status.should.equal(201);
  });

  it("is open to another process when told so", async () => {
    const engine = await start({ remoteControl: true });
    const orders = {
      settings: { accountLimit: 1 },
      faults: [{ route: "list", kind: "503" }],
      scripts: [{ match: { custom_metadata: { n: 1 } }, text: "from afar" }],
    };
    (await call(engine, "POST", "/__control", orders)).status.should.equal(200);
    (await call(engine, "GET", "/v2/pre-recorded")).status.should.equal(503);
    const { result } = await transcribe(engine, { custom_metadata: { n: 1 } });
    result.transcription.full_transcript.should.equal("from afar");
    const { body } = await call(engine, "GET", "/__control");
    body.counts.should.containEql({ list: 1, create: 1, upload: 1 });
    body.uploads[0].should.containEql({ filename: "a.mp3", size: 10 });
    await call(engine, "POST", "/__control", { reset: true });
    should(engine.control.settings.accountLimit).be.null();
    const wrong = await call(engine, "POST", "/__control", { reset: true, faults: [{ route: "list", kind: "x" }] });
    wrong.status.should.equal(400);
    (await call(engine, "GET", "/__control", undefined, { "x-gladia-key": "no" })).status.should.equal(401);
  });
});
