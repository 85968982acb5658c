import should from "should";
import gladiaSidebar from "../../nodes/gladia-sidebar";
import type { JobRecord } from "../../src/jobs/history";
import { type Engine, startEngine } from "../support/engine";
import { Flow, until } from "../support/flow";
import helper from "../support/helper";
import { speech } from "../support/live";

describe("live sessions in the sidebar", () => {
  let engine: Engine & { folder: string };

  before(async () => {
    engine = await startEngine();
    await helper.startServer();
  });
  after(async () => {
    await helper.stopServer();
    await engine.close();
  });
  beforeEach(() => {
    engine.control.reset();
    engine.control.settings.languages = "any";
  });
  afterEach(() => Flow.stop());

  const start = (live: object = {}, account: object = {}) =>
    Flow.start([{ type: "gladia-live", ...live, wires: [["out"], [], []] }], { apiUrl: engine.url, ...account }, {}, [
      gladiaSidebar,
    ]);
  const get = (path: string) => helper.request().get(`/gladia-sidebar/accounts${path}`);
  const rows = async ({ account }: Flow): Promise<JobRecord[]> => (await get(`/${account}/jobs`)).body.jobs;
  /** The only row, once it is so. */
  const rowWhen = async (flow: Flow, isSo: (row: JobRecord) => unknown): Promise<JobRecord> => {
    for (;;) {
      const all = await rows(flow);
      should(all.length).be.belowOrEqual(1);
      if (all[0] && isSo(all[0])) return all[0];
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };

  it("are rows that go on while somebody speaks, and can be read, heard and deleted when they are over", async () => {
    const flow = await start();
    const audio = speech(3);
    flow.receive({ payload: audio.subarray(0, 64_000) });
    const first = await rowWhen(
      flow,
      ({ state, id, duration }) => state === "processing" && id && Number(duration) >= 1,
    );
    const node = flow.flow.find(({ type }) => type === "gladia-live")?.["id"];
    should(first).match({ kind: "live", node, held: true });
    should(first.ended).equal(undefined);
    flow.receive({ payload: audio.subarray(64_000) });
    flow.receive({ control: "stop" });
    const over = await rowWhen(flow, ({ state }) => state === "done");
    should(over).match({ key: first.key, id: first.id, held: false });
    should(over.duration).be.approximately(audio.length / 32_000, 0.1);
    should(over.text).equal(flow.seen.out.map(({ payload }) => payload).join(" "));
    should(over.ended).be.aboveOrEqual(over.began);
    const path = `/${flow.account}/jobs/${over.id}`;
    const { body } = await get(path);
    should(body.job.status).equal("done");
    should(body.job.result.transcription.utterances.map(({ text }: { text: string }) => text.trim())).eql(
      flow.seen.out.map(({ payload }) => payload),
    );
    should((await get(`${path}/srt`)).body.text).startWith("1\n00:00:0");
    const sound = await get(`${path}/audio`).buffer(true);
    should(sound.headers["content-type"]).equal("audio/wav");
    should((sound.body as Buffer).subarray(44).equals(audio)).equal(true);
    should((await helper.request().delete(`/gladia-sidebar/accounts${path}`)).body).eql({ deleted: true });
    should(await rows(flow)).eql([]);
    should((await fetch(`${engine.url}/v2/live/${over.id}`, { headers: { "x-gladia-key": "key" } })).status).equal(404);
  });

  it("can be cancelled there", async () => {
    const flow = await start();
    flow.receive({ payload: speech(10) });
    const { key } = await rowWhen(flow, ({ state }) => state === "processing");
    const path = `/gladia-sidebar/accounts/${flow.account}/jobs/${key}/cancel`;
    should((await helper.request().post(path)).body).eql({ cancelled: true });
    should(await rowWhen(flow, ({ state }) => state === "cancelled")).match({ held: false });
    await until(() => flow.seen.statuses.at(-1)?.text === undefined);
    should((await helper.request().post(path)).body).eql({ cancelled: false });
    should(flow.seen.caught).eql([]);
  });

  it("say what they failed with", async () => {
    engine.control.settings.liveLimit = 0;
    const flow = await start({ buffer: "1" });
    flow.receive({ payload: speech(1) });
    should(await rowWhen(flow, ({ state }) => state === "waiting")).match({ kind: "live" });
    const { error } = await rowWhen(flow, ({ state }) => state === "error");
    should(error).equal(flow.seen.caught[0]?.error.message);
  });

  it("are read with the key of the customer that they are of", async () => {
    const flow = await start({}, { apiKey: "no-key-of-this-server", keyFrom: "customer", keyFromType: "msg" });
    flow.receive({ payload: speech(1), customer: "key" });
    flow.receive({ control: "stop" });
    const row = await rowWhen(flow, ({ state }) => state === "done");
    should(row.customer).be.a.String();
    should(Object.values(row)).not.containEql("key");
    should((await get(`/${flow.account}/jobs/${row.id}/text`)).body.text).startWith("speech");
  });
});
