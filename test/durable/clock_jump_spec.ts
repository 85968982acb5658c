import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import should from "should";
import { post } from "../support/callbacks";
import { type Engine, startEngine, wav } from "../support/engine";
import { until } from "../support/flow";
import type { MortalNodeRed } from "../support/mortal-node-red";
import { endings, NOTE, notingFlow, startNoting } from "../support/noting";

describe("a clock that is put forward by twenty days", function () {
  this.timeout(60_000);
  let engine: Engine & { folder: string };
  let red: MortalNodeRed;

  beforeEach(async () => {
    engine = await startEngine();
    const chain = [{ type: "gladia-transcribe", wires: [["say"], ["progress"]] }];
    const account = { apiUrl: engine.url, deadline: "30", retries: "1" };
    red = await startNoting([...notingFlow(chain, account), { ...NOTE, id: "progress" }]);
    await writeFile(join(red.folder, "a.wav"), wav());
  });
  afterEach(async () => {
    await red?.stop();
    await engine.close();
  });

  const send = async () => should((await post(`${red.url}/go`, { n: 0, path: "a.wav" })).status).equal(202);
  const jump = () => fetch(`${red.url}/jump`);
  const progress = async () => {
    const payloads = (await endings(red)).map(({ out }) => out as { status?: string; elapsed?: number } | string);
    return payloads.flatMap((payload) => (typeof payload === "object" ? [payload] : []));
  };

  it("does not show in the seconds that progress tells", async () => {
    engine.control.script({ processing: 6000 });
    await send();
    await until(() => engine.control.jobs.length === 1);
    await jump();
    let told = await progress();
    while (!told.some(({ elapsed = 0 }) => elapsed > 3)) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      told = await progress();
    }
    should(told.every(({ elapsed = 0 }) => elapsed < 60)).equal(true, JSON.stringify(told));
  });

  it("does not end the patience with a busy server", async () => {
    engine.control.fault({ route: "create", kind: "429", retryAfter: 1, times: 3 });
    await send();
    await until(() => engine.control.counts.create === 1);
    await jump();
    await until(() => engine.control.jobs.length === 1, 20_000);
    let ended = await endings(red);
    while (!ended.some(({ out }) => typeof out === "string")) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      ended = await endings(red);
      should(ended.filter(({ code }) => code)).be.empty();
    }
  });
});
