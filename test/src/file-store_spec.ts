import { existsSync } from "node:fs";
import { appendFile, chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import should from "should";
import { FileStore } from "../../src/jobs/file-store";
import { realDisk } from "../../src/jobs/journal/disk";
import type { AcceptedItem, WorkItem } from "../../src/jobs/work-item";
import { WorkStore } from "../../src/jobs/work-store";
import { until } from "../support/flow";

const entry = (key: string, more: Partial<AcceptedItem> = {}): WorkItem => ({
  key,
  node: "n",
  state: "accepted",
  began: Date.now(),
  ...more,
});

describe("the file of jobs under way", () => {
  let folder: string;
  let path: string;
  let warnings: string[];
  const store = () => new FileStore({ path, onWarning: (key) => warnings.push(key) });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "gladia-store-"));
    path = join(folder, "deep", "account.jsonl");
    warnings = [];
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("gives back what was put and not removed, in its last form", async () => {
    const first = store();
    should(await first.load()).eql({ entries: [], usage: undefined, events: [], told: [] });
    await Promise.all([
      first.put(entry("a")),
      first.put(entry("b")),
      first.put({ key: "a", node: "n", began: 1, state: "created", id: "j" }),
    ]);
    await first.remove("b");
    await first.putUsage({ day: "2026-01-02", seconds: 9 });
    const { entries, usage } = await store().load();
    should(entries).have.length(1);
    should(entries[0]).containEql({ key: "a", state: "created", id: "j" });
    should(usage).eql({ day: "2026-01-02", seconds: 9 });
    should(warnings).be.empty();
    should((await stat(path)).mode & 0o077).equal(0);
  });

  it("keeps no words of what is over, once nothing more comes", async () => {
    const message = { payload: "what was said" };
    const text = () => readFile(path, "utf8");
    const first = new FileStore({ path, onWarning: (key) => warnings.push(key), rest: 20 });
    await first.load();
    await first.put(entry("a", { message }));
    await first.put(entry("b", { message: { payload: "what is under way" } }));
    should(await text()).match(/what was said/);
    await first.remove("a");
    while (/what was said/.test(await text())) await sleep(5);
    should(await text()).match(/what is under way/);
    await first.put(entry("c"));
    await first.close();
    should((await store().load()).entries.map(({ key }) => key)).eql(["b", "c"]);
    should(warnings).be.empty();
  });

  it("keeps no words of what was over when the process was killed", async () => {
    const first = store();
    await first.load();
    await first.put(entry("a", { message: { payload: "what was said" } }));
    await first.remove("a");
    const second = new FileStore({ path, onWarning: (key) => warnings.push(key), rest: 20 });
    await second.load();
    while (/what was said/.test(await readFile(path, "utf8"))) await sleep(5);
    await second.close();
    should(warnings).be.empty();
  });

  it("loses nothing but the line that a killed process was writing", async () => {
    const first = store();
    await first.load();
    await first.put(entry("a"));
    await writeFile(path, `${await readFile(path, "utf8")}{"put":{"key":"b","no`);
    const second = store();
    should((await second.load()).entries.map(({ key }) => key)).eql(["a"]);
    should(warnings).be.empty();
    await second.put(entry("c"));
    should((await store().load()).entries.map(({ key }) => key)).eql(["a", "c"]);
  });

  it("sets a damaged file aside, warns, and keeps the rest", async () => {
    const first = store();
    await first.load();
    await first.put(entry("a"));
    const text = await readFile(path, "utf8");
    await writeFile(path, `${text}\u0000\u0001 nonsense\n{"other": 1}\n${text.replace('"a"', '"z"')}`);
    should((await store().load()).entries.map(({ key }) => key).sort()).eql(["a", "z"]);
    should(warnings).eql(["store-damaged"]);
    should(await readdir(join(folder, "deep"))).containEql("account.jsonl.damaged");
  });

  it("writes a message once, then what changes", async () => {
    const store1 = store();
    const workStore = new WorkStore(store1);
    await workStore.load();
    const text = "m".repeat(10_000);
    const begun = await workStore.begin({ node: "n", message: { text, topic: "t", gladia: { a: 1 } }, audio: "a.wav" });
    should(begun.state).equal("accepted");
    if (begun.state !== "accepted") return;
    const uploaded = await workStore.update(begun, { state: "uploaded", audio_url: "https://x/1", duration: 2 });
    const creating = await workStore.update(uploaded, { state: "creating", since: 5 });
    const created = await workStore.update(creating, { state: "created", id: "j", since: 5 });
    await workStore.update(created, { message: { ...created.message, gladia: { id: "j", bad: 1n } } });
    const { entries } = await store().load();
    should(entries).eql([{ ...created, message: { text, topic: "t", gladia: { id: "j" } } }]);
    should((await stat(path)).size).be.below(12_000);
    await workStore.update(created, { message: { topic: "t" } });
    should((await store().load()).entries[0]?.message).eql({ topic: "t" });
    await workStore.release(created);
    const { message: _, ...rest } = created;
    should((await store().load()).entries[0]).eql(rest);
  });

  it("reads what earlier versions wrote", async () => {
    await mkdir(join(folder, "deep"));
    const [node, began] = ["n", 1];
    const lines = [
      { put: { key: "a", node, state: "wanted", began, message: { m: 1 }, audio: "a.wav" } },
      { put: { key: "b", node, state: "wanted", began, audio_url: "https://x/b" } },
      { put: { key: "c", node, state: "creating", began, audio_url: "https://x/c", since: 7 } },
      { put: { key: "d", node, state: "created", began, id: "j", message: {} } },
      { put: { key: "e", node, state: "wanted", began } },
      { remove: "e" },
      { usage: { day: "2026-01-02", seconds: 9 } },
    ];
    await writeFile(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    const { entries, usage } = await store().load();
    should(entries).eql([
      { key: "a", node, state: "accepted", began, message: { m: 1 }, audio: "a.wav" },
      { key: "b", node, state: "uploaded", began, audio_url: "https://x/b" },
      { key: "c", node, state: "creating", began, audio_url: "https://x/c", since: 7 },
      { key: "d", node, state: "created", began, id: "j", message: {} },
    ]);
    should(usage).eql({ day: "2026-01-02", seconds: 9 });
    should(warnings).be.empty();
  });

  it("stays small however much work goes through", async () => {
    const busy = store();
    await busy.load();
    await busy.put(entry("first"));
    const message = { text: "x".repeat(100_000) };
    let largest = 0;
    for (let round = 0; round < 30; round++) {
      const keys = Array.from({ length: 10 }, (_, i) => `${round}-${i}`);
      for (const key of keys) await busy.put(entry(key, { message }));
      await Promise.all(keys.map((key) => busy.remove(key)));
      largest = Math.max(largest, (await stat(path)).size);
    }
    await busy.put(entry("last"));
    should(largest).be.below(10_000_000);
    should((await store().load()).entries.map(({ key }) => key)).eql(["first", "last"]);
  });

  it("warns once when it cannot write, and goes on", async () => {
    await writeFile(join(folder, "deep"), ""); // a file where the folder should be
    const broken = store();
    await broken.load();
    await broken.put(entry("a"));
    await broken.put(entry("b"));
    should(warnings).eql(["store-write"]);
    await rm(join(folder, "deep"));
    await broken.put(entry("c"));
    await until(() => existsSync(path)); // it tries again by itself
    should((await store().load()).entries.map(({ key }) => key)).eql(["a", "b", "c"]);
  });

  it("keeps what is older than the clock says anything could be", async () => {
    const first = store();
    await first.load();
    await first.put(entry("old", { began: 1 }));
    should((await store().load()).entries.map(({ key }) => key)).eql(["old"]);
  });

  it("sets aside what it cannot read, tells, and never adds to it", async () => {
    await mkdir(join(folder, "deep"));
    await mkdir(path); // a folder can be opened, but not read
    await writeFile(join(path, "inside"), "");
    const first = store();
    should((await first.load()).entries).be.empty();
    should(warnings).eql(["store-unreadable"]);
    await first.put(entry("a"));
    should((await store().load()).entries.map(({ key }) => key)).eql(["a"]);
    should(await readdir(join(folder, "deep", "account.jsonl.damaged"))).eql(["inside"]);
  });

  it("tells of a disk that is full once, and again when it fills up later, but not more than once a minute", async () => {
    let isFull = false;
    const full = () => Promise.reject(new Error("ENOSPC: no space left on device"));
    const disk = {
      ...realDisk,
      open: (file: string, flags: string) => (isFull ? full() : realDisk.open(file, flags)),
    };
    const kept = new FileStore({ path, disk, onWarning: (key) => warnings.push(key) });
    const { now } = performance;
    let passed = 0;
    let n = 0;
    /** Puts after so many seconds, on a disk that has room or has none. */
    const put = async (seconds: number, hasRoom: boolean) => {
      passed += seconds;
      isFull = !hasRoom;
      await kept.put(entry(`e${n++}`));
      return warnings.length;
    };
    performance.now = () => now.call(performance) + passed * 1000;
    try {
      await kept.load();
      should(await put(1, true)).equal(0);
      for (let i = 0; i < 20; i++) should(await put(1, false)).equal(1);
      for (let i = 0; i < 10; i++) should(await put(1, i % 2 === 0)).equal(1);
      should(await put(60, true)).equal(1);
      for (let i = 0; i < 10; i++) should(await put(70, false)).equal(2);
      should(await put(1, true)).equal(2);
      should(await put(1, false)).equal(3);
    } finally {
      performance.now = now;
      isFull = false;
      await kept.close();
    }
    should(new Set(warnings)).eql(new Set(["store-write"]));
  });

  it("does not write over what it could neither read nor move away", async () => {
    const calls: string[] = [];
    const refused = () => Promise.reject(new Error("EIO: i/o error"));
    await store().load();
    const put = store();
    await put.load();
    await put.put(entry("a"));
    const disk = {
      ...realDisk,
      open: (file: string, flags: string) => {
        calls.push(flags);
        return file === path ? refused() : realDisk.open(file, flags);
      },
      rename: refused,
    };
    const broken = new FileStore({ path, disk, onWarning: (key) => warnings.push(key) });
    await broken.load();
    await broken.put(entry("b"));
    await broken.close();
    should(warnings).eql(["store-write"]);
    should(calls).not.containEql("w");
    should((await store().load()).entries.map(({ key }) => key)).eql(["a"]);
  });

  it("begins anew beside a file that somebody else has changed or removed", async () => {
    const first = store();
    await first.load();
    await first.put(entry("a"));
    await appendFile(path, "something else\n");
    await first.put(entry("b"));
    await first.put(entry("c"));
    should((await store().load()).entries.map(({ key }) => key)).eql(["a", "b", "c"]);
    await rm(path);
    await first.put(entry("d"));
    await first.put(entry("e"));
    should((await store().load()).entries.map(({ key }) => key)).eql(["a", "b", "c", "d", "e"]);
  });

  it("closes its folder to others, also one that is there", async () => {
    await mkdir(join(folder, "deep"), { mode: 0o755 });
    await chmod(join(folder, "deep"), 0o755);
    await store().load();
    should((await stat(join(folder, "deep"))).mode & 0o777).equal(0o700);
    await rm(join(folder, "deep"), { recursive: true });
    await store().load();
    should((await stat(join(folder, "deep"))).mode & 0o777).equal(0o700);
  });

  it("remembers callbacks that were answered, and which the flow had", async () => {
    const first = store();
    await first.load();
    await Promise.all([first.putEvent({ key: "1", id: "a" }), first.putEvent({ key: "2", id: "b" })]);
    await first.tellEvent("1");
    const { events, told } = await store().load();
    should({ events, told }).eql({ events: [{ key: "2", id: "b" }], told: ["1"] });
    for (let n = 0; n < 5100; n++) void first.tellEvent(`n${n}`);
    await first.close();
    should((await store().load()).told).have.length(5000);
  });
});
