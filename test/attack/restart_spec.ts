import { utimes, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import should from "should";
import { type Engine, startEngine, wav } from "../support/engine";
import { until } from "../support/flow";
import { collector, MortalNodeRed } from "../support/mortal-node-red";

const at = { z: "t", x: 100, y: 100 };
const change = (id: string, p: string, to: string, wires: string[]) => {
  return { ...at, id, type: "change", rules: [{ t: "set", p, pt: "msg", to, tot: "msg" }], wires: [wires] };
};

/** Uploads a stranger's link, then would transcribe what else he named. */
const flowOf = (apiUrl: string, sink: string) => [
  { id: "t", type: "tab", label: "restart" },
  { id: "acc", type: "gladia-config", apiUrl },
  { ...at, id: "in", type: "http in", url: "/go", method: "post", wires: [["answer", "note"]] },
  { ...at, id: "answer", type: "http response", statusCode: "202", wires: [] },
  change("note", "note", "payload.note", ["link"]),
  change("link", "payload", "payload.link", ["up"]),
  { ...at, id: "up", type: "gladia-upload", config: "acc", wires: [["named"]] },
  change("named", "payload", "note", ["tr"]),
  { ...at, id: "tr", type: "gladia-transcribe", config: "acc", wires: [["done"], []] },
  { ...at, id: "catch", type: "catch", scope: ["up", "tr"], wires: [["fail"]] },
  change("fail", "payload", "error", ["told"]),
  change("done", "payload", "gladia", ["told"]),
  { ...at, id: "told", type: "json", property: "payload", action: "str", pretty: false, wires: [["post"]] },
  { ...at, id: "post", type: "http request", method: "POST", url: sink, ret: "txt", wires: [[]] },
];

describe("a stranger's message that Node-RED takes up again after it was killed", function () {
  this.timeout(60_000);
  let engine: Engine & { folder: string };
  let red: MortalNodeRed;

  afterEach(async () => {
    await red?.stop();
    await engine?.close();
  });

  it("still names no file", async () => {
    engine = await startEngine();
    const files = createServer((_, response) => response.end(wav(1, 2))).listen(0, "127.0.0.1");
    const sink = await collector<{ code?: string; message?: string }>();
    red = await MortalNodeRed.create(flowOf(engine.url, sink.url), { acc: { apiKey: "key" } });
    const secret = join(red.folder, "secret.wav");
    await writeFile(secret, wav(0.2, 1));
    await utimes(secret, 1, 1);
    engine.control.fault({ route: "upload", kind: "hang" });
    await red.start();
    const { port } = files.address() as AddressInfo;
    const body = JSON.stringify({ link: `http://127.0.0.1:${port}/talk.wav`, note: "secret.wav" });
    await fetch(`${red.url}/go`, { method: "POST", headers: { "content-type": "application/json" }, body });
    await until(() => engine.control.counts.upload === 1);
    await red.kill();
    await red.start();
    await until(() => sink.got.length > 0, 20_000);
    await sink.close();
    files.close();
    const { counts, jobs } = engine.control;
    should(sink.got[0]?.code).equal("GLADIA_AUDIO");
    should(jobs).be.empty();
    should(counts.create).equal(0);
    should(sink.got[0]?.message).match(/\(paths\)/);
  });
});
