import { existsSync, readFileSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import should from "should";
import { addressOf, post } from "../support/callbacks";
import { type Engine, startEngine, wav } from "../support/engine";
import { until } from "../support/flow";
import { MortalNodeRed } from "../support/mortal-node-red";
import { addSlowNode } from "../support/slow-node";

/** How often Node-RED is killed between its answer and the message; the package's figure is measured with 30. */
const KILLS = Number(process.env["CALLBACK_KILLS"] ?? 6);
const REDEPLOYS = Number(process.env["CALLBACK_REDEPLOYS"] ?? 9);

interface Told {
  node: string;
  id: string;
  event: string;
  source: string;
  text?: string;
  code?: string;
}

const at = { z: "t", x: 100, y: 100 };

/** Writes down what it gets, at once: what is on its way to another node is not ours to bring over a restart. */
function recorder(id: string, node: string) {
  const func = `const { topic, gladia, error, payload } = msg;
    const told = { node: "${node}", id: gladia.id, event: topic, source: gladia.source, text: gladia.text, code: error?.code };
    global.get("fs").appendFileSync(global.get("told"), JSON.stringify(told) + "\\n");`;
  return { ...at, id, type: "function", func, outputs: 0, wires: [] };
}

/** Callback nodes, by id with their properties, each with a recorder; and a transcribe node that does not wait. */
function flowOf(account: object, callbacks: Record<string, object>, version = 0) {
  return [
    { id: "t", type: "tab", label: "callbacks" },
    { id: "acc", type: "gladia-config", ...account },
    { ...at, id: "in", type: "http in", url: "/go", method: "post", wires: [["path", "ok"]] },
    { ...at, id: "ok", type: "http response", statusCode: "202", wires: [] },
    {
      ...at,
      id: "path",
      type: "change",
      rules: [{ t: "set", p: "payload", pt: "msg", to: "payload.path", tot: "msg" }],
      wires: [["tr"]],
    },
    { ...at, id: "tr", type: "gladia-transcribe", config: "acc", paths: "yes", wait: "no", wires: [[], []] },
    { ...at, id: "slow", type: "slow", closing: 300, name: `${version}`, wires: [[]] },
    ...Object.entries(callbacks).flatMap(([id, properties]) => [
      { ...at, id, type: "gladia-callback", config: "acc", ...properties, wires: [[`say-${id}`]] },
      recorder(`say-${id}`, id),
    ]),
    { ...at, id: "catch", type: "catch", scope: null, wires: [["fail"]] },
    recorder("fail", "catch"),
  ];
}

describe("callbacks over restarts and redeploys", function () {
  this.timeout(300_000);
  let engine: Engine & { folder: string };
  let red: MortalNodeRed;
  let url: string;

  beforeEach(async () => {
    engine = await startEngine();
    engine.control.settings.languages = "any";
  });
  afterEach(async () => {
    await red?.stop();
    await engine.close();
  });

  /** What the flow has had so far. */
  const told = (): Told[] => {
    const text = existsSync(join(red.folder, "told")) ? readFileSync(join(red.folder, "told"), "utf8") : "";
    return text.split("\n").flatMap((line) => (line ? [JSON.parse(line) as Told] : []));
  };
  const account = (more: object = {}) => ({ apiUrl: engine.url, callbackUrl: "http://127.0.0.1:1", ...more });
  const listens = async () => {
    while ((await fetch(url).catch(() => undefined))?.status !== 204) await sleep(20);
  };
  const start = async (callbacks: Record<string, object>, more: object = {}) => {
    const global =
      'functionGlobalContext: { fs: require("node:fs"), told: require("node:path").join(__dirname, "told") },';
    red = await MortalNodeRed.create(flowOf(account(more), callbacks), { acc: { apiKey: "key" } }, global);
    await writeFile(join(red.folder, "a.wav"), wav(0.2, 1));
    await addSlowNode(red.folder);
    url = addressOf("acc", red.url);
    await red.start();
    await listens();
  };
  const restart = async (callbacks?: Record<string, object>) => {
    if (callbacks) {
      const flow = flowOf(account(), callbacks);
      await writeFile(join(red.folder, "flows.json"), JSON.stringify(flow));
    }
    await red.start();
    await listens();
  };
  /** Jobs that are done, made by another program. */
  const doneJobs = async (count: number) => {
    const headers = { "x-gladia-key": "key" };
    const form = new FormData();
    form.append("audio", new File([new Uint8Array(wav())], "b.wav"));
    const upload = await fetch(`${engine.url}/v2/upload`, { method: "POST", headers, body: form });
    const { audio_url } = (await upload.json()) as { audio_url: string };
    const make = async () => {
      const answer = await fetch(`${engine.url}/v2/pre-recorded`, {
        method: "POST",
        headers: { ...headers, "content-type": "application/json" },
        body: JSON.stringify({ audio_url }),
      });
      const { id } = (await answer.json()) as { id: string };
      for (;;) {
        const job = await fetch(`${engine.url}/v2/pre-recorded/${id}`, { headers });
        if (((await job.json()) as { status: string }).status === "done") return id;
        await sleep(20);
      }
    };
    return Promise.all(Array.from({ length: count }, make));
  };
  const success = (id: string) => ({ id, event: "transcription.success", payload: {} });
  const webhook = (id: string) => ({ event: "transcription.success", payload: { id } });
  const keys = () =>
    told()
      .map(({ node, source, event, id }) => `${node} ${source} ${event} ${id}`)
      .sort();
  /** Everything that the account's files hold. */
  const journal = async () => {
    const folder = join(red.folder, "gladia");
    const names = await readdir(folder).catch(() => []);
    return (await Promise.all(names.map((name) => readFile(join(folder, name), "utf8").catch(() => "")))).join("");
  };

  it(`tells each event once although Node-RED is killed ${KILLS} times after its answer`, async () => {
    await start({ cb: { result: true } });
    const wanted: string[] = [];
    const jobs = await doneJobs(2 * KILLS);
    for (let n = 0; n < KILLS; n++) {
      // What is read stays under way until the kill, in the next run, too, now and then.
      engine.control.fault({ route: "get", kind: "hang", times: n % 3 === 2 ? 4 : 2 });
      const [a = "", b = ""] = jobs.slice(2 * n);
      const began = told().length;
      const gets = engine.control.counts.get;
      should((await post(url, success(a))).status).equal(200);
      should((await post(url, webhook(b))).status).equal(200);
      await until(() => engine.control.counts.get - gets >= 2);
      await sleep(Math.random() * 30);
      should(
        told()
          .slice(began)
          .map(({ id }) => id),
      )
        .not.containEql(a)
        .and.not.containEql(b);
      await red.kill();
      wanted.push(`cb callback transcription.success ${a}`, `cb webhook transcription.success ${b}`);
      await restart();
      if (n % 3 !== 2) await until(() => wanted.every((key) => keys().includes(key)), 20_000).catch(() => {});
    }
    await red.kill();
    engine.control.reset();
    await restart();
    await until(() => told().length >= wanted.length, 20_000).catch(() => {});
    const ours = () => keys().filter((key) => wanted.includes(key));
    const [all, different] = [ours().length, new Set(ours()).size];
    console.log(`      ${wanted.length} events answered before ${KILLS} kills: ${all} told, ${different} different`);
    should(ours()).eql([...wanted].sort());
    // What was told is told no more, when the sender repeats it either.
    for (const id of jobs) {
      should((await post(url, success(id))).status).equal(200);
      should((await post(url, webhook(id))).status).equal(200);
    }
    await sleep(1000);
    should(ours()).eql([...wanted].sort());
    should(told().every(({ text }) => text?.startsWith("speech of b.wav"))).equal(true);
  });

  it("tells a live event once although Node-RED is killed after it", async () => {
    await start({ cb: {} });
    const live = { id: "s1", event: "live.transcript", payload: { data: { utterance: { text: "Hello" } } } };
    should((await post(url, live)).status).equal(200);
    await until(() => told().length === 1);
    await sleep(300);
    await red.kill();
    await restart();
    should((await post(url, live)).status).equal(200);
    should((await post(url, { ...live, event: "live.end_session" })).status).equal(200);
    await until(() => told().length === 2);
    should(keys()).eql(["cb live live.end_session s1", "cb live live.transcript s1"]);
  });

  it("forgets an event for whose node there is none after the restart, and asks what the nodes want then", async () => {
    await start({ cb: {}, other: { events: ["transcription.success"] } });
    const [a = "", b = ""] = await doneJobs(2);
    engine.control.fault({ route: "get", kind: "hang", times: 1 });
    const gets = engine.control.counts.get;
    should((await post(url, success(a))).status).equal(200);
    await until(() => engine.control.counts.get > gets);
    await red.kill();
    // One node is gone, and the other one wants something else by now.
    await restart({ other: { events: ["transcription.error"] } });
    await sleep(500);
    await red.shutDown();
    await restart({ cb: {}, other: {} });
    should((await post(url, success(b))).status).equal(200);
    await until(() => told().length >= 2);
    await sleep(500);
    should(keys()).eql([`cb callback transcription.success ${b}`, `other callback transcription.success ${b}`]);
  });

  it("keeps nothing where no node wants it", async () => {
    await start({});
    const [a = ""] = await doneJobs(1);
    should((await post(url, success(a))).status).equal(200);
    should((await post(url, webhook(a))).status).equal(200);
    should((await post(url, { id: "s1", event: "live.transcript", payload: {} })).status).equal(200);
    await post(`${red.url}/go`, { path: "a.wav" });
    await until(() => engine.control.jobs.length === 2);
    const own = engine.control.jobs[1]?.id ?? "";
    while (!(await journal()).includes(own)) await sleep(20);
    should(await journal()).not.match(new RegExp(`${a}|live\\.transcript`));
  });

  it("tells of a job of ours whose callback never came, once, over a kill", async () => {
    engine.control.script({ processing: 1500 });
    engine.control.script({ times: 1, processing: 1500, error: { code: 422 } });
    await start({ cb: {} });
    for (let n = 0; n < 3; n++) await post(`${red.url}/go`, { path: "a.wav" });
    await until(() => engine.control.jobs.length === 3);
    await sleep(200);
    await red.kill();
    await restart();
    await until(() => told().length === 3, 30_000);
    const jobs = engine.control.jobs.map(({ id }) => id).sort();
    should(
      told()
        .map(({ id }) => id)
        .sort(),
    ).eql(jobs);
    for (const { id } of engine.control.jobs) should((await post(url, success(id))).status).equal(200);
    await sleep(500);
    should(told()).have.length(3);
    should(
      told()
        .map(({ event }) => event)
        .sort(),
    ).eql(["transcription.error", "transcription.success", "transcription.success"]);
  });

  it("keeps back what is ready while the node behind it is deployed anew", async () => {
    engine.control.script({ processing: 600 });
    await start({ cb: {} });
    // The recorder is gone at once, and comes back when the slow node has closed.
    const flow = (name: string) =>
      flowOf(account(), { cb: {} }).map((node) =>
        ["say-cb", "slow"].includes(node.id) ? { ...node, name, closing: 3000 } : node,
      );
    await red.redeploy(flow("first"));
    await listens();
    await post(`${red.url}/go`, { path: "a.wav" });
    await until(() => engine.control.jobs.length === 1);
    const id = engine.control.jobs[0]?.id ?? "";
    should((await post(url, success(id))).status).equal(200);
    // Its account is not part of the deploy, and finds the job done meanwhile.
    await deploy(flow("second"), "nodes");
    await until(() => told().length > 0);
    await sleep(300);
    should(keys()).eql([`cb callback transcription.success ${id}`]);
  });

  it(`answers and tells all that comes during ${REDEPLOYS} deploys of all kinds`, async () => {
    await start({ cb: { result: true }, plain: { result: false } });
    const jobs = await doneJobs(60);
    const statuses: Record<string, number> = {};
    const wanted: string[] = [];
    let isOver = false;
    let sent = 0;
    const sendAll = async () => {
      for (; !isOver; sent++) {
        const id = jobs[sent % jobs.length] ?? "";
        // A sender that nobody answers repeats; here, all are to be answered.
        const answer = await post(url, webhook(id), { "svix-id": `m${sent}` }).catch((error: Error) => error);
        const status = answer instanceof Error ? answer.message : String(answer.status);
        statuses[status] = (statuses[status] ?? 0) + 1;
        wanted.push(id);
        const live = { id: `s${sent}`, event: "live.speech_start", payload: { sent } };
        const { status: second } = await post(url, live).catch(() => ({ status: 0 }));
        statuses[second] = (statuses[second] ?? 0) + 1;
        await sleep(10);
      }
    };
    const sending = sendAll();
    const own: Promise<unknown>[] = [];
    for (let n = 1; n <= REDEPLOYS; n++) {
      own.push(post(`${red.url}/go`, { path: "a.wav" }).catch(() => undefined));
      await sleep(Math.random() * 300);
      const flow = flowOf(account(), { cb: { result: true }, plain: { result: false } }, n);
      await deploy(flow, ["full", "flows", "nodes"][n % 3] as string);
    }
    await Promise.all(own);
    isOver = true;
    await sending;
    const isAll = () => told().length >= 2 * (2 * sent + engine.control.jobs.length - jobs.length);
    // The last message may have been taken, and its job be made a moment later.
    for (let count = -1; count !== engine.control.jobs.length; ) {
      count = engine.control.jobs.length;
      await until(isAll, 20_000).catch(() => {});
      await sleep(1000);
    }
    const mine = engine.control.jobs.slice(jobs.length);
    const of = (node: string, source: string) => told().filter((one) => one.node === node && one.source === source);
    console.log(
      `      ${sent} webhooks and live events: ${JSON.stringify(statuses)}; told ${of("cb", "webhook").length} and ` +
        `${of("cb", "live").length}; ${mine.length} jobs, ${of("cb", "callback").length} callbacks made up for`,
    );
    should(statuses).eql({ 200: 2 * sent });
    for (const node of ["cb", "plain"]) {
      const expected = {
        live: Array.from({ length: sent }, (_, n) => `s${n}`),
        webhook: wanted,
        callback: mine.map(({ id }) => id),
      };
      for (const [source, ids] of Object.entries(expected)) {
        const got = of(node, source).map(({ id }) => id);
        should({ source, missing: less(ids, got), double: less(got, ids) }).eql({ source, missing: [], double: [] });
      }
    }
    should(of("cb", "webhook").every(({ text }) => text !== undefined)).equal(true);
    should(of("plain", "webhook").every(({ text }) => text === undefined)).equal(true);
    should(of("plain", "callback").every(({ text }) => text !== undefined)).equal(true);
  });

  /** Deploys: `full`, or the `flows` or `nodes` that changed. */
  async function deploy(flow: unknown[], type: string): Promise<void> {
    const before = red.log.length;
    const headers = { "content-type": "application/json", "Node-RED-Deployment-Type": type };
    const answer = await fetch(`${red.url}/flows`, { method: "POST", headers, body: JSON.stringify(flow) });
    should(answer.ok).equal(true);
    while (!/Started (modified )?(flows|nodes)/.test(red.log.slice(before))) await sleep(10);
  }
});

/** What a list has more than another. */
function less(list: string[], other: string[]): string[] {
  const left = [...other];
  return list.filter((item) => {
    const at = left.indexOf(item);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
