import { spawnSync } from "node:child_process";
import { mkdtemp, open, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import should from "should";
import { FileStore } from "../../src/jobs/file-store";
import { type Engine, startEngine } from "../support/engine";
import { jobsByKey, TestAccount } from "../support/test-account";

const MESSAGES = 20;

describe("a disk that fills up while messages are under way", function () {
  this.timeout(60_000);
  let engine: Engine & { folder: string };
  let disk: string;
  let warnings: string[];
  const accounts: TestAccount[] = [];
  const start = async () => {
    const path = join(disk, "gladia", "acc.jsonl");
    const told = warnings; // the store of a test before, which ended as by a kill, may still say something
    const store = new FileStore({ path, onWarning: (key) => told.push(key) });
    const account = await TestAccount.open(engine, store);
    accounts.push(account);
    return account;
  };
  const fill = async () => {
    const handle = await open(join(disk, "ballast"), "a");
    await handle.appendFile("x".repeat(2_000_000)).catch((error: NodeJS.ErrnoException) => {
      should(error.code).equal("ENOSPC");
    });
    for (let size = 1024; size >= 1; size /= 2) {
      for (let full = false; !full; ) await handle.appendFile("x".repeat(size)).catch(() => (full = true));
    }
    await handle.close();
  };

  before(async function () {
    disk = await mkdtemp(join(tmpdir(), "gladia-full-"));
    if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", disk]).status !== 0) {
      console.log("      skipped: needs the right to mount a small disk");
      await rm(disk, { recursive: true });
      this.skip();
    }
    engine = await startEngine();
  });
  beforeEach(() => {
    warnings = [];
  });
  afterEach(async () => {
    await Promise.all(accounts.splice(0).map((account) => account.end()));
    for (const name of await readdir(disk)) await rm(join(disk, name), { recursive: true });
  });
  after(async () => {
    await engine?.close();
    spawnSync("umount", ["--lazy", disk]); // a file may still be about to be closed
    await rm(disk, { recursive: true, force: true });
  });

  for (const [name, { isFullAtStart = false, more = 0 }] of Object.entries({
    "with room again": {},
    "and still full": { isFullAtStart: true },
    "with more messages than can be kept": { more: 200 },
  } as Record<string, { isFullAtStart?: boolean; more?: number }>)) {
    it(`bills none twice after a kill, ${name}`, async () => {
      const first = await start();
      const items = await Promise.all(Array.from({ length: MESSAGES }, (_, n) => first.begin({ n })));
      await fill();
      for (let n = 0; n < more; n++) await first.begin({ text: "x".repeat(1000) });
      await Promise.all(items.map((item, n) => first.submit(item, n + 1)));
      for (const item of items.slice(0, 8)) await first.account.finish(item);
      should(warnings).eql(more > 0 ? ["store-write"] : []);
      await first.end(); // as a kill: the store is not closed
      if (!isFullAtStart) await rm(join(disk, "ballast"));

      const second = await start();
      const left = second.account.items();
      await Promise.all(left.slice(0, MESSAGES).map((item, n) => (item.id ? undefined : second.submit(item, n + 1))));
      const began = left.filter(({ key }) => items.some((item) => item.key === key));
      const counts = items.map(({ key }) => jobsByKey(engine).get(key) ?? 0);
      const twice = counts.filter((count) => count > 1).length;
      const again = items.slice(0, 8).filter((item) => left.some(({ key }) => key === item.key)).length;
      console.log(`      ${MESSAGES} messages, ${twice} billed twice, ${again} of 8 that had ended come again`);
      should(counts).eql(items.map(() => 1));
      if (more === 0) should(again).equal(0);
      should(began.length).equal(MESSAGES - 8 + again);
      for (const item of left) await second.account.finish(item);
      if (isFullAtStart) await rm(join(disk, "ballast"));
      await second.account.close(false);
      const third = await start();
      should(third.account.items()).be.empty();
      should((await readdir(join(disk, "gladia"))).filter((name) => /new/.test(name))).be.empty();
    });
  }
});
