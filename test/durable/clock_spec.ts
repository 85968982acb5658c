import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import should from "should";
import { type Engine, startEngine, wav } from "../support/engine";
import { until } from "../support/flow";
import { collector, MortalNodeRed } from "../support/mortal-node-red";
import { type Ended, pathFlow, sendPath } from "../support/path-flow";

/** A start with a clock that is wrong by so many days. */
const wrongBy = (days: number) => ({
  CLOCK_DAYS: String(days),
  NODE_OPTIONS: `--require ${JSON.stringify(join(__dirname, "..", "support", "clock.cjs"))}`,
});

describe("a Node-RED whose clock jumps while it is off", function () {
  this.timeout(60_000);
  let engine: Engine & { folder: string };
  let sink: Awaited<ReturnType<typeof collector<Ended>>>;
  let red: MortalNodeRed;

  const create = async (account: object = {}) => {
    red = await MortalNodeRed.create(pathFlow(engine.url, sink.url, account), { acc: { apiKey: "key" } });
    await writeFile(join(red.folder, "a.wav"), wav(0.2, 1));
  };
  beforeEach(async () => {
    engine = await startEngine();
    sink = await collector<Ended>();
  });
  afterEach(async () => {
    await red.stop();
    await sink.close();
    await engine.close();
  });

  for (const days of [-20, 20]) {
    it(`goes on with its job (first boot ${days} days off)`, async () => {
      engine.control.script({ processing: 3000 });
      await create();
      await red.start(wrongBy(days));
      await sendPath(red.url, 1, "a.wav");
      await until(() => engine.control.jobs.length === 1);
      await red.kill();
      await red.start();
      await until(() => sink.got.length > 0, 20_000);
      should(sink.got.map(({ n, code }) => ({ n, code }))).eql([{ n: 1, code: undefined }]);
      should(engine.control.jobs).have.length(1);
    });
  }

  it("finds the job whose create it did not see the end of", async () => {
    engine.control.fault({ route: "create", kind: "hang-after" });
    await create();
    await red.start(wrongBy(20));
    await sendPath(red.url, 1, "a.wav");
    await until(() => engine.control.jobs.length === 1);
    await red.kill();
    await red.start();
    await until(() => sink.got.length > 0, 20_000);
    should(sink.got[0]?.text).startWith("speech of a.wav");
    should(engine.control.counts.create).equal(1);
  });

  it("ends at Catch what never comes, however old the clock says it is", async () => {
    engine.control.script({ processing: 600_000 });
    await create({ deadline: "3" });
    await red.start();
    await sendPath(red.url, 1, "a.wav");
    await until(() => engine.control.jobs.length === 1);
    await red.kill();
    await red.start(wrongBy(20));
    await until(() => sink.got.length > 0, 20_000);
    should(sink.got).eql([{ n: 1, code: "GLADIA_TIMEOUT" }]);
  });

  it("tells of what is old and has no node any more", async () => {
    engine.control.script({ processing: 600_000 });
    await create();
    await red.start();
    await sendPath(red.url, 1, "a.wav");
    const journal = join(red.folder, "gladia", "acc.jsonl");
    await until(() => engine.control.jobs.length === 1);
    await red.kill();
    const flows = (await readFile(join(red.folder, "flows.json"), "utf8")).replaceAll('"tr"', '"tr2"');
    await writeFile(join(red.folder, "flows.json"), flows);
    await red.start();
    await sendPath(red.url, 2, "a.wav");
    await until(() => engine.control.jobs.length === 2);
    should(red.log).not.match(/given up/);
    await red.kill();
    await red.start(wrongBy(20));
    await until(() => /given up \(1\): .*\(tr\)/.test(red.log), 20_000);
    await red.shutDown();
    const lines = (await readFile(journal, "utf8")).trim().split("\n");
    should(lines.filter((line) => line.startsWith('{"remove"'))).have.length(1);
  });
});
