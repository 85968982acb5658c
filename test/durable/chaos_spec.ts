import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import should from "should";
import { type Engine, startEngine, wav } from "../support/engine";
import { until } from "../support/flow";
import { collector, MortalNodeRed } from "../support/mortal-node-red";

const MESSAGES = 300;

interface Ended {
  n: number;
  text?: string;
  code?: string;
}

/** Http in -> transcribe -> the collector; errors go there, too. */
function chaosFlow(apiUrl: string, sink: string) {
  const at = { z: "t", x: 100, y: 100 };
  const change = (id: string, rules: [string, string, string?][], wires: string[]) => ({
    ...at,
    id,
    type: "change",
    rules: rules.map(([p, to, tot = "msg"]) => ({ t: "set", p, pt: "msg", to, tot })),
    wires: [wires],
  });
  return [
    { id: "t", type: "tab", label: "chaos" },
    { id: "acc", type: "gladia-config", apiUrl, concurrency: "25", timeout: "1", retries: "8", deadline: "120" },
    { ...at, id: "in", type: "http in", url: "/go", method: "post", wires: [["read"]] },
    {
      ...change(
        "read",
        [
          ["n", "payload.n"],
          ["payload", "payload.path"],
        ],
        ["tr", "ok"],
      ),
    },
    { ...at, id: "ok", type: "http response", statusCode: "202", wires: [] },
    {
      ...at,
      id: "tr",
      type: "gladia-transcribe",
      config: "acc",
      paths: "yes",
      options: { sentences: true },
      wires: [["say"], []],
    },
    change("say", [["payload", '{"n": n, "text": payload}', "jsonata"]], ["post"]),
    { ...at, id: "catch", type: "catch", scope: ["tr"], wires: [["fail"]] },
    change("fail", [["payload", '{"n": n, "code": error.code, "message": error.message}', "jsonata"]], ["post"]),
    { ...at, id: "post", type: "http request", method: "POST", url: sink, ret: "txt", wires: [[]] },
  ];
}

describe("300 messages through a server that fails a quarter of the time", function () {
  this.timeout(240_000);
  let engine: Engine & { folder: string };
  let red: MortalNodeRed;
  let sink: Awaited<ReturnType<typeof collector<Ended>>>;

  beforeEach(async () => {
    engine = await startEngine();
    engine.control.settings.languages = "any";
    sink = await collector<Ended>();
    const flow = chaosFlow(engine.url, sink.url);
    red = await MortalNodeRed.create(flow, { acc: { apiKey: "key" } });
  });
  afterEach(async () => {
    await red.stop();
    await sink.close();
    await engine.close();
  });

  it("ends each message once, with its own text, from one job, over two kills and a redeploy", async () => {
    const { control } = engine;
    const fault = (route: "create" | "upload" | "get" | "list", kind: string, probability: number, more = {}) =>
      control.fault({ route, kind: kind as "500", probability, ...more });
    for (const route of ["create", "upload", "get", "list"] as const) {
      fault(route, "429", 0.03, { retryAfter: 1 });
      fault(route, "429", 0.03);
      fault(route, "500", 0.04);
      fault(route, "502-html", 0.03);
      fault(route, "reset-before", 0.03);
      fault(route, "reset-after", 0.03);
      fault(route, "truncated-json", 0.03);
      fault(route, "slow-body", 0.02);
      fault(route, "hang", 0.01);
    }
    fault("get", "404", 0.02);
    control.script({ processing: 300 });
    control.script({ match: ({ filename }) => /7\.wav$/.test(filename), error: { code: 422 } });
    control.script({
      match: ({ filename }) => /3\.wav$/.test(filename),
      addOns: { sentences: { error: { status_code: 500, message: "no" } } },
    });

    for (let n = 0; n < MESSAGES; n++) await writeFile(join(red.folder, `${n}.wav`), wav(0.05, n + 1));
    await red.start();
    const send = async (n: number) => {
      const headers = { "content-type": "application/json" };
      const body = JSON.stringify({ n, path: `${n}.wav` });
      const answer = await fetch(`${red.url}/go`, { method: "POST", headers, body });
      should(answer.status).equal(202);
    };
    // What the transcribe node has handed on is no longer its own: it dies with the nodes behind, if they die then.
    const isBetween = (sent: number) => async () => {
      const entries = new Set<string>();
      const text = await readFile(join(red.folder, "gladia", "acc.jsonl"), "utf8");
      if (!text.endsWith("\n")) return false;
      for (const line of text.trim().split("\n")) {
        const { put, remove } = JSON.parse(line) as { put?: { key: string }; remove?: string };
        if (put) entries.add(put.key);
        if (remove) entries.delete(remove);
      }
      return entries.size + new Set(sink.got.map(({ n }) => n)).size === sent;
    };
    const third = MESSAGES / 3;
    for (let n = 0; n < third; n++) await send(n);
    await sleep(1500);
    await red.killWhen(isBetween(third));
    await red.start();
    for (let n = third; n < 2 * third; n++) await send(n);
    await sleep(1500);
    await red.redeploy(chaosFlow(engine.url, sink.url));
    for (let n = 2 * third; n < MESSAGES; n++) await send(n);
    await sleep(2000);
    await red.killWhen(isBetween(MESSAGES));
    await red.start();
    await until(() => new Set(sink.got.map(({ n }) => n)).size === MESSAGES, 180_000).catch(() => {});
    await sleep(2000); // whatever comes twice has its chance

    const jobs = new Map<string, number>();
    for (const { custom_metadata: metadata } of control.jobs) {
      const key = String(metadata?.["node_red_key"]);
      jobs.set(key, (jobs.get(key) ?? 0) + 1);
    }
    const done = sink.got.filter(({ text }) => text !== undefined);
    const failed = sink.got.filter(({ code }) => code !== undefined);
    const codes = new Map<string, number>();
    for (const { code = "" } of failed) codes.set(code, (codes.get(code) ?? 0) + 1);
    const faults = control.requests.filter((request) => request.fault).length;
    console.log(
      `      ${MESSAGES} messages: ${done.length} texts, ${failed.length} errors ${JSON.stringify(Object.fromEntries(codes))}, ` +
        `${control.jobs.length} jobs, ${control.requests.length} requests of which ${faults} failed, ${JSON.stringify(control.counts)}`,
    );
    should(sink.got.map(({ n }) => n).sort((a, b) => a - b)).eql(Array.from({ length: MESSAGES }, (_, n) => n));
    for (const { n, text } of done) should(text).startWith(`speech of ${n}.wav `);
    should([...codes.keys()]).eql(["GLADIA_JOB"]);
    should(failed.map(({ n }) => n).every((n) => n % 10 === 7)).equal(true);
    should([...jobs.values()].every((count) => count === 1)).equal(true);
    should(control.jobs).have.length(MESSAGES);
  });
});
