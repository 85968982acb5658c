import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import should from "should";
import { post } from "../support/callbacks";
import { type Engine, startEngine, wav } from "../support/engine";
import { until } from "../support/flow";
import type { MortalNodeRed } from "../support/mortal-node-red";
import { endings, endOnce, NOTE, notingFlow, startNoting } from "../support/noting";

const CHAIN = [{ type: "gladia-transcribe" }];

describe("messages whose node does not come back", function () {
  this.timeout(60_000);
  let engine: Engine & { folder: string };
  let red: MortalNodeRed;

  beforeEach(async () => {
    engine = await startEngine();
  });
  afterEach(async () => {
    await red?.stop();
    await engine.close();
  });

  const start = async (flow: unknown[], delay = 0) => {
    red = await startNoting(flow, delay);
    await writeFile(join(red.folder, "a.wav"), wav());
  };
  const send = async (n: number) => should((await post(`${red.url}/go`, { n, path: "a.wav" })).status).equal(202);
  const flow = (more: object = {}) => notingFlow(CHAIN, { apiUrl: engine.url, ...more });
  const without = (...ids: string[]) => flow().filter(({ id }) => !ids.includes(id as string));

  const removals = {
    "a full deploy": () => red.redeploy(without("n0")),
    "a deploy of nodes": () => red.redeploy(without("n0"), "nodes"),
    "a deploy that changes the Catch node, too": () =>
      red.redeploy(
        without("n0").map((node) => (node["id"] === "catch" ? { ...node, name: "other" } : node)),
        "nodes",
      ),
    "a deploy that disables it": () =>
      red.redeploy(
        flow().map((node) => (node["id"] === "n0" ? { ...node, d: true } : node)),
        "flows",
      ),
    "a deploy that removes the account, too": () => red.redeploy(without("n0", "acc")),
  };
  for (const [title, remove] of Object.entries(removals)) {
    it(`go to Catch nodes once (${title}), and are not taken up again`, async () => {
      engine.control.script({ processing: 600_000 });
      await start(flow());
      await send(0);
      await until(() => engine.control.jobs.length === 1);
      await remove();
      const [ended] = await endOnce(red, 1, title);
      should(ended?.code).equal("GLADIA_CANCELLED");
      await red.redeploy(
        flow().map((node) => (node["id"] === "acc" ? { ...node, credentials: { apiKey: "key" } } : node)),
      );
      await red.shutDown();
      await red.start();
      await sleep(1000);
      should(await endings(red)).have.length(1);
    });
  }

  it("are told in the log when their tab is gone", async () => {
    engine.control.script({ processing: 600_000 });
    await start(flow());
    await send(0);
    await until(() => engine.control.jobs.length === 1);
    const before = red.log.length;
    await red.redeploy(flow().filter(({ id, z }) => id === "acc" || (id !== "t" && z !== "t")));
    await until(() => /stopped or redeployed the Gladia account/.test(red.log.slice(before)));
  });

  it("end once when they are ready as their node goes", async () => {
    engine.control.script({ processing: 100 });
    await start(flow({ store: "slow" }), 300);
    for (let n = 0; n < 12; n++) {
      await send(n);
      if (n % 3 < 2) continue;
      await sleep(1200 + Math.random() * 1200);
      const [kind, other] = n % 2 ? (["full", "nodes"] as const) : (["flows", "full"] as const);
      await red.redeploy(
        flow({ store: "slow" }).filter(({ id }) => id !== "n0"),
        kind,
      );
      await red.redeploy(flow({ store: "slow" }), other);
    }
    await endOnce(red, 12, "4 removals");
    should(engine.control.jobs.length).be.belowOrEqual(12);
  });

  it("do not wait for flows that cannot start", async () => {
    engine.control.script({ processing: 500 });
    await start(flow());
    await send(0);
    const missing = { id: "m", type: "no-such-type", z: "t2", x: 100, y: 100, wires: [] };
    await red.redeploy([...flow(), { id: "t2", type: "tab", label: "other" }, missing], "nodes", /missing types/);
    const [ended] = await endOnce(red, 1, "a failed start");
    should(ended?.out).startWith("speech of a.wav");
  });

  it("wait when the node behind theirs was to be started by a deploy that failed", async () => {
    engine.control.script({ processing: 500 });
    await start(flow());
    await send(0);
    const missing = { id: "m", type: "no-such-type", z: "t2", x: 100, y: 100, wires: [] };
    const changed = notingFlow(CHAIN, { apiUrl: engine.url }, { say: 1 });
    await red.redeploy([...changed, { id: "t2", type: "tab", label: "other" }, missing], "nodes", /missing types/);
    await sleep(7000);
    should(await endings(red)).be.empty();
    await red.redeploy(changed, "nodes");
    const [ended] = await endOnce(red, 1, "a failed start, mended");
    should(ended?.out).startWith("speech of a.wav");
  });

  it("go on from a subflow, and to Catch nodes around it", async () => {
    engine.control.script({ processing: 200 });
    const inner = { x: 100, y: 100, z: "sub" };
    const inSubflow = (instance: object) => [
      ...without("n0").filter(({ type }) => type !== "gladia-transcribe"),
      {
        id: "sub",
        type: "subflow",
        name: "sub",
        in: [{ x: 1, y: 1, wires: [{ id: "tr" }] }],
        out: [{ x: 1, y: 1, wires: [{ id: "tr", port: 0 }] }],
      },
      { ...inner, id: "tr", type: "gladia-transcribe", config: "acc", paths: "yes", wires: [[], []] },
      ...[instance],
    ];
    const instance = { id: "n0", type: "subflow:sub", z: "t", x: 100, y: 100, wires: [["say"]] };
    await start(inSubflow(instance));
    for (let n = 0; n < 6; n++) {
      await send(n);
      await sleep(300 + Math.random() * 500);
      await red.redeploy(inSubflow({ ...instance, name: `${n}` }), n % 2 ? "full" : "nodes");
    }
    const seen = await endOnce(red, 6, "in a subflow");
    should(seen.every(({ out }) => String(out).startsWith("speech of a.wav"))).equal(true);
    engine.control.reset();
    engine.control.script({ processing: 600_000 });
    await send(6);
    await until(() => engine.control.jobs.length === 1);
    await red.redeploy(inSubflow({ ...NOTE, id: "other" }));
    const all = await endOnce(red, 7, "in a subflow that goes");
    should(all.at(-1)?.code).equal("GLADIA_CANCELLED");
  });
});
