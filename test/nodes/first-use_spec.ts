import { dirname, join } from "node:path";
import should from "should";
import type { FlowNode } from "../support/examples";
import { type NodeRedProcess, startNodeRed } from "../support/node-red-process";

const UNDICI = join(dirname(require.resolve("undici")), "lib");
const at = { z: "tab", x: 100, y: 100 };

/** Answers `GET /loaded` with the number of undici's files that the process has loaded. */
const LOADED: FlowNode[] = [
  { id: "tab", type: "tab", label: "test" },
  { id: "in", type: "http in", ...at, url: "/loaded", method: "get", wires: [["count"]] },
  {
    ...{ id: "count", type: "function", ...at, wires: [["out"]], outputs: 1 },
    libs: [{ var: "modules", module: "module" }],
    func: `const { _cache } = modules.default ?? modules;
      msg.payload = String(Object.keys(_cache).filter((file) => file.startsWith(${JSON.stringify(UNDICI)})).length);
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

describe("what the first message needs", function () {
  this.timeout(60_000);
  let nodeRed: NodeRedProcess;
  const loaded = async () => Number(await (await fetch(`${nodeRed.url}loaded`)).text());

  before(async () => {
    nodeRed = await startNodeRed({ flows: LOADED });
  });
  after(() => nodeRed?.stop());

  it("is not loaded without an account in the flow, and is loaded before it comes with one", async () => {
    for (let i = 0; i < 5; i++) should(await loaded()).equal(0);
    await nodeRed.deploy([...LOADED, ACCOUNT]);
    while ((await loaded()) < 50) await new Promise((resolve) => setTimeout(resolve, 20));
  });
});
