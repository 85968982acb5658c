import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import should from "should";
import { bufferAudio } from "../../src/audio/buffer";
import { AudioDigest, digestOf } from "../../src/audio/digest";
import { fileAudio } from "../../src/audio/file";
import type { AccountSettings } from "../../src/jobs/account-options";
import { FileStore } from "../../src/jobs/file-store";
import { SharedStore } from "../../src/jobs/shared-store";
import type { Submission, Submitted } from "../../src/jobs/submit";
import { MAX_RESULTS, type NewWork } from "../../src/jobs/work-item";
import { type Engine, startEngine, wav } from "../support/engine";
import { until } from "../support/flow";
import { TestAccount } from "../support/test-account";

describe("audio that was sent before", function () {
  this.timeout(30_000);
  let engine: Engine & { folder: string };
  let folder: string;
  const accounts: TestAccount[] = [];

  const open = async (settings: Partial<AccountSettings> = {}, apiKey = "key") => {
    const store = new FileStore({ path: join(folder, "acc.jsonl"), onWarning: (key) => should(key).equal("") });
    const account = await TestAccount.open(engine, store, { cache: true, ...settings }, { apiKey });
    accounts.push(account);
    return account;
  };
  /** The work on a message; gives how it was submitted, when its job is final. */
  const run = async (
    { account, signal }: TestAccount,
    seed: number,
    more: Partial<Submission> & Pick<NewWork, "options"> = {},
  ): Promise<Submitted> => {
    const { options, ...given } = more;
    const item = await account.begin({ node: "n", message: {}, options });
    const audio = bufferAudio(wav(0.05, seed), "a.wav");
    const submitted = await account.submit({ item, audio, signal, ...given });
    if (!submitted.job) await account.wait(submitted.id, { signal });
    await account.finish(item);
    return submitted;
  };
  const restart = async () => {
    await Promise.all(accounts.splice(0).map(({ account }) => account.close(false)));
    return open();
  };
  const created = () => engine.control.jobs.length;

  beforeEach(async () => {
    engine = await startEngine("any");
    folder = await mkdtemp(join(tmpdir(), "gladia-cache-"));
  });
  afterEach(async () => {
    await Promise.all(accounts.splice(0).map((account) => account.end()));
    await engine.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("gives the known result, also after a restart, and frees its slot", async () => {
    const account = await open({ concurrency: 1 });
    const first = await run(account, 1, { options: { diarization: true, translation: false } });
    should(first.cached).equal(undefined);
    const again = await run(account, 1, { options: { translation: false, diarization: true } });
    should(again).match({ id: first.id, cached: true });
    should(again.job).match({ id: first.id, status: "done" });
    const afterRestart = await run(await restart(), 1, { options: { diarization: true, translation: false } });
    should(afterRestart).match({ id: first.id, cached: true });
    should(created()).equal(1);
  });

  it("makes a job for other audio, other options, another customer, and where a new one is wanted", async () => {
    const account = await open();
    const { id } = await run(account, 1);
    await run(account, 2);
    await run(account, 1, { options: { diarization: true } });
    await run(account, 1, { options: { custom_metadata: { customer: 2 } } });
    should(created()).equal(4);
    const fresh = await run(account, 1, { isFresh: true });
    should(fresh.id).not.equal(id);
    should((await run(account, 1)).id).equal(fresh.id, "the newest is the known one");
    should(created()).equal(5);
    await account.account.close(false);
    const other = await run(await open({}, "other"), 1);
    should(other.cached).equal(undefined);
  });

  it("is off unless it is switched on, and for callbacks of the user's", async () => {
    const off = await open({ cache: false });
    await run(off, 1);
    await run(off, 1);
    should(created()).equal(2);
    await off.end();
    const account = await open();
    const options = { callback: true, callback_config: { url: `${engine.url}/nowhere` } };
    await run(account, 1, { options });
    await run(account, 1, { options });
    should(created()).equal(4);
  });

  it("forgets a job that is gone at Gladia, or failed, and says when it cannot be read", async () => {
    const account = await open();
    const { id } = await run(account, 1);
    await account.account.deleteJob(id);
    const second = await run(account, 1);
    should(second.cached).equal(undefined);
    should((await run(account, 1)).id).equal(second.id);
    engine.control.script({ error: { code: 500 }, times: 1 });
    await run(account, 7);
    should((await run(account, 7)).cached).equal(undefined);
    should(created()).equal(4);
    engine.control.fault({ route: "get", kind: "403", times: 1 });
    await should(run(account, 1)).be.rejectedWith({ code: "GLADIA_AUTH" });
    should(created()).equal(4);
  });

  it("makes one job for the same audio at the same time, and none is counted twice", async () => {
    engine.control.script({ processing: 300 });
    const account = await open({ concurrency: 3 });
    const all = await Promise.all(Array.from({ length: 8 }, () => run(account, 3)));
    should(new Set(all.map(({ id }) => id)).size).equal(1);
    should(all.filter(({ cached }) => cached).length).equal(7);
    should(created()).equal(1);
    const [job] = engine.control.jobs;
    const { result } = await account.account.client.get(job?.id ?? "");
    should(account.account.billed.used).equal(result?.metadata.billing_time);
  });

  it("is made by the next one when the first one fails or is cancelled", async () => {
    const account = await open();
    const first = new AbortController();
    engine.control.fault({ route: "create", kind: "hang" });
    const cancelled = run(account, 4, { signal: first.signal });
    cancelled.catch(() => {});
    await until(() => engine.control.counts.create === 1);
    const second = run(account, 4);
    await until(() => account.account.items().length === 2);
    should(engine.control.counts.upload).equal(1, "it waits for the first one's job instead of sending it again");
    first.abort(new Error("enough"));
    await should(cancelled).be.rejectedWith("enough");
    should((await second).cached).equal(undefined);
    engine.control.fault({ route: "create", kind: "hang" });
    const creating = run(account, 5);
    creating.catch(() => {});
    await until(() => engine.control.counts.create === 3);
    const waiting = new AbortController();
    const before = account.account.items().length;
    const waits = run(account, 5, { signal: waiting.signal });
    waits.catch(() => {});
    await until(() => account.account.items().length === before + 1);
    waiting.abort(new Error("no more"));
    await should(waits).be.rejectedWith("no more");
  });

  it("is not sent again, and is given also when the budget is spent", async () => {
    const account = await open({ budget: { minutes: 0.0001, per: "day", longest: undefined }, concurrency: 1 });
    const path = join(folder, "a.wav");
    await writeFile(path, wav(0.05, 31));
    const file = () => fileAudio(path, { timeout: 60 });
    const first = await run(account, 0, { audio: file });
    should((await run(account, 0, { audio: await file() })).id).equal(first.id);
    should(await run(account, 31)).match({ id: first.id, cached: true, audio_url: first.audio_url });
    const { audio_url = "" } = first;
    await should(run(account, 32)).be.rejectedWith({ code: "GLADIA_BUDGET" });
    await should(run(account, 31, { isFresh: true })).be.rejectedWith({ code: "GLADIA_BUDGET" });
    await should(run(account, 0, { audio: { kind: "link", url: audio_url } })).be.rejectedWith({
      code: "GLADIA_BUDGET",
    });
    should(engine.control.counts.upload).equal(1);
    should(created()).equal(1);
  });

  it("is told from audio that differs in one bit, wherever it is", async () => {
    const bytes = wav(3, 33);
    const seen = new Set<string | undefined>();
    const { signal } = new AbortController();
    for (const at of [-1, 44, bytes.length >> 1, bytes.length - 1]) {
      const other = Buffer.from(bytes);
      if (at >= 0) other[at] = (other[at] as number) ^ 1;
      const once = await digestOf(bufferAudio(other), new AudioDigest("secret"), signal);
      const whole = new AudioDigest("secret");
      whole.update(other);
      should(once).equal(whole.end(), "in pieces as in one");
      seen.add(once);
    }
    seen.add(await digestOf(bufferAudio(bytes.subarray(0, -2)), new AudioDigest("secret"), signal));
    seen.add(await digestOf(bufferAudio(Buffer.concat([bytes, Buffer.alloc(2)])), new AudioDigest("secret"), signal));
    seen.add(await digestOf(bufferAudio(bytes), new AudioDigest("another"), signal));
    should(seen.size).equal(7);
  });

  it("is read before it is sent only where audio of its length was sent before", async () => {
    const account = await open();
    let reads = 0;
    const counted = (seconds: number, seed: number) => {
      const audio = bufferAudio(wav(seconds, seed), "a.wav");
      const open = audio.open.bind(audio);
      audio.open = async (signal) => {
        const { size, chunks } = await open(signal);
        const all = async function* () {
          reads++;
          yield* chunks;
        };
        return { size, chunks: all() };
      };
      return audio;
    };
    const readsOf = async (of: TestAccount, seconds: number, seed: number) => {
      reads = 0;
      const { cached = false } = await run(of, 0, { audio: counted(seconds, seed) });
      return { reads, cached };
    };
    should(await readsOf(account, 0.1, 1)).eql({ reads: 1, cached: false });
    should(await readsOf(account, 0.2, 2)).eql({ reads: 1, cached: false });
    should(await readsOf(account, 0.1, 1)).eql({ reads: 1, cached: true });
    should(await readsOf(account, 0.1, 3)).eql({ reads: 2, cached: false });
    should(await readsOf(await restart(), 0.2, 2)).eql({ reads: 1, cached: true });
    should(engine.control.counts.upload).equal(3);
  });

  it("is known by its bytes also when the upload had to be repeated, and by the address of an upload", async () => {
    const account = await open();
    engine.control.fault({ route: "upload", kind: "reset-before" });
    const first = await run(account, 6);
    should((await run(account, 6)).id).equal(first.id);
    const url = first.audio_url ?? "";
    const linked = await run(account, 0, { audio: { kind: "link", url } });
    should(linked.cached).equal(undefined, "it is not known that it is the same");
    should((await run(account, 0, { audio: { kind: "link", url } })).id).equal(linked.id);
    should(created()).equal(2);
  });

  it("is remembered when Node-RED is killed before, and asked for only while it is kept", async () => {
    const store = () => new FileStore({ path: join(folder, "acc.jsonl"), onWarning: () => {} });
    // The fifth write remembers the result: accepted, uploaded, creating, created come before.
    const first = await TestAccount.open(engine, store(), { cache: true }, { death: { write: 5, isWritten: false } });
    accounts.push(first);
    void run(first, 1).catch(() => {});
    await first.died;
    await first.end();
    const second = await open();
    second.account.claim("n", () => {});
    should((await run(second, 1)).cached).equal(true);
    should(created()).equal(1);
    const file = store();
    await file.load();
    for (let n = 0; n <= MAX_RESULTS; n++) void file.putResult(`key ${n}`, `job ${n}`);
    await file.close();
    const next = store();
    await next.load();
    should(await next.result("key 0")).equal(undefined);
    should(await next.result(`key ${MAX_RESULTS}`)).equal(`job ${MAX_RESULTS}`);
    await next.putResult(`key ${MAX_RESULTS}`, undefined);
    await next.close();
    const last = store();
    await last.load();
    should(await last.result(`key ${MAX_RESULTS}`)).equal(undefined);
  });

  it("is shared by those that share a store, and bounded there, too", async () => {
    const all = new Map<string, unknown>();
    const values = {
      get: async (name: string) => all.get(name),
      set: async (name: string, value: unknown) => void all.set(name, value),
      remove: async (name: string) => void all.delete(name),
      names: async () => [...all.keys()],
    };
    const store = (owner: string) =>
      new SharedStore({ values, prefix: "p", owner, onFailure: (error) => should(error).equal(undefined) });
    const [one, two] = [store("one"), store("two")];
    await one.putResult("key", "job");
    should(await two.result("key")).equal("job");
    await two.putResult("key", undefined);
    should(await one.result("key")).equal(undefined);
    for (let n = 0; n < MAX_RESULTS + 201; n++) all.set(`p_result_old${n}`, { key: `old${n}`, id: "j", at: n });
    for (let n = 0; n < 101; n++) await one.putResult(`new${n}`, "j");
    should([...all.keys()].filter((name) => name.startsWith("p_result_")).length).be.belowOrEqual(MAX_RESULTS + 100);
    should(await two.result("new100")).equal("j");
    should(await two.result("old0")).equal(undefined);
  });
});
