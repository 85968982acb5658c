import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import should from "should";
import { MortalNodeRed } from "./mortal-node-red";

const ROOT = process.env["NODE_RED"] ?? join(__dirname, "..", "..");
const SLOW = join(__dirname, "slow-context.cjs");

/** How a message ended: what came out, or the error that came to a Catch node. */
export interface Ended {
  n: number;
  out?: unknown;
  code?: string;
  message?: string;
}

/**
 * Notes what came to the node behind ours at the moment it came, and what came to Catch nodes that run: what happens on
 * the way from there is no longer ours. There is a context store `slow`, whose writes take `delay` milliseconds, and
 * `GET /jump` puts the clock of the process forward by twenty days.
 */
const settings = (delay: number) => `
  functionGlobalContext: { fs: require("node:fs"), folder: __dirname },
  contextStorage: { default: { module: "memory" },
    slow: { module: require(${JSON.stringify(SLOW)}), config: { folder: __dirname + "/slow", delay: ${delay} } } },
  httpAdminMiddleware: (() => {
    const load = require("node:module").createRequire(${JSON.stringify(join(ROOT, "node_modules/"))});
    const { hooks } = require("node:module").createRequire(load.resolve("node-red"))("@node-red/util");
    hooks.add("onReceive.test", ({ msg, destination: { node } }) => {
      if (node.type !== "catch" || !(node._inputCallback ?? node._inputCallbacks)) return;
      const line = JSON.stringify({ n: msg.n, code: msg.error.code, message: msg.error.message });
      require("node:fs").appendFileSync(__dirname + "/ended", line + "\\n");
    });
    return (request, response, next) => {
      if (request.url !== "/jump") return next();
      const [RealDate, shift] = [Date, 20 * 24 * 3_600_000];
      global.Date = class extends RealDate {
        constructor(...given) {
          if (given.length === 0) super(RealDate.now() + shift);
          else super(...given);
        }
        static now() {
          return RealDate.now() + shift;
        }
      };
      response.end();
    };
  })(),`;

const at = { z: "t", x: 100, y: 100 };

/** A function node that notes the message. */
export const NOTE = {
  ...at,
  type: "function",
  func: `global.get("fs").appendFileSync(global.get("folder") + "/ended", JSON.stringify({ n: msg.n, out: msg.payload }) + "\\n");`,
  outputs: 0,
  wires: [],
};

/** Http in -> `chain` -> a function that notes; `version` changes the node of that id. */
export function notingFlow(
  chain: readonly Record<string, unknown>[],
  account: object,
  version: Record<string, number> = {},
): Record<string, unknown>[] {
  const rules = [
    { t: "set", p: "n", pt: "msg", to: "payload.n", tot: "msg" },
    { t: "set", p: "payload", pt: "msg", to: "payload.path", tot: "msg" },
  ];
  const nodes = [
    { ...at, id: "in", type: "http in", url: "/go", method: "post", wires: [["read"]] },
    { ...at, id: "read", type: "change", rules, wires: [["n0", "ok"]] },
    { ...at, id: "ok", type: "http response", statusCode: "202", wires: [] },
    ...chain.map((node, i) => ({
      ...at,
      id: `n${i}`,
      config: "acc",
      paths: "yes",
      wires: i === chain.length - 1 ? [["say"], []] : [[`n${i + 1}`]],
      ...node,
    })),
    { ...NOTE, id: "say" },
    { ...at, id: "catch", type: "catch", scope: null, wires: [[]] },
  ];
  return [
    { id: "t", type: "tab", label: "once" },
    { id: "acc", type: "gladia-config", ...account },
    ...nodes.map((node) => ({ ...node, name: `${version[node.id] ?? ""}` })),
  ];
}

/** A Node-RED with such a flow. */
export async function startNoting(flow: unknown[], delay = 0): Promise<MortalNodeRed> {
  const red = await MortalNodeRed.create(flow, { acc: { apiKey: "key" } }, settings(delay));
  await red.start();
  return red;
}

/** What ended so far. */
export async function endings(red: MortalNodeRed): Promise<Ended[]> {
  const text = await readFile(join(red.folder, "ended"), "utf8").catch(() => "");
  const lines = text.split("\n").filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Ended);
}

/** Waits for so many messages, gives what comes twice its chance, and says how they ended: each once. */
export async function endOnce(red: MortalNodeRed, sent: number, title: string): Promise<Ended[]> {
  const distinct = async () => new Set((await endings(red)).map(({ n }) => n)).size;
  for (let look = 0; look < PATIENCE * 5 && (await distinct()) < sent; look++) await sleep(200);
  await sleep(1000);
  const seen = await endings(red);
  const counts = new Map<number, number>();
  for (const { n } of seen) counts.set(n, (counts.get(n) ?? 0) + 1);
  const lost = sent - counts.size;
  const double = [...counts.values()].filter((count) => count > 1).length;
  console.log(`      ${title}: ${sent} messages, ${lost} lost, ${double} double`);
  should({ lost, double }).eql({ lost: 0, double: 0 });
  return seen;
}

/** Seconds. */
const PATIENCE = Number(process.env["EXACTLY_ONCE_PATIENCE"] ?? 60);
