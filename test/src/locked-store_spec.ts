import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import should from "should";
import { FileStore } from "../../src/jobs/file-store";
import { FileLock } from "../../src/jobs/journal/lock";
import { LockedStore } from "../../src/jobs/locked-store";
import { type Engine, startEngine } from "../support/engine";
import { until } from "../support/flow";
import { TestAccount } from "../support/workshop";

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

  const open = (lost: string[] = [], closing = new AbortController()) => {
    const path = join(folder, "acc.jsonl");
    const store = new FileStore({ path, onWarning: (key) => lost.push(key) });
    const lock = new FileLock({ folder, name: "acc", onHeld: () => lost.push("held") });
    const onLost = ({ key }: { key: string }) => lost.push(key);
    return new TestAccount(engine, new LockedStore({ store, lock, path, signal: closing.signal, onLost }));
  };

  it("creates no job, writes nothing more, and says so once", async () => {
    const told: string[] = [];
    const account = open(told);
    await account.ledger.load();
    const [first, second] = [await account.begin(), await account.begin()];
    await writeFile(join(folder, "acc.lock-99"), ""); // as the other one does, who found that we gave no answer
    for (const item of [first, second]) {
      await should(account.submit(item)).be.rejectedWith({ code: "GLADIA_CONFIG", key: "store-lost" });
    }
    const before = await readFile(join(folder, "acc.jsonl"), "utf8");
    await account.ledger.finish(first);
    await account.ledger.putEvent({ key: "e" });
    await account.ledger.close();
    should(await readFile(join(folder, "acc.jsonl"), "utf8")).equal(before);
    should(told).eql(["store-lost"]);
    should(engine.control.counts.create).equal(0);
    await account.end();
  });

  it("gives its work to its successor in the same process, in order", async () => {
    const first = open();
    await first.ledger.load();
    const item = await first.begin();
    const told: string[] = [];
    const second = open(told);
    const loaded = second.ledger.load();
    await first.ledger.update(item, { message: { last: 1 } });
    await first.ledger.close();
    await loaded;
    should(second.ledger.entries().map(({ message }) => message)).eql([{ last: 1 }]);
    await second.ledger.close();
    should(told).be.empty();
    await Promise.all([first.end(), second.end()]);
  });

  it("ends its wait when it is closed", async () => {
    const first = open();
    await first.ledger.load();
    const closing = new AbortController();
    const second = open([], closing);
    const loaded = second.ledger.load();
    closing.abort(new Error("closed"));
    await should(loaded).be.rejectedWith("closed");
    await second.ledger.close();
    await first.ledger.close();
    const third = open();
    let isOpen = false;
    void third.ledger.load().then(() => {
      isOpen = true;
    });
    await until(() => isOpen);
    await third.ledger.close();
    await Promise.all([first.end(), second.end(), third.end()]);
  });
});
