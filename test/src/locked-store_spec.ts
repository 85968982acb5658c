import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import should from "should";
import { FileStore } from "../../src/jobs/file-store";
import { FileLock } from "../../src/jobs/journal/lock";
import { LockedStore } from "../../src/jobs/locked-store";
import { SharedStore } from "../../src/jobs/shared-store";
import type { CreatingItem, Patch } from "../../src/jobs/work-item";
import { type Engine, startEngine } from "../support/engine";
import { TestAccount } from "../support/test-account";

describe("an account whose work another process has taken over", () => {
  let engine: Engine & { folder: string };
  let folder: string;

  beforeEach(async () => {
    engine = await startEngine();
    folder = await mkdtemp(join(tmpdir(), "gladia-locked-"));
  });
  afterEach(async () => {
    await engine.close();
    await rm(folder, { recursive: true, force: true });
  });

  const open = async (lost: string[] = [], closing = new AbortController()) => {
    const path = join(folder, "acc.jsonl");
    const store = new FileStore({ path, onWarning: (key) => lost.push(key) });
    const lock = new FileLock({ folder, name: "acc", onHeld: () => lost.push("held") });
    const onLost = ({ key }: { key: string }) => lost.push(key);
    return TestAccount.open(engine, new LockedStore({ store, lock, path, signal: closing.signal, onLost }));
  };

  it("creates no job, writes nothing more, and says so once", async () => {
    const told: string[] = [];
    const account = await open(told);
    const [first, second] = [await account.begin(), await account.begin()];
    await writeFile(join(folder, "acc.lock-99"), ""); // as the other one does, who found that we gave no answer
    for (const item of [first, second]) {
      await should(account.submit(item)).be.rejectedWith({ code: "GLADIA_CONFIG", key: "store-lost" });
    }
    const before = await readFile(join(folder, "acc.jsonl"), "utf8");
    await account.account.finish(first);
    await account.account.events.putEvent({ key: "e" });
    await account.account.close(false);
    should(await readFile(join(folder, "acc.jsonl"), "utf8")).equal(before);
    should(told).eql(["store-lost"]);
    should(engine.control.counts.create).equal(0);
  });

  it("gives its work to its successor in the same process, in order", async () => {
    const first = await open();
    const item = await first.begin();
    const told: string[] = [];
    const opening = open(told);
    await first.account.update(item, { message: { last: 1 } });
    await first.account.close(false);
    const second = await opening;
    should(second.account.items().map(({ message }) => message)).eql([{ last: 1 }]);
    await second.account.close(false);
    should(told).be.empty();
  });

  it("does what is asked for one message in order, however long it takes to see whose the work is", async () => {
    const path = join(folder, "acc.jsonl");
    const values = new Map<string, unknown>();
    const shared = new SharedStore({
      values: {
        get: async (name) => values.get(name),
        set: async (name, value) => void values.set(name, value),
        remove: async (name) => void values.delete(name),
        names: async () => [...values.keys()],
      },
      ...{ prefix: "x", owner: "o", onFailure: (error: unknown) => should(error).be.undefined() },
    });
    const lock = new FileLock({ folder, name: "acc", onHeld: () => {} });
    const { signal } = new AbortController();
    const store = new LockedStore({ store: shared, lock, path, signal, onLost: () => {} });
    await store.load();
    const work = { node: "n", began: 1, audio_url: "http://x.test/a.wav", since: 2, state: "creating" } as const;
    const items = Array.from({ length: 50 }, (_, n): CreatingItem => ({ ...work, key: `k${n}` }));
    // The first needs a look at the lock, the second believes what was seen lately.
    const patch: Patch = { set: { state: "creating", since: 2 }, unset: [] };
    await Promise.all(items.flatMap((item) => [store.update(item, patch), store.remove(item.key)]));
    should([...values.keys()].filter((name) => name.includes("job_"))).be.empty();
    await store.close();
  });

  it("ends its wait when it is closed", async () => {
    const first = await open();
    const closing = new AbortController();
    const second = open([], closing);
    closing.abort(new Error("closed"));
    await should(second).be.rejectedWith("closed");
    await first.account.close(false);
    const third = await open();
    await third.account.close(false);
  });
});
