import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import should from "should";
import type { AudioLink } from "../../src/audio/source";
import { FileStore } from "../../src/jobs/file-store";
import { KEY } from "../../src/jobs/key-search";
import { type Engine, startEngine } from "../support/engine";
import { jobsByKey, TestAccount } from "../support/test-account";

describe("work that an earlier run began", function () {
  this.timeout(30_000);
  let engine: Engine & { folder: string };
  let folder: string;
  const accounts: TestAccount[] = [];

  /** An account over a journal with one item, as an earlier run left it. */
  const open = async (item: object = {}, minutes?: number) => {
    const path = join(folder, `${accounts.length}`, "acc.jsonl");
    await mkdir(join(path, ".."));
    const put = { key: "k", node: "n", began: Date.now(), message: {}, audio: "a.wav", ...item };
    if (Object.keys(item).length > 0) await writeFile(path, `${JSON.stringify({ put })}\n`);
    const store = new FileStore({ path, onWarning: (key) => should(key).equal(undefined) });
    const account = await TestAccount.open(engine, store, {
      concurrency: 5,
      budget: { minutes, per: "day", longest: undefined },
    });
    accounts.push(account);
    const [entry] = account.account.items();
    return { account, entry: entry as NonNullable<typeof entry> };
  };
  /** A job that bears a key. */
  const makeJob = async (key: string) => {
    const { account } = await open();
    const { account: other } = await open({ key });
    const item = await account.begin();
    const { audio_url = "" } = await account.submit(item);
    return (await other.account.client.create({ audio_url, custom_metadata: { [KEY]: key } })).id;
  };
  const never = async (): Promise<never> => {
    throw new Error("The audio was read");
  };

  beforeEach(async () => {
    engine = await startEngine();
    folder = await mkdtemp(join(tmpdir(), "gladia-submit-"));
  });
  afterEach(async () => {
    await Promise.all(accounts.splice(0).map((account) => account.end()));
    await engine.close();
    await rm(folder, { recursive: true, force: true });
  });

  for (const item of [
    { state: "accepted" },
    { state: "wanted" },
    { state: "uploaded", audio_url: "http://127.0.0.1:9/gone" },
    { state: "creating", audio_url: "http://127.0.0.1:9/gone", since: Date.now() },
  ]) {
    it(`has its job found by its key (${item.state}), whatever the budget, without its audio`, async () => {
      const id = await makeJob("k");
      const { account, entry } = await open(item, 0);
      const { control } = engine;
      const before = control.counts.create;
      const submitted = await account.submit(entry, 1, { audio: never });
      should(submitted.id).equal(id);
      should(submitted.audio_url).be.a.String().and.match(/^http/);
      should(control.counts.create).equal(before);
      should(account.account.holds(id)).equal(true);
    });

    it(`is done once where there is no job (${item.state})`, async () => {
      const other = await open();
      const { audio_url } = await other.account.submit(await other.account.begin());
      const { account, entry } = await open({ ...item, ...("audio_url" in item ? { audio_url } : {}) });
      const lists = engine.control.counts.list;
      await account.submit(entry);
      should(jobsByKey(engine).get("k")).equal(1);
      should(engine.control.counts.list - lists).be.belowOrEqual(item.state === "creating" ? 6 : 1);
    });
  }

  it("is created without a look when it began in this run", async () => {
    const { account } = await open();
    await account.submit(await account.begin());
    should(engine.control.counts.list).equal(0);
  });

  it("ends with the facts, and without a job, when nobody can tell whether there is one", async () => {
    engine.control.fault({ route: "list", kind: "500", probability: 1 });
    const { account, entry } = await open({ state: "accepted" });
    await should(account.submit(entry)).be.rejectedWith({ code: "GLADIA_NETWORK", key: "create-unknown" });
    should(engine.control.counts.create).equal(0);
  });

  it("is found behind newer jobs when the clock was ahead by then", async () => {
    const id = await makeJob("k");
    const { account: other } = await open();
    const { audio_url = "" } = await other.submit(await other.begin());
    for (let n = 0; n < 60; n++) await other.account.client.create({ audio_url });
    const inAnHour = Date.now() + 3_600_000;
    const { account, entry } = await open({ state: "accepted", began: inAnHour });
    should((await account.submit(entry, 1, { audio: never })).id).equal(id);
  });

  it("stops at the budget where there is no job", async () => {
    const { account, entry } = await open({ state: "accepted" }, 0);
    await should(account.submit(entry)).be.rejectedWith({ code: "GLADIA_BUDGET" });
    await should(account.begin().then((item) => account.submit(item))).be.rejectedWith({ code: "GLADIA_BUDGET" });
    should(engine.control.counts.upload + engine.control.counts.create).equal(0);
  });

  it("sends a link as it is", async () => {
    const { account: other } = await open();
    const { audio_url = "" } = await other.submit(await other.begin());
    const { account } = await open();
    const uploads = engine.control.counts.upload;
    const link: AudioLink = { kind: "link", url: audio_url };
    const submitted = await account.submit(await account.begin(), 1, { audio: link });
    should(submitted.audio_url).equal(audio_url);
    should(engine.control.counts.upload).equal(uploads);
  });
});
