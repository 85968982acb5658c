import { basename, dirname, join } from "node:path";
import should from "should";
import type { FlowNode } from "../support/examples";
import { type NodeRedProcess, startNodeRed } from "../support/node-red-process";

const UNDICI = join(dirname(require.resolve("undici")), "lib");
const at = { z: "tab", x: 100, y: 100 };

const RUNTIME = join(__dirname, "../../dist/runtime");

/** Answers `GET /loaded` with the files of undici and of our runtime that the process has loaded. */
const LOADED: FlowNode[] = [
  { id: "tab", type: "tab", label: "test" },
  { id: "in", type: "http in", ...at, url: "/loaded", method: "get", wires: [["count"]] },
  {
    ...{ id: "count", type: "function", ...at, wires: [["out"]], outputs: 1 },
    libs: [{ var: "modules", module: "module" }],
    func: `const { _cache } = modules.default ?? modules;
      const within = (folder) => Object.keys(_cache).filter((file) => file.startsWith(folder));
      msg.payload = { undici: within(${JSON.stringify(UNDICI)}).length, runtime: within(${JSON.stringify(RUNTIME)}) };
      return msg;`,
  },
  { id: "out", type: "http response", ...at, wires: [] },
];
const ACCOUNT: FlowNode = {
  id: "acc",
  type: "gladia-config",
  apiUrl: "http://127.0.0.1:9",
  credentials: { apiKey: "k" },
};

const FORMAT: FlowNode = { id: "f", type: "gladia-format", ...at, format: "srt", wires: [[]] };

describe("what the first message needs", function () {
  this.timeout(60_000);
  let nodeRed: NodeRedProcess;
  const loaded = async () =>
    (await (await fetch(`${nodeRed.url}loaded`)).json()) as { undici: number; runtime: string[] };
  const nodesLoaded = async () =>
    (await loaded()).runtime.map((file) => basename(file, ".js")).filter((name) => name.startsWith("gladia-"));

  beforeEach(async () => {
    nodeRed = await startNodeRed({ flows: LOADED });
  });
  afterEach(() => nodeRed?.stop());

  it("is not loaded without an account in the flow, and is loaded before it comes with one", async () => {
    for (let i = 0; i < 5; i++) should((await loaded()).undici).equal(0);
    await nodeRed.deploy([...LOADED, ACCOUNT]);
    while ((await loaded()).undici < 50) await new Promise((resolve) => setTimeout(resolve, 20));
  });

  it("is not loaded of a node before there is one, nor of the others then", async () => {
    should(await nodesLoaded()).eql([]);
    await nodeRed.deploy([...LOADED, FORMAT]);
    should(await nodesLoaded()).eql(["gladia-format"]);
  });

  it("is loaded when the editor asks, too", async () => {
    const body = JSON.stringify({ id: "acc", apiUrl: "http://127.0.0.1:9", apiKey: "k" });
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${nodeRed.url}gladia-config/test`, { method: "POST", headers, body });
    should(await answer.json()).have.properties({ ok: false, code: "GLADIA_NETWORK" });
  });
});
