import { setTimeout as sleep } from "node:timers/promises";
import type { Node } from "node-red";
import gladiaCallback from "../../nodes/gladia-callback";
import gladiaConfig from "../../nodes/gladia-config";
import gladiaFormat from "../../nodes/gladia-format";
import gladiaGetResult from "../../nodes/gladia-get-result";
import gladiaJobs from "../../nodes/gladia-jobs";
import gladiaLive from "../../nodes/gladia-live";
import gladiaTranscribe from "../../nodes/gladia-transcribe";
import gladiaUpload from "../../nodes/gladia-upload";
import gladiaWyoming from "../../nodes/gladia-wyoming";
import type { GladiaFields } from "../../nodes/messages/message";
import helper from "./helper";

// biome-ignore lint/suspicious/noExplicitAny: messages hold whatever a flow puts on them
export type Msg = Record<string, any> & { payload?: any; gladia?: GladiaFields; error?: any };

/** What a flow did with the messages so far. */
export interface Seen {
  out: Msg[];
  progress: Msg[];
  caught: Msg[];
  completed: Msg[];
  statuses: { text?: string; fill?: string }[];
  warnings: string[];
  errors: string[];
}

/** Nodes of a test have ids of their own: what one test leaves unfinished would be taken up by the next. */
let run = 0;

const NODES = [
  gladiaConfig,
  gladiaUpload,
  gladiaTranscribe,
  gladiaGetResult,
  gladiaCallback,
  gladiaFormat,
  gladiaJobs,
  gladiaLive,
  gladiaWyoming,
];

/** A node of ours between helpers, in a real Node-RED with Catch, Complete and Status nodes. */
export class Flow {
  readonly seen: Seen = { out: [], progress: [], caught: [], completed: [], statuses: [], warnings: [], errors: [] };

  private constructor(
    readonly flow: Record<string, unknown>[],
    private readonly first: string,
    /** The id of the gladia-config. */
    readonly account: string,
  ) {}

  /**
   * Starts Node-RED with a chain of nodes (`{ type, ...properties }`), each wired to the next; the last one's outputs
   * are collected. `account`: properties of the gladia-config; null leaves it out. `others` and `configs`: further
   * node types and configuration nodes.
   */
  static async start(
    chain: Record<string, unknown>[],
    account: ({ apiUrl: string; apiKey?: string } & Record<string, unknown>) | null,
    settings: Record<string, unknown> = {},
    // biome-ignore lint/suspicious/noExplicitAny: core's nodes have no types
    others: any[] = [],
    configs: Record<string, unknown>[] = [],
    credentials: Record<string, object> = {},
  ): Promise<Flow> {
    run++;
    const ids = chain.map((_, i) => `n${run}-${i}`);
    const accountId = `c${run}`;
    const flow: Record<string, unknown>[] = [{ id: "tab", type: "tab", label: "test" }];
    const z = { z: "tab", x: 100, y: 100 };
    chain.forEach((node, i) => {
      const next = i === chain.length - 1 ? [["out"], ["progress"]] : [[ids[i + 1]]];
      const config = String(node["type"]).startsWith("gladia") ? { config: accountId } : {};
      flow.push({ id: ids[i], ...z, wires: next, ...config, ...node });
    });
    for (const id of ["out", "progress", "caught", "completed", "statuses"]) {
      flow.push({ id, ...z, type: "helper", wires: [] });
    }
    flow.push({ id: "a1", ...z, type: "catch", scope: ids, uncaught: false, wires: [["caught"]] });
    flow.push({ id: "a2", ...z, type: "complete", scope: [ids.at(-1)], wires: [["completed"]] });
    flow.push({ id: "a3", ...z, type: "status", scope: ids, wires: [["statuses"]] });
    const { apiKey = "key", webhookSecret, ...properties } = account ?? { apiUrl: "" };
    const secrets = { apiKey, ...(webhookSecret ? { webhookSecret } : {}) };
    if (account) flow.push({ id: accountId, type: "gladia-config", name: "account", ...properties });
    flow.push(...configs);
    helper.settings({ ...settings });
    // biome-ignore lint/suspicious/noExplicitAny: the helper's types know no properties of nodes
    await helper.load([...NODES, ...others] as any, flow as any, { [accountId]: secrets, ...credentials } as any);
    const started = new Flow(flow, ids[0] as string, accountId);
    const collect = (id: string, list: unknown[], read: (msg: Msg) => unknown = (msg) => msg) =>
      helper.getNode(id).on("input", (msg) => list.push(read(msg as Msg)));
    collect("out", started.seen.out);
    collect("progress", started.seen.progress);
    collect("caught", started.seen.caught);
    collect("completed", started.seen.completed);
    collect("statuses", started.seen.statuses, ({ status }) => status);
    for (const id of ids) {
      // biome-ignore lint/suspicious/noExplicitAny: an event of the helper's own
      const node = helper.getNode(id) as any;
      // biome-ignore lint/suspicious/noExplicitAny: an event of the helper's own
      node.on("call:warn", (call: any) => started.seen.warnings.push(String(call.args[0])));
      // biome-ignore lint/suspicious/noExplicitAny: an event of the helper's own
      node.on("call:error", (call: any) => started.seen.errors.push(String(call.args[0])));
    }
    return started;
  }

  /** Hands a message to the first node. */
  receive(msg: Msg): void {
    (helper.getNode(this.first) as Node).receive(msg as never);
  }

  /** Sends messages and waits until the last node ended each of them, or Catch got it. */
  async run(...messages: Msg[]): Promise<Seen> {
    const before = this.ended();
    for (const msg of messages) this.receive(msg);
    await until(() => this.ended() >= before + messages.length, 18_000);
    await sleep(30); // whatever would end a message twice has its chance
    return this.seen;
  }

  private ended(): number {
    return this.seen.completed.length + this.seen.caught.length;
  }

  static async stop(): Promise<void> {
    await helper.unload();
    helper.settings({});
  }
}

/** Waits until something holds. @throws after `milliseconds` */
export async function until(holds: () => boolean, milliseconds = 10_000): Promise<void> {
  const end = Date.now() + milliseconds;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`waited ${milliseconds} ms in vain for: ${holds}`);
    await sleep(5);
  }
}
