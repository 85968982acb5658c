import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import should from "should";
import { FileStore } from "../../src/jobs/file-store";
import { type Engine, startEngine } from "../support/engine";
import { CUTS, CuttableDisk, writeImage } from "../support/power-cut";
import { jobsByKey, TestAccount } from "../support/workshop";

describe("a power cut", function () {
  this.timeout(60_000);
  let engine: Engine & { folder: string };
  let folder: string;
  const accounts: TestAccount[] = [];
  const open = (path: string, disk?: CuttableDisk) => {
    const store = new FileStore({ path: join(path, "acc.jsonl"), onWarning: () => {}, ...(disk ? { disk } : {}) });
    return {
      store,
      account: async () => {
        const account = await TestAccount.open(engine, store);
        accounts.push(account);
        return account;
      },
    };
  };

  beforeEach(async () => {
    engine = await startEngine();
    folder = await mkdtemp(join(tmpdir(), "gladia-power-"));
  });
  afterEach(async () => {
    await Promise.all(accounts.splice(0).map((account) => account.end()));
    await engine.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** What is left when the work is cut at a step; undefined when it ended before. */
  const cutWork = async (disk: CuttableDisk, work: () => Promise<unknown>): Promise<boolean> => {
    const ended = await Promise.race([work().then(() => true), disk.stopped.then(() => false)]);
    await disk.end();
    return !ended;
  };

  for (const cut of CUTS) {
    it(`at any step of a message's work makes no second job, and loses none (${cut})`, async () => {
      const seen = new Set<string>();
      const starts: Promise<void>[] = [];

      /** A start over what the cut has left, on which the message's work goes on. */
      const startOver = async (key: string, name: string) => {
        const created = jobsByKey(engine).get(key) ?? 0;
        const account = await open(join(folder, name)).account();
        const [item] = account.account.items();
        // A message of which nothing is left is gone; it must not have been billed.
        if (!item) should(created).equal(0, name);
        else if (!item.id) await account.submit(item);
        should(jobsByKey(engine).get(key) ?? 0).equal(item ? 1 : 0, name);
      };

      let wasCut = true;
      let runs = 0;
      for (let cutAt = 1; wasCut; cutAt++, runs++) {
        const disk = new CuttableDisk(cutAt);
        const { account: start } = open(join(folder, `run-${cutAt}`), disk);
        let key = "";
        wasCut = await cutWork(disk, async () => {
          const account = await start();
          const begun = account.begin();
          key = account.account.items()[0]?.key ?? "";
          const item = await begun;
          await account.submit(item);
          await account.account.update(item, { message: { ...item.message, gladia: { id: item.id } } });
        });
        const image = await disk.image(cut);
        const content = [...image].map(([name, bytes]) => `${name}: ${bytes.toString()}`).join("\n");
        const state = content.replaceAll(key, "KEY").replace(/\d{13}|[\da-f-]{36}/g, "0");
        const told = `${jobsByKey(engine).get(key) ?? 0} ${state}`;
        if (seen.has(told)) continue;
        seen.add(told);
        await writeImage(image, join(folder, `cut at ${cutAt}`));
        starts.push(startOver(key, `cut at ${cutAt}`));
      }
      await Promise.all(starts);
      console.log(`      ${starts.length} different states after ${runs} cuts`);
      should(starts.length).be.aboveOrEqual(3);
    });

    it(`while the file is written anew leaves the old one or the new one (${cut})`, async () => {
      // Far more has gone through than is left.
      const put = (key: string, text: string) =>
        JSON.stringify({ put: { key, node: "n", state: "accepted", began: 1, message: { text } } });
      const gone = Array.from({ length: 40 }, (_, n) => `${put(`${n}`, "x".repeat(250_000))}\n{"remove":"${n}"}\n`);
      const text = `${put("left", "this")}\n${gone.join("")}`;
      let wasCut = true;
      for (let cutAt = 1; wasCut; cutAt++) {
        const path = join(folder, `anew-${cutAt}`);
        await writeImage(new Map([["acc.jsonl", Buffer.from(text)]]), path);
        const disk = new CuttableDisk(cutAt);
        await disk.add(join(path, "acc.jsonl"));
        const { account } = open(path, disk);
        wasCut = await cutWork(disk, async () => {
          await (await account()).begin({ text: "other" });
        });
        await writeImage(await disk.image(cut), join(folder, `cut anew ${cutAt}`));
        const after = await open(join(folder, `cut anew ${cutAt}`)).account();
        const texts = after.account.items().map(({ message }) => message?.["text"]);
        should(texts[0]).equal("this", `${cut} at ${cutAt}`);
        if (!wasCut) {
          should(texts).eql(["this", "other"]);
          should((await stat(join(path, "acc.jsonl"))).size).be.below(1000);
        }
      }
    });
  }

  it("keeps an event whose answer was sent, and the money's line, but waits for no other", async () => {
    const disk = new CuttableDisk();
    const { account: start, store } = open(join(folder, "events"), disk);
    const account = await start();
    const item = await account.begin();
    should([...(await disk.image("synced")).values()]).be.empty();
    await account.account.events.putEvent({ key: "e1", id: "j" });
    const left = async () => {
      const path = join(folder, `left-${disk.steps}`);
      await writeImage(await disk.image("synced"), path);
      return open(path).store.load();
    };
    should((await left()).events).eql([{ key: "e1", id: "j" }]);
    await account.submit(item);
    should((await left()).entries.map(({ state }) => state)).eql(["creating"]);
    await account.account.finish(item);
    await account.account.events.tellEvent("e1");
    await store.close();
    const { entries, events, told } = await left();
    should({ entries, events, told }).eql({ entries: [], events: [], told: ["e1"] });
  });
});
