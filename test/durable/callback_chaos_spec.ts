import { writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import should from "should";
import { addressOf, post } from "../support/callbacks";
import { draws } from "../support/draws";
import { type Engine, startEngine, wav } from "../support/engine";
import { until } from "../support/flow";
import { collector, MortalNodeRed } from "../support/mortal-node-red";

const MESSAGES = 300;
const SEED = 20_261;

interface Told {
  kind: "text" | "error" | "done" | "callback";
  n?: number;
  text?: string;
  id?: string;
  event?: string;
}

/** Http in -> transcribe -> the collector; errors, ends and news go there, too. */
function flowOf(apiUrl: string, callbackUrl: string, sink: string) {
  const at = { z: "t", x: 100, y: 100 };
  const change = (id: string, rules: [string, string, string][], wires: string[]) => ({
    ...at,
    id,
    type: "change",
    rules: rules.map(([p, to, tot]) => ({ t: "set", p, pt: "msg", to, tot })),
    wires: [wires],
  });
  const say = (id: string, value: string) => change(id, [["payload", value, "jsonata"]], ["post"]);
  return [
    { id: "t", type: "tab", label: "chaos" },
    { id: "acc", type: "gladia-config", apiUrl, callbackUrl, concurrency: "25", timeout: "2", deadline: "120" },
    { ...at, id: "in", type: "http in", url: "/go", method: "post", wires: [["read"]] },
    change(
      "read",
      [
        ["n", "payload.n", "msg"],
        ["payload", "payload.path", "msg"],
      ],
      ["tr", "ok"],
    ),
    { ...at, id: "ok", type: "http response", statusCode: "202", wires: [] },
    { ...at, id: "tr", type: "gladia-transcribe", config: "acc", paths: "yes", wires: [["text"], []] },
    say("text", '{"kind": "text", "n": n, "text": payload}'),
    { ...at, id: "catch", type: "catch", scope: ["tr", "cb"], wires: [["error"]] },
    say("error", '{"kind": "error", "n": n, "text": error.message}'),
    { ...at, id: "complete", type: "complete", scope: ["tr"], wires: [["done"]] },
    say("done", '{"kind": "done", "n": n}'),
    { ...at, id: "cb", type: "gladia-callback", config: "acc", wires: [["told"]] },
    say("told", '{"kind": "callback", "id": gladia.id, "event": topic, "text": gladia.text}'),
    { ...at, id: "post", type: "http request", method: "POST", url: sink, ret: "txt", wires: [[]] },
  ];
}

describe(`${MESSAGES} messages whose callbacks are lost, doubled, early, late and forged`, function () {
  this.timeout(180_000);
  let engine: Engine & { folder: string };
  let red: MortalNodeRed;
  let sink: Awaited<ReturnType<typeof collector<Told>>>;
  let between: Server;

  after(async () => {
    await red?.stop();
    await sink?.close();
    between?.closeAllConnections();
    between?.close();
    await engine?.close();
  });

  it("end once each, with their own text, from one job", async () => {
    engine = await startEngine();
    sink = await collector<Told>();
    const { control } = engine;
    control.settings.deliveryDelays = [];
    control.script({ processing: 400 });
    control.script({ match: ({ filename }) => /7\.wav$/.test(filename), error: { code: 422 }, processing: 200 });

    const draw = draws(SEED);
    const counts = { passed: 0, lost: 0, doubled: 0, late: 0, early: 0, secret: 0, unknown: 0, large: 0, refused: 0 };
    const sent: Promise<unknown>[] = [];
    const send = async (path: string, body: string, wanted = 200) => {
      const answer = await post(red.url + path, body).catch(() => undefined);
      if (answer?.status !== wanted) counts.refused++;
    };
    const lie = (id: string, length = 1) =>
      JSON.stringify({
        id,
        event: draw() < 0.5 ? "transcription.success" : "transcription.error",
        payload: { transcription: { full_transcript: "lies ".repeat(length), utterances: [] } },
      });

    // Gladia's callbacks pass through here.
    between = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        response.end();
        const [path, body] = [request.url ?? "", Buffer.concat(chunks).toString()];
        const fate = draw();
        if (fate < 0.2) {
          counts.lost++;
        } else if (fate < 0.4) {
          counts.doubled++;
          sent.push(send(path, body), send(path, body));
        } else if (fate < 0.6) {
          counts.late++;
          sent.push(sleep(500 + draw() * 3000).then(() => send(path, body)));
        } else {
          counts.passed++;
          sent.push(send(path, body));
        }
      });
    });
    await new Promise<void>((resolve) => between.listen(0, "127.0.0.1", resolve));
    const callbackUrl = `http://127.0.0.1:${(between.address() as AddressInfo).port}`;
    red = await MortalNodeRed.create(flowOf(engine.url, callbackUrl, sink.url), { acc: { apiKey: "key" } });
    for (let n = 0; n < MESSAGES; n++) await writeFile(join(red.folder, `${n}.wav`), wav(0.05, n + 1));
    await red.start();
    const path = new URL(addressOf("acc", red.url)).pathname;
    while ((await fetch(red.url + path)).status !== 204) await sleep(20);

    const began = Date.now();
    let forged = 0;
    const forge = () => {
      for (const { id } of control.jobs.slice(forged)) {
        forged++;
        const kind = draw();
        if (kind < 0.3) {
          counts.early++;
          sent.push(send(path, lie(id)));
        } else if (kind < 0.5) {
          counts.secret++;
          sent.push(send(path.replace(/.{4}$/, "AAAA"), lie(id), 404));
        } else if (kind < 0.7) {
          counts.unknown++;
          sent.push(send(path, lie(`no-such-job-${forged}`)));
        } else if (kind < 0.74) {
          counts.large++;
          sent.push(send(path, lie(id, 4_000_000)));
        }
      }
    };
    for (let n = 0; n < MESSAGES; n++) {
      should((await post(`${red.url}/go`, { n, path: `${n}.wav` })).status).equal(202);
      forge();
    }
    const ended = () => new Set(sink.got.filter(({ kind }) => kind === "done" || kind === "error").map(({ n }) => n));
    while (ended().size < MESSAGES && Date.now() - began < 120_000) {
      forge();
      await sleep(20);
    }
    await Promise.all(sent);
    const told = () => sink.got.filter(({ kind }) => kind === "callback");
    await until(() => told().length >= MESSAGES, 15_000).catch(() => {});
    await sleep(1000); // whatever comes twice has its chance

    const of = (kind: Told["kind"]) => sink.got.filter((item) => item.kind === kind);
    const numbers = (items: Told[]) => items.map(({ n = -1 }) => n).sort((a, b) => a - b);
    console.log(
      `      ${of("text").length} texts, ${of("error").length} errors, ${told().length} told, ${control.jobs.length} jobs, ` +
        `${control.counts.get} gets, ${control.counts.list} lists; callbacks ${JSON.stringify(counts)}; ` +
        `${Math.round((Date.now() - began) / 100) / 10} s`,
    );
    const all = Array.from({ length: MESSAGES }, (_, n) => n);
    const isFailing = (n: number) => n % 10 === 7;
    should(numbers(of("text"))).eql(all.filter((n) => !isFailing(n)));
    should(numbers(of("error"))).eql(all.filter(isFailing));
    should(numbers(of("done"))).eql(all.filter((n) => !isFailing(n)));
    for (const { n, text } of of("text")) should(text).startWith(`speech of ${n}.wav`);
    should(control.jobs).have.length(MESSAGES);

    const ids = told().map(({ id }) => id);
    should(new Set(ids).size).equal(ids.length);
    // Also those whose callback was lost.
    should(control.jobs.filter(({ id }) => !ids.includes(id))).be.empty();
    should(told().some(({ text }) => text?.includes("lies"))).equal(false);
    should(counts.refused).equal(0);
  });
});
