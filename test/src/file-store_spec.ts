import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import should from "should";
import { type Entry, jsonPart } from "../../src/jobs/entry";
import { FileStore } from "../../src/jobs/file-store";

const entry = (key: string, more: Partial<Entry> = {}): Entry => ({
  key,
  node: "n",
  state: "wanted",
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
    should(await first.load()).eql({ entries: [], usage: undefined });
    await Promise.all([
      first.put(entry("a")),
      first.put(entry("b")),
      first.put(entry("a", { state: "created", id: "j" })),
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

  it("stays small however much work goes through", async () => {
    const busy = store();
    await busy.load();
    for (let round = 0; round < 30; round++) {
      const keys = Array.from({ length: 100 }, (_, i) => `${round}-${i}`);
      await Promise.all(keys.map((key) => busy.put(entry(key))));
      await Promise.all(keys.map((key) => busy.remove(key)));
    }
    await busy.put(entry("last"));
    should((await readFile(path, "utf8")).split("\n").length).be.below(2500);
    should((await store().load()).entries.map(({ key }) => key)).eql(["last"]);
  });

  it("warns once when it cannot write, and goes on", async () => {
    await mkdir(path, { recursive: true }); // a folder where the file should be
    const broken = store();
    await broken.load();
    await broken.put(entry("a"));
    await broken.put(entry("b"));
    should(warnings).eql(["store-write"]);
    await rm(path, { recursive: true });
    await broken.put(entry("c"));
    should((await store().load()).entries.map(({ key }) => key)).eql(["a", "b", "c"]);
  });

  it("drops what is older than two weeks", async () => {
    const first = store();
    await first.load();
    await first.put(entry("old", { began: Date.now() - 15 * 24 * 3_600_000 }));
    should((await store().load()).entries).be.empty();
    await chmod(folder, 0o700);
  });
});

describe("the part of a message that is kept", () => {
  it("is what JSON can hold, without req and res", () => {
    const circle: Record<string, unknown> = {};
    circle["self"] = circle;
    const { part, left } = jsonPart({
      topic: "t",
      payload: Buffer.alloc(5),
      deep: { list: [1, Buffer.alloc(1), "x"], when: new Date(0), f: () => 1 },
      req: {},
      res: {},
      n: Number.NaN,
    });
    should(part).eql({ topic: "t", deep: { list: [1, null, "x"], when: "1970-01-01T00:00:00.000Z" } });
    should(left).be.empty();
    should(() => jsonPart({ circle })).not.throw();
  });

  it("leaves the largest fields behind when there is too much", () => {
    const { part, left } = jsonPart({ small: 1, large: "x".repeat(300_000) });
    should(part).eql({ small: 1 });
    should(left).eql(["large"]);
  });
});
