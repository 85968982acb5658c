import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import should from "should";
import { bufferAudio } from "../../src/audio/buffer";
import { createOnce } from "../../src/jobs/create";
import type { JobStore, WorkItem } from "../../src/jobs/entry";
import { FileStore } from "../../src/jobs/file-store";
import { MemoryStore } from "../../src/jobs/memory-store";
import { SharedStore } from "../../src/jobs/shared-store";
import { Users } from "../../src/jobs/users";
import { type Engine, startEngine, wav } from "../support/engine";
import { until } from "../support/flow";
import { type Death, jobsByKey, TestAccount } from "../support/workshop";

const NODE = "n";

/** Stores that outlive a process, opened once more by each call. */
const STORES: Record<string, (folder: string) => () => JobStore> = {
  "a journal": (folder) => () => new FileStore({ path: join(folder, "acc.jsonl"), onWarning: () => {} }),
  "a store that others share": () => {
    const all = new Map<string, string>();
    const values = {
      get: async (name: string) => (all.has(name) ? (JSON.parse(all.get(name) as string) as unknown) : undefined),
      set: async (name: string, value: unknown) => void all.set(name, JSON.stringify(value)),
      remove: async (name: string) => void all.delete(name),
      names: async () => [...all.keys()],
    };
    return () =>
      new SharedStore({ values, prefix: "p", owner: "one", onFailure: (error) => should(error).equal(undefined) });
  },
};

describe("an account of jobs", function () {
  this.timeout(60_000);
  const engines: Engine[] = [];
  const accounts: TestAccount[] = [];
  const stores: JobStore[] = [];
  const folders: string[] = [];

  const newEngine = async () => {
    const engine = await startEngine();
    engines.push(engine);
    return engine;
  };
  const open = async (...args: Parameters<typeof TestAccount.open>) => {
    const account = await TestAccount.open(...args);
    accounts.push(account);
    return account;
  };
  afterEach(async () => {
    await Promise.all(accounts.splice(0).map((account) => account.end()));
    await Promise.all(stores.splice(0).map((store) => store.close()));
    await Promise.all(engines.splice(0).map((engine) => engine.close()));
    await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
  });

  /** The work on a message, as a node does it, from where it stands. */
  const work = async ({ account }: TestAccount, item: WorkItem, submit: () => Promise<unknown>, told: string[]) => {
    if (!item.id) {
      await submit();
      await account.update(item, { message: { ...item.message, gladia: { id: item.id } } });
    }
    const { signal } = new AbortController();
    const job = await account.wait(item.id as string, { signal });
    await account.finish(item);
    told.push(`${item.key} ${job.status}`);
  };
  const run = (account: TestAccount, item: WorkItem, told: string[]) =>
    work(account, item, () => account.submit(item), told);

  for (const [name, newStore] of Object.entries(STORES)) {
    describe(`that is killed, over ${name}`, () => {
      let starts: number;

      /** A message whose process is killed; it goes on in the next one. Gives how it went. */
      const killed = async (engine: Engine, kill: { death?: Death; at?: Promise<void> }) => {
        const folder = await mkdtemp(join(tmpdir(), "gladia-account-"));
        folders.push(folder);
        const openStore = newStore(folder);
        const storeOf = () => {
          const store = openStore();
          stores.push(store);
          return store;
        };
        const told: string[] = [];
        const first = await open(engine, storeOf(), {}, kill.death ? { death: kill.death } : {});
        let key = "";
        const working = first.begin().then((item) => {
          key = item.key;
          return run(first, item, told);
        });
        working.catch(() => {}); // its end cuts it off
        const ended = await Promise.race([
          working.then(() => true),
          first.died.then(() => false),
          kill.at ?? first.died,
        ]);
        await first.end();
        starts++;
        const second = await open(engine, storeOf());
        let left = 0;
        const going: Promise<void>[] = [];
        second.account.claim(NODE, (item) => {
          left++;
          going.push(run(second, item, told));
        });
        await Promise.all(going);
        should(second.account.items()).be.empty();
        return { ended: ended === true, left, told, created: [...jobsByKey(engine).values()], key };
      };

      beforeEach(() => {
        starts = 0;
      });

      it("at any write makes one job, and tells the message once", async () => {
        const outcomes = await Promise.all(
          [1, 2, 3, 4, 5, 6, 7, 8].flatMap((write) =>
            [true, false].map(async (isWritten) => {
              const engine = await newEngine();
              return { write, isWritten, ...(await killed(engine, { death: { write, isWritten } })) };
            }),
          ),
        );
        should(outcomes.some(({ ended }) => ended)).equal(true, "the last write was beyond the end");
        should(outcomes.filter(({ left }) => left === 1).length).be.aboveOrEqual(8);
        for (const { left, ended, told, created, ...at } of outcomes) {
          const about = JSON.stringify(at);
          // Of a message that is not kept nothing was sent; between its removal and its end, it went on or is lost.
          if (left === 1 || ended) should({ told: told.length, created }).eql({ told: 1, created: [1] }, about);
          else should(told).be.empty();
          should(created.every((count) => count === 1)).equal(true, about);
          should(told.every((line) => line.endsWith(" done"))).equal(true, about);
        }
        should(starts).equal(16);
      });

      it("at any request, done or not, makes one job, and tells the message once", async () => {
        const cases = (["upload", "create", "get"] as const).flatMap((route) =>
          (["hang", "hang-after"] as const).map((kind) => ({ route, kind })),
        );
        const outcomes = await Promise.all(
          cases.map(async (fault) => {
            const engine = await newEngine();
            engine.control.fault(fault);
            const at = until(() => engine.control.counts[fault.route] > 0);
            return { ...fault, ...(await killed(engine, { at })) };
          }),
        );
        for (const { route, kind, ended, told, created } of outcomes) {
          should({ ended, told: told.length, created }).eql(
            { ended: false, told: 1, created: [1] },
            `${kind} ${route}`,
          );
        }
      });
    });
  }

  it("creates one job whatever happens to the answers", async () => {
    const kinds = [
      "reset-after",
      "reset-before",
      "500-after",
      "502-html",
      "truncated-json",
      "bad-json",
      "empty",
      "429",
    ] as const;
    const results = await Promise.all(
      kinds.map(async (kind) => {
        const engine = await newEngine();
        const { account, signal } = await open(engine, new MemoryStore());
        const { audio_url } = await account.client.upload(bufferAudio(wav(), "a.wav"));
        engine.control.fault({ route: "create", kind });
        const options = { key: "k", retries: 3, deadline: performance.now() + 20_000, signal };
        const { id } = await createOnce(account.client, { audio_url, custom_metadata: { mine: 1 } }, options);
        const [job, ...more] = engine.control.jobs;
        should(more).be.empty();
        should(job).match({ id, custom_metadata: { mine: 1, node_red_key: "k" } });
        return kind;
      }),
    );
    should(results).have.length(kinds.length);
  });

  it("counts what was billed, keeps it over a restart, and sends nothing more once the budget is used up", async () => {
    const engine = await newEngine();
    const folder = await mkdtemp(join(tmpdir(), "gladia-account-"));
    folders.push(folder);
    const store = () => new FileStore({ path: join(folder, "acc.jsonl"), onWarning: () => {} });
    const told: string[] = [];
    const first = await open(engine, store(), { budget: 0.02 });
    const audio = () => bufferAudio(wav(2), "a.wav");
    const item = await first.begin();
    await work(first, item, () => first.submit(item, 1, { audio: audio() }), told);
    should(told).have.length(1);
    const { used } = first.account.usage;
    should(used).be.above(1.2);
    await first.account.close(false);
    const second = await open(engine, store(), { budget: 0.02 });
    should(second.account.usage).eql({ used, minutes: 0.02 });
    const uploads = engine.control.counts.upload;
    await should(second.begin().then((next) => second.submit(next))).be.rejectedWith({ code: "GLADIA_BUDGET" });
    should(engine.control.counts.upload).equal(uploads);
  });

  it("has as many jobs under way as are allowed, and the rest wait in their order", async () => {
    const engine = await newEngine();
    engine.control.script({ processing: 300 });
    const account = await open(engine, new MemoryStore(), { concurrency: 2, queueLimit: 3 });
    const told: string[] = [];
    const items = await Promise.all(Array.from({ length: 5 }, () => account.begin()));
    const most = { now: 0, ever: 0 };
    const running = items.map(async (item, n) => {
      await work(
        account,
        item,
        async () => {
          await account.submit(item, n + 1);
          most.now++;
          most.ever = Math.max(most.ever, most.now);
          void account.account.wait(item.id as string, { signal: account.signal }).then(() => most.now--);
        },
        told,
      );
    });
    await until(() => engine.control.counts.upload >= 2);
    const tooMany = await account.begin();
    await should(account.submit(tooMany)).be.rejectedWith({ code: "GLADIA_QUEUE_FULL" });
    await Promise.all(running);
    should(most.ever).be.belowOrEqual(2);
    should(told).have.length(5);
  });

  it("ends the wait of all who wait for a job, by its id, and of nobody else", async () => {
    const engine = await newEngine();
    engine.control.script({ processing: 600_000 });
    engine.control.script({ processing: 600_000 });
    const opened = await open(engine, new MemoryStore());
    const { account } = opened;
    const waiting = async (id: string | undefined, seed: number) => {
      const item = await opened.begin();
      const abort = new AbortController();
      id ??= (await opened.submit(item, seed)).id;
      account.report(item, { id, state: "processing" }, abort);
      const ended = account.wait(id, { signal: abort.signal });
      ended.catch(() => {});
      return { id, ended, abort };
    };
    const one = await waiting(undefined, 1);
    const same = await waiting(one.id, 2);
    const other = await waiting(undefined, 3);
    should(account.cancelJob("unknown")).equal(false);
    should(account.cancelJob(one.id)).equal(true);
    for (const { ended } of [one, same]) await should(ended).be.rejectedWith({ code: "GLADIA_CANCELLED" });
    should(other.abort.signal.aborted).equal(false);
    should(account.follows(one.id)).equal(true, "its slot is held until it is final");
  });

  it("closes callbacks first, waits for its users, then stops asking, and leaves the store last", async () => {
    const engine = await newEngine();
    const order: string[] = [];
    class Noting extends MemoryStore {
      override async close() {
        order.push("store");
      }
    }
    const users = new Users();
    const { account } = await open(
      engine,
      new Noting(),
      {},
      {
        users,
        openCallbacks: () => ({
          secret: "",
          handler: undefined,
          fault: undefined,
          close: () => order.push("callbacks"),
        }),
      },
    );
    const leave = users.enter();
    const closed = account.close(false).then(() => order.push("closed"));
    await until(() => order.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 50));
    should(order).eql(["callbacks"]);
    const item = await account.begin({ node: NODE, message: {} }); // a node's last write
    order.push("node");
    await account.finish(item);
    leave();
    await closed;
    should(order).eql(["callbacks", "node", "store", "closed"]);
    await should(account.wait("job", { signal: new AbortController().signal })).be.rejectedWith({
      code: "GLADIA_CANCELLED",
    });
  });

  it("gives up work whose node is long gone, and only that", async () => {
    const engine = await newEngine();
    const folder = await mkdtemp(join(tmpdir(), "gladia-account-"));
    folders.push(folder);
    const store = new FileStore({ path: join(folder, "acc.jsonl"), onWarning: () => {} });
    await store.load();
    const old = Date.now() - 15 * 24 * 3_600_000;
    for (const [key, node, began] of [
      ["gone", "gone", old],
      ["here", "here", old],
      ["new", "gone", Date.now()],
    ] as const) {
      await store.put({ key, node, began, state: "accepted", message: {} });
    }
    await store.close();
    const given: string[] = [];
    const { account } = await open(
      engine,
      new FileStore({ path: join(folder, "acc.jsonl"), onWarning: () => {} }),
      {},
      {
        nodeExists: (id) => id === "here",
        onOrphans: (items) => given.push(...items.map(({ key }) => key)),
      },
    );
    should(given).eql(["gone"]);
    should(account.items().map(({ key }) => key)).eql(["here", "new"]);
    const taken: string[] = [];
    const leave = account.claim("here", ({ key }) => taken.push(key));
    account.claim("here", ({ key }) => taken.push(`again ${key}`))();
    should(taken).eql(["here"]);
    leave();
  });

  it("drops all work with an account that is removed", async () => {
    const engine = await newEngine();
    const folder = await mkdtemp(join(tmpdir(), "gladia-account-"));
    folders.push(folder);
    const store = () => new FileStore({ path: join(folder, "acc.jsonl"), onWarning: () => {} });
    const first = await open(engine, store());
    await first.begin();
    await first.account.close(true);
    should((await open(engine, store())).account.items()).be.empty();
  });
});
