import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import should from "should";
import { type Engine, startEngine, wav } from "../support/engine";
import { Flow, until } from "../support/flow";
import helper from "../support/helper";

describe("gladia-jobs", () => {
  let engine: Engine & { folder: string };
  const account = (more: object = {}) => ({ apiUrl: engine.url, ...more });
  const jobs = (more: object = {}) => ({ type: "gladia-jobs", ...more });
  /** Creates jobs at the engine, as if others had. */
  const create = async (count: number, metadata: object = {}): Promise<string[]> => {
    const headers = { "x-gladia-key": "key" };
    const form = new FormData();
    form.append("audio", new File([new Uint8Array(wav())], "a.wav"));
    const upload = await fetch(`${engine.url}/v2/upload`, { method: "POST", headers, body: form });
    const { audio_url } = (await upload.json()) as { audio_url: string };
    const ids: string[] = [];
    for (let n = 0; n < count; n++) {
      const answer = await fetch(`${engine.url}/v2/pre-recorded`, {
        method: "POST",
        headers: { ...headers, "content-type": "application/json" },
        body: JSON.stringify({ audio_url, custom_metadata: { n, ...metadata } }),
      });
      ids.push(((await answer.json()) as { id: string }).id);
    }
    for (const id of ids) {
      for (let status = ""; status !== "done" && status !== "error"; ) {
        const job = await fetch(`${engine.url}/v2/pre-recorded/${id}`, { headers });
        status = ((await job.json()) as { status: string }).status;
      }
    }
    return ids;
  };
  /** One message after the other: side by side, the quicker one would come first. */
  const inTurn = async (flow: Flow, ...messages: Parameters<Flow["run"]>) => {
    for (const message of messages) await flow.run(message);
    return flow.seen;
  };
  const idsOf = (list: unknown) => (list as { id: string }[]).map(({ id }) => id);

  beforeEach(async () => {
    engine = await startEngine();
  });
  afterEach(async () => {
    await Flow.stop();
    await engine.close();
  });

  it("lists a page, and with filters those that fit", async () => {
    const ids = await create(3);
    const marked = await create(1, { customer: 7 });
    const flow = await Flow.start([jobs()], account());
    const { out, caught } = await inTurn(
      flow,
      { topic: "t" },
      { filter: { custom_metadata: { customer: 7 } } },
      { filter: { status: ["queued", "processing"] } },
      { filter: { limit: 2, offset: 1, status: "done,error" } },
      { filter: { after_date: "2020-01-01", before_date: "2020-02-01" } },
    );
    should(caught).eql([]);
    should(idsOf(out[0]?.payload)).eql([...marked, ...ids.toReversed()]);
    should(out[0]?.["topic"]).equal("t");
    should(idsOf(out[1]?.payload)).eql(marked);
    should(out[2]?.payload).eql([]);
    should(idsOf(out[3]?.payload)).eql([ids[2], ids[1]]);
    should(out[4]?.payload).eql([]);
  });

  it("says which filter is wrong, before anything is asked", async () => {
    const flow = await Flow.start([jobs()], account());
    const wrong = [
      "done",
      [1],
      { status: "ready" },
      { limit: 0 },
      { offset: -1 },
      { after_date: "last week" },
      { custom_metadata: "x" },
    ];
    const { caught } = await flow.run(...wrong.map((filter) => ({ filter })));
    should(caught.map(({ error }) => error.code)).eql(wrong.map(() => "GLADIA_OPTIONS"));
    should(caught[2]?.error.message).match(/status .*ready.*queued, processing, done, error/);
    should(engine.control.requests).eql([]);
  });

  it("follows the pages to the end, each job once, while jobs come and go", async () => {
    const ids = await create(25);
    const headers = { "x-gladia-key": "key" };
    const flow = await Flow.start([jobs({ all: true })], account());
    // After each page, two of those that were read are deleted and one is added in front.
    let pages = 0;
    const gone = new Set<string>();
    const change = setInterval(() => {
      const lists = engine.control.requests.filter(({ route }) => route === "list").length;
      if (lists <= pages) return;
      pages = lists;
      for (const id of ids.slice(-2 * pages, ids.length - 2 * (pages - 1))) {
        gone.add(id);
        void fetch(`${engine.url}/v2/pre-recorded/${id}`, { method: "DELETE", headers });
      }
    }, 1);
    const { out } = await flow.run({ filter: { limit: 4 } });
    clearInterval(change);
    const listed = idsOf(out[0]?.payload);
    should(new Set(listed).size).equal(listed.length);
    should(ids.filter((id) => !gone.has(id) && !listed.includes(id))).eql([]);
    should(pages).be.above(5);
  });

  it("gives a message for each job, with what a join node needs", async () => {
    const ids = await create(3);
    const flow = await Flow.start([jobs({ each: true })], account());
    const { out } = await flow.run({ topic: "t" });
    should(out.map(({ payload }) => payload.id)).eql(ids.toReversed());
    should(out.map(({ topic }) => topic)).eql(["t", "t", "t"]);
    const parts = out.map((msg) => (msg as unknown as { parts: object }).parts);
    should(parts).containDeepOrdered([0, 1, 2].map((index) => ({ index, count: 3, type: "array", len: 1 })));
  });

  it("says that there is no job to give a message for", async () => {
    const flow = await Flow.start([jobs({ each: true })], account());
    const { out, completed, caught, statuses } = await flow.run({ filter: { custom_metadata: { none: "such" } } });
    should([out.length, completed.length, caught.length]).eql([0, 1, 0]);
    should(statuses.at(-1)).have.properties({ fill: "grey", text: "gladia-jobs.status.nothing" });
  });

  it("reads a job, by its id and by the job itself", async () => {
    const [id] = await create(1);
    const flow = await Flow.start([jobs({ operation: "get" })], account());
    const { out, caught } = await inTurn(
      flow,
      { payload: id },
      { payload: { id } },
      { payload: "no such" },
      { payload: "11111111-2222-3333-4444-555555555555" },
    );
    for (const { payload, gladia } of out) {
      should(payload).containDeep({ id, status: "done" });
      should(gladia).containDeep({ id, job: { id } });
    }
    should(out).have.length(2);
    should(caught.map(({ error }) => error.code)).eql(["GLADIA_CONFIG", "GLADIA_NOT_FOUND"]);
  });

  it("deletes one, and a list of them, and nothing by a filter alone", async () => {
    const ids = await create(4);
    const flow = await Flow.start([jobs({ operation: "delete" })], account());
    const one = await flow.run({ payload: ids[0] });
    should(one.out[0]?.payload).equal(true);
    const { out, caught } = await inTurn(
      flow,
      { payload: [ids[0], { id: ids[1] }, ids[2]] },
      { payload: ids[0] },
      { filter: { status: "done" } },
      { payload: [] },
      { payload: ["../../upload", ids[3]] },
      { payload: null },
      { payload: 7 },
    );
    should(out[1]?.payload).equal(true);
    should(out[1]?.gladia?.deleted).eql(ids.slice(0, 3));
    should(caught.map(({ error }) => error.code).sort()).eql([...Array(5).fill("GLADIA_CONFIG"), "GLADIA_NOT_FOUND"]);
    const left = await fetch(`${engine.url}/v2/pre-recorded`, { headers: { "x-gladia-key": "key" } });
    should(idsOf(((await left.json()) as { items: unknown }).items)).eql([ids[3]]);
  });

  it("tells which of several could not be deleted, and deletes the others", async () => {
    const done = await create(2);
    engine.control.script({ processing: 60_000 });
    const running = await Flow.start([{ type: "gladia-transcribe", wait: "no" }], account());
    const id = (await running.run({ payload: wav(1, 4) })).out[0]?.payload as string;
    await Flow.stop();
    const flow = await Flow.start([jobs({ operation: "delete" })], account());
    const { caught } = await flow.run({ payload: [done[0], id, done[1]] });
    should(caught[0]?.error.message).match(new RegExp(`Of 3 jobs, 1 could not be deleted \\(${id}\\)`));
    const left = await fetch(`${engine.url}/v2/pre-recorded`, { headers: { "x-gladia-key": "key" } });
    should(idsOf(((await left.json()) as { items: unknown }).items)).eql([id]);
  });

  it("fetches the audio, as a Buffer or into a file that is there when it is whole", async () => {
    const [id] = await create(1);
    const flow = await Flow.start([jobs({ operation: "download" })], account());
    should((await flow.run({ payload: id })).out[0]?.payload).eql(wav());
    await Flow.stop();
    const path = join(engine.folder, "new", "audio.wav");
    const into = await Flow.start(
      [jobs({ operation: "download", path: "to", pathType: "msg" })],
      account({ retries: 0 }),
    );
    const { out } = await into.run({ payload: id, to: path });
    should(out[0]?.payload).equal(path);
    should(await readFile(path)).eql(wav());
    engine.control.fault({ route: "file", kind: "reset-after", times: 10 });
    const cut = await into.run({ payload: id, to: path });
    should(cut.caught).have.length(1);
    should(await readFile(path)).eql(wav());
    should(await readdir(join(engine.folder, "new"))).eql(["audio.wav"]);
  });

  it("says when the file cannot be written", async () => {
    const [id] = await create(1);
    await writeFile(join(engine.folder, "a-file"), "x");
    await mkdir(join(engine.folder, "a-folder"));
    const flow = await Flow.start([jobs({ operation: "download", path: "to", pathType: "msg" })], account());
    const { caught } = await flow.run(
      { payload: id, to: join(engine.folder, "a-file", "b.wav") },
      { payload: id, to: join(engine.folder, "a-folder") },
      { payload: id, to: 7 },
    );
    should(caught.map(({ error }) => error.code)).eql(["GLADIA_CONFIG", "GLADIA_CONFIG", "GLADIA_CONFIG"]);
    should(await readFile(join(engine.folder, "a-file"), "utf8")).equal("x");
  });

  it("ends the wait for a job, and says when nobody waits", async () => {
    engine.control.script({ processing: 60_000 });
    const alone = await Flow.start([jobs({ operation: "cancel" })], account());
    const { caught } = await alone.run({ payload: "11111111-2222-3333-4444-555555555555" });
    should(caught[0]?.error.code).equal("GLADIA_NOT_FOUND");
    await Flow.stop();
    const config = `c${Number(alone.account.slice(1)) + 1}`; // of the next flow
    const cancel = { ...jobs({ operation: "cancel" }), id: "cancel", z: "tab", config, x: 1, y: 1, wires: [["out"]] };
    const flow = await Flow.start([{ type: "gladia-transcribe" }], account(), {}, [], [cancel]);
    should(flow.account).equal(config);
    flow.receive({ payload: wav() });
    await until(() => engine.control.jobs.length === 1 && engine.control.counts.get > 0);
    const id = engine.control.jobs[0]?.id;
    await until(() => flow.seen.statuses.some(({ text }) => /queued|processing|transcribing/.test(text ?? "")));
    helper.getNode("cancel").receive({ payload: id } as never);
    await until(() => flow.seen.caught.length > 0 && flow.seen.out.length > 0);
    should(flow.seen.caught[0]?.error.code).equal("GLADIA_CANCELLED");
    should(flow.seen.out[0]?.payload).equal(true);
  });

  it("works on live sessions, too", async () => {
    const flow = await Flow.start([jobs({ kind: "live" })], account());
    should((await flow.run({})).out[0]?.payload).eql([]);
    should(engine.control.requests.some(({ url }) => url.startsWith("/v2/live"))).be.true();
  });

  it("puts what it gives where it is wanted", async () => {
    const [id] = await create(1);
    const flow = await Flow.start([jobs({ operation: "get", property: "data.job", propertyType: "msg" })], account());
    const { out } = await flow.run({ payload: id });
    should(out[0]?.payload).equal(id);
    should((out[0] as unknown as { data: unknown }).data).containDeep({ job: { id } });
  });
});
