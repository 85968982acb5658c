import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import should from "should";
import gladiaSidebar from "../../nodes/gladia-sidebar";
import { GladiaClient } from "../../src/client";
import { Transport } from "../../src/http/transport";
import { History, type JobRecord } from "../../src/jobs/history";
import type { Job } from "../../src/types";
import { type Engine, startEngine, wav } from "../support/engine";
import { Flow, until } from "../support/flow";
import helper from "../support/helper";

const TRANSCRIBE = [{ type: "gladia-transcribe" }];
const start = (key: string) => ({ key, node: "n", began: 1, filename: undefined });
const done = (id: string) =>
  ({
    id,
    status: "done",
    file: { filename: "a.wav", audio_duration: 3 },
    result: {
      metadata: { audio_duration: 3.5, billing_time: 4 },
      transcription: { full_transcript: "w ".repeat(200) },
    },
  }) as unknown as Job;

describe("the history of an account's jobs", () => {
  let changed: string[];
  let history: History;
  beforeEach(() => {
    changed = [];
    history = new History((key) => changed.push(key));
  });

  it("follows a job to its end", () => {
    history.note(start("k"), { state: "waiting" });
    history.note(start("k"), { state: "queued", id: "j" });
    history.leave("k", undefined);
    should(history.get("k")).match({ state: "queued", id: "j", held: false });
    history.final(done("j"));
    const record = history.get("k");
    should(record).match({ state: "done", duration: 3.5, billed: 4, filename: "a.wav" });
    should(record?.text?.length).be.belowOrEqual(120);
    should(record?.ended).be.a.Number();
  });

  it("tells of changes, and of nothing else", () => {
    history.note(start("k"), { state: "waiting" });
    changed.length = 0;
    history.note(start("k"), { state: "waiting" });
    history.final(done("other"));
    history.fail("other", false, "no");
    should(changed).be.empty();
  });

  it("keeps the last thousand, those under way before those that are over", () => {
    history.note(start("running"), { state: "processing" });
    for (let i = 0; i < 1200; i++) {
      history.note(start(`k${i}`), { id: `j${i}` });
      history.final(done(`j${i}`));
    }
    const kept = history.list();
    should(kept).have.length(1000);
    should(kept[0]?.key).equal("running");
    should(kept.at(-1)?.key).equal("k1199");
  });

  it("has one record for one job, whoever works on it", () => {
    history.note({ ...start("made"), filename: "interview.wav" }, { state: "uploading" });
    history.note(start("made"), { state: "queued", id: "j" });
    history.leave("made", undefined);
    history.note({ ...start("waits"), filename: "other" }, { state: "waiting" });
    const [waits, waitsToo] = [new AbortController(), new AbortController()];
    history.note({ ...start("waits"), filename: "other" }, { state: "processing", id: "j" }, waits);
    history.note(start("waits too"), { state: "processing", id: "j" }, waitsToo);
    should(history.list()).have.length(1);
    should(history.get("waits")).match({ key: "made", state: "processing", filename: "interview.wav", held: true });
    should(history.cancelJob("unknown")).equal(false);
    should(history.cancelJob("j")).equal(true);
    should([waits, waitsToo].map(({ signal }) => signal.aborted)).eql([true, true]);
    history.suspend("waits");
    history.suspend("waits too");
    should(history.cancel("made")).equal(false);
    history.fail("waits", true, "cancelled");
    should(history.get("made")).match({ state: "processing", held: true });
    history.leave("waits too", done("j"));
    should(history.get("made")).match({ state: "done", held: false });
    history.note(start("late"), { state: "queued", id: "j" });
    should(history.list()).have.length(1);
    should(history.get("made")).match({ state: "done", held: true });
    history.leave("late", done("j"));
    history.note(start("another"), { state: "queued", id: "j2" });
    should(history.list().map(({ key }) => key)).eql(["made", "another"]);
  });

  it("takes a job of the list at Gladia up when a message waits for it", () => {
    history.add({ ...done("j"), status: "processing", created_at: new Date().toISOString() } as never);
    history.note(start("k"), { state: "processing", id: "j" });
    should(history.list()).have.length(1);
    should(history.get("k")).match({ key: "j", node: "n", held: true });
  });

  it("gives what changed since", () => {
    history.note(start("a"), { state: "queued", id: "1" });
    history.note(start("b"), { state: "queued", id: "2" });
    const { revision } = history;
    should(history.list(revision)).be.empty();
    history.final(done("1"));
    should(history.list(revision).map(({ key }) => key)).eql(["a"]);
    should(history.list(history.revision + 1000)).have.length(2);
  });

  it("keeps the beginning of a text and no more of it in memory", () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const texts = Array.from({ length: 30 }, (_, i) => ({ id: `j${i}`, text: `${"word ".repeat(200_000)}${i}` }));
    const used = () => {
      collect();
      return process.memoryUsage().heapUsed;
    };
    const before = used();
    for (const { id, text } of texts.splice(0)) {
      const job = done(id);
      if (job.result?.transcription) job.result.transcription.full_transcript = text;
      history.add(JSON.parse(JSON.stringify(job)));
    }
    should(history.list()).have.length(30);
    should(used() - before).be.below(10_000_000);
  });

  it("forgets what is deleted, and cuts long errors", () => {
    history.note(start("k"), { id: "j" });
    history.fail("k", false, "x".repeat(10_000));
    should(history.get("k")?.error?.length).equal(500);
    history.remove("j");
    should(history.list()).be.empty();
  });
});

describe("what the sidebar asks for", () => {
  let engine: Engine;
  before(async () => {
    engine = await startEngine();
  });
  after(() => engine.close());
  beforeEach(() => {
    engine.control.reset();
    engine.control.settings.languages = "any";
  });
  afterEach(() => Flow.stop());

  const begin = (account: object = {}, chain: Record<string, unknown>[] = TRANSCRIBE) =>
    Flow.start(chain, { apiUrl: engine.url, apiKey: "key", ...account }, {}, [gladiaSidebar]);
  const get = (path: string) => helper.request().get(`/gladia-sidebar/accounts${path}`);
  const jobs = async ({ account }: Flow): Promise<JobRecord[]> => (await get(`/${account}/jobs`)).body.jobs;

  it("lists accounts, their jobs and what was billed", async () => {
    const flow = await begin({ name: "mine", budget: 10 });
    engine.control.script({ text: "Hello there." });
    await flow.run({ payload: wav(2), filename: "folder/hello.wav" });
    should((await get("")).body).eql({ accounts: [{ id: flow.account, name: "mine" }] });
    const { body } = await get(`/${flow.account}/jobs`);
    should(body.minutes).equal(10);
    should(body.used).be.above(0);
    should(body.jobs).have.length(1);
    should(body.jobs[0]).match({ state: "done", filename: "hello.wav", text: "Hello there.", held: false });
    should(JSON.stringify(body)).not.containEql('"key":"key"');
  });

  it("gives a job to read, its transcript in each form to copy, and its audio", async () => {
    const flow = await begin();
    engine.control.script({ text: ["Hello there.", "Good bye."] });
    const sound = wav(2, 5);
    const [msg] = (await flow.run({ payload: sound })).out;
    const id = msg?.gladia?.id;
    const { body, headers } = await get(`/${flow.account}/jobs/${id}`);
    should(headers["content-type"]).match(/^application\/json/);
    should(Object.keys(body)).eql(["job"]);
    should(body.job).match({ id, status: "done" });
    const told = msg?.gladia?.job?.result?.transcription?.utterances ?? [];
    const shown = told.map(({ text, start, end, speaker, channel, words }) => {
      return { text, start, end, speaker, channel, words: words.map(({ word, start, end }) => ({ word, start, end })) };
    });
    should(body.job.result).eql({ transcription: { utterances: JSON.parse(JSON.stringify(shown)) } });
    const text = async (form: string) => (await get(`/${flow.account}/jobs/${id}/${form}`)).body.text;
    should(await text("text")).equal("Hello there. Good bye.");
    should(await text("srt")).match(/^1\n00:00:0\d,\d{3} --> .*\nHello there\.\n/);
    should(await text("vtt")).match(/^WEBVTT\n\n00:00:0/);
    should((await get(`/${flow.account}/jobs/${id}/job`)).status).equal(404);
    should((await get(`/${flow.account}/jobs/00000000-0000-4000-8000-000000000000/srt`)).status).equal(404);
    const audio = await get(`/${flow.account}/jobs/${id}/audio`).buffer(true);
    should(audio.headers["content-type"]).equal("audio/wav");
    should(audio.headers["x-content-type-options"]).equal("nosniff");
    should(sound.equals(audio.body)).be.true();
  });

  it("tells of failed jobs, and of those that nothing waits for", async () => {
    const flow = await begin({}, [{ type: "gladia-transcribe", wait: "no" }]);
    engine.control.script({ processing: 200, times: 1 });
    await flow.run({ payload: wav(1, 8) });
    should((await jobs(flow))[0]?.state).match(/queued|processing/);
    let records = await jobs(flow);
    while (records[0]?.state !== "done") records = await jobs(flow);
    await Flow.stop();

    const failing = await begin();
    engine.control.script({ error: { code: 422 } });
    await failing.run({ payload: wav(1, 9) });
    should((await jobs(failing))[0]).match({ state: "error", error: /could not|cannot|failed|422/ });
  });

  it("shows a job once that three nodes work on, by the name of its file", async () => {
    const chain = [{ type: "gladia-upload" }, { type: "gladia-transcribe", wait: "no" }, { type: "gladia-get-result" }];
    const flow = await begin({}, chain);
    engine.control.script({ text: "One job." });
    const names = [
      [{ payload: wav(1, 30), filename: "folder/interview.wav" }, "interview.wav"],
      [{ payload: `data:audio/wav;base64,${wav(1, 31).toString("base64")}` }, "audio.wav"],
    ] as const;
    for (const [msg, name] of names) {
      const seen = await flow.run({ ...msg });
      should(seen.caught).be.empty();
      const records = await jobs(flow);
      should(records.map(({ filename }) => filename)).containEql(name);
      should(records.every(({ state, held }) => state === "done" && !held)).be.true();
    }
    should(await jobs(flow)).have.length(2);
  });

  it("cancels the message that waits", async () => {
    const flow = await begin();
    engine.control.script({ processing: 60_000 });
    flow.receive({ payload: wav(1, 3) });
    await until(() => engine.control.jobs.length > 0);
    let [record] = await jobs(flow);
    while (!record?.id) [record] = await jobs(flow);
    const path = `/gladia-sidebar/accounts/${flow.account}/jobs/${record.key}/cancel`;
    should((await helper.request().post(path)).body).eql({ cancelled: true });
    await until(() => flow.seen.caught.length > 0);
    should(flow.seen.caught[0]?.error.code).equal("GLADIA_CANCELLED");
    should((await jobs(flow))[0]?.state).equal("cancelled");
    should((await helper.request().post(path)).body).eql({ cancelled: false });
  });

  it("deletes a job at Gladia and forgets it", async () => {
    const flow = await begin();
    const [msg] = (await flow.run({ payload: wav(1, 4) })).out;
    const path = `/gladia-sidebar/accounts/${flow.account}/jobs/${msg?.gladia?.id}`;
    should((await helper.request().delete(path)).body).eql({ deleted: true });
    should(await jobs(flow)).be.empty();
    const again = await get(`/${flow.account}/jobs/${msg?.gladia?.id}`);
    should(again.status).equal(404);
    should(again.body).have.property("code", "GLADIA_NOT_FOUND");
  });

  it("looks back at the jobs that Gladia has of earlier runs, page by page", async () => {
    const settings = { apiUrl: engine.url, apiKey: "key", timeout: 10, retries: 0, product: "Test/1" };
    const client = new GladiaClient({ ...settings, transport: new Transport() });
    const link = { audio_url: `${engine.url}/file/none` };
    engine.control.script({ error: { code: 422 } });
    for (let n = 0; n < 25; n++) await client.create(link);
    engine.control.script({ text: "Of this run." });
    const flow = await begin();
    await flow.run({ payload: wav(1, 10) });
    const look = async () => (await get(`/${flow.account}/earlier`)).body;
    const total = (await client.list({ limit: 100 })).items.length;
    should(total).be.within(26, 99);
    should((await jobs(flow)).length).equal(1);
    should(await look()).eql({ more: true });
    should((await jobs(flow)).length).equal(20);
    let answer = await look();
    while (answer.more) answer = await look();
    const records = await jobs(flow);
    should(new Set(records.map(({ id }) => id)).size).equal(total);
    should(records).have.length(total);
    const earlier = records.filter(({ node }) => node === "");
    should(earlier.every(({ began, held }) => began > Date.now() - 600_000 && !held)).equal(true);
    should(earlier.some(({ state }) => state === "error")).equal(true);
    should(await look()).eql({ more: false });
  });

  it("answers what cannot be, and never with a login's status", async () => {
    const flow = await begin({ apiKey: "very-secret-wrong-key" });
    should((await get("/nobody/jobs")).status).equal(404);
    should((await get(`/${flow.account}/jobs/${encodeURIComponent("../x")}`)).status).equal(404);
    should((await get(`/${flow.account}/jobs/abc`)).status).equal(404);
    const refused = await get(`/${flow.account}/earlier`);
    should(refused.status).equal(502);
    should(refused.body.code).equal("GLADIA_AUTH");
    should(JSON.stringify(refused.body)).not.containEql("very-secret");
  });
});
