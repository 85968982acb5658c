import should from "should";
import type { Engine } from "../src/index";
import { call, closeAll, final, start, upload } from "./support/engine";

describe("listing jobs", () => {
  afterEach(closeAll);

  /** An engine with one job for each metadata, in this order; every third fails. */
  async function filled(count: number): Promise<{ engine: Engine; ids: string[] }> {
    const engine = await start();
    const { audio_url } = await upload(engine, "x", "a.mp3");
    const ids: string[] = [];
    engine.control.script({ match: { custom_metadata: { third: true } }, error: { code: 500 } });
    for (let index = 0; index < count; index += 1) {
      const custom_metadata = { index, third: index % 3 === 2, deep: { tag: `t${index}`, list: [index] } };
      const { body } = await call(engine, "POST", "/v2/pre-recorded", { audio_url, custom_metadata });
      await final(engine, body.id);
      ids.push(body.id);
    }
    return { engine, ids };
  }

  /** The indices of the jobs a list gives. */
  async function indices(engine: Engine, query: string, root = "/v2/pre-recorded"): Promise<number[]> {
    const { status, body } = await call(engine, "GET", `${root}?${query}`);
    status.should.equal(200);
    return body.items.map((job: { custom_metadata: { index: number } }) => job.custom_metadata.index);
  }

  it("gives whole jobs, newest first, page by page", async () => {
    const { engine, ids } = await filled(5);
    const seen: string[] = [];
    let url = `${engine.url}/v2/pre-recorded?limit=2&status=done&status=error`;
    for (let page = 0; ; page += 1) {
      const { body } = await call(engine, "GET", url);
      Object.keys(body).sort().should.eql(["current", "first", "items", "next"]);
      new URL(body.first).searchParams.get("offset")?.should.equal("0");
      new URL(body.current).searchParams.get("offset")?.should.equal(String(page * 2));
      new URL(body.current).searchParams.getAll("status").should.eql(["done", "error"]);
      seen.push(...body.items.map(({ id }: { id: string }) => id));
      if (body.next === null) break;
      url = body.next;
    }
    seen.should.eql(ids.toReversed());
    const { body } = await call(engine, "GET", "/v2/pre-recorded?limit=1&offset=3");
    body.items[0].should.eql((await call(engine, "GET", `/v2/pre-recorded/${ids[1]}`)).body);
    should(body.items[0].result.transcription).be.ok();
  });

  it("filters by status, once and repeated", async () => {
    const { engine } = await filled(4);
    (await indices(engine, "status=error")).should.eql([2]);
    (await indices(engine, "status=done")).should.eql([3, 1, 0]);
    (await indices(engine, "status=done&status=error")).should.eql([3, 2, 1, 0]);
    (await indices(engine, "status=queued")).should.eql([]);
  });

  it("filters by metadata as JSON and in brackets, nested too", async () => {
    const { engine } = await filled(4);
    const json = (wanted: object) => `custom_metadata=${encodeURIComponent(JSON.stringify(wanted))}`;
    (await indices(engine, json({ index: 1 }))).should.eql([1]);
    (await indices(engine, json({ index: "1" }))).should.eql([]);
    (await indices(engine, json({ third: false, deep: { tag: "t3" } }))).should.eql([3]);
    (await indices(engine, json({ deep: { list: [2] } }))).should.eql([2]);
    (await indices(engine, json({}))).should.eql([3, 2, 1, 0]);
    (await indices(engine, "custom_metadata[index]=1")).should.eql([1]);
    (await indices(engine, `${encodeURIComponent("custom_metadata[deep][tag]")}=t2`)).should.eql([2]);
    (await indices(engine, "custom_metadata[third]=false&custom_metadata[index]=3")).should.eql([3]);
    (await indices(engine, "custom_metadata[__proto__][x]=1&custom_metadata[toString]=1")).should.eql([]);
  });

  it("filters by date", async () => {
    const { engine, ids } = await filled(3);
    const created = (await call(engine, "GET", `/v2/pre-recorded/${ids[1]}`)).body.created_at;
    const day = created.slice(0, 10);
    const tomorrow = new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10);
    (await indices(engine, `date=${day}`)).should.eql([2, 1, 0]);
    (await indices(engine, `date=${tomorrow}`)).should.eql([]);
    (await indices(engine, `after_date=${created}`)).should.eql([2, 1]);
    (await indices(engine, `before_date=${created}`)).should.eql([1, 0]);
    (await indices(engine, `after_date=${created}&before_date=${encodeURIComponent(created)}`)).should.eql([1]);
    (await indices(engine, `after_date=${tomorrow}`)).should.eql([]);
    (await indices(engine, `before_date=${tomorrow}`)).should.eql([2, 1, 0]);
  });

  it("filters by kind at the old path and in the history only", async () => {
    const { engine } = await filled(2);
    for (const root of ["/v2/transcription", "/v1/history"]) {
      (await indices(engine, "kind=live", root)).should.eql([]);
      (await indices(engine, "kind=live&kind=pre-recorded", root)).should.eql([1, 0]);
    }
    (await indices(engine, "kind=live")).should.eql([1, 0]);
  });

  it("names all that is wrong with a query", async () => {
    const engine = await start();
    const query = "limit=0&offset=x&status=ready&date=today&after_date=2026-13-01&custom_metadata=[1]";
    const { status, body } = await call(engine, "GET", `/v2/pre-recorded?${query}`);
    status.should.equal(400);
    body.validation_errors
      .sort()
      .should.eql([
        "after_date must be a valid ISO 8601 date string",
        "custom_metadata must be a json string of an object",
        "date must be a valid ISO 8601 date string",
        "limit must not be less than 1",
        "offset must be an integer number",
        "status must only contain the following values: queued, processing, done, error",
      ]);
  });
});
