import type { Node, NodeAPI, NodeConstructor, NodeDef } from "node-red";
import { GladiaClient } from "../src/client";
import { Transport } from "../src/http/transport";
import { Tracker } from "../src/jobs/tracker";
import type { Options } from "../src/options/merge";
import type { Account, AccountNode } from "./shared/account";
import { serveTest } from "./shared/account-test";
import { proxyOf, tlsOf } from "./shared/network";
import { PRODUCT } from "./shared/product";
import { numberSetting, textSetting } from "./shared/settings";

export interface ConfigDef extends NodeDef {
  apiUrl?: string;
  options?: Options;
  concurrency?: string | number;
  queueLimit?: string | number;
  timeout?: string | number;
  retries?: string | number;
  deadline?: string | number;
  proxy?: string;
  tls?: string;
}

/** The account: one client, one set of connections and one tracker, shared by all nodes that use it. */
export default function (RED: NodeAPI): void {
  function GladiaConfig(this: AccountNode & { credentials: { apiKey?: string } }, def: ConfigDef) {
    RED.nodes.createNode(this, def);
    let opened: Account | undefined;
    this.account = () => {
      opened ??= openAccount(RED, this, def, this.credentials?.apiKey);
      return opened;
    };
    this.on("close", (_removed: boolean, done: () => void) => {
      const account = opened;
      opened = undefined;
      account?.tracker.close();
      Promise.resolve(account?.transport.close()).then(() => done(), done);
    });
  }
  const type = GladiaConfig as unknown as NodeConstructor<Node, ConfigDef, object>;
  RED.nodes.registerType("gladia-config", type, {
    credentials: { apiKey: { type: "password" }, webhookSecret: { type: "password" } },
  });
  serveTest(RED);
}

/** @throws GladiaError GLADIA_CONFIG */
function openAccount(RED: NodeAPI, node: Node, def: ConfigDef, apiKey: string | undefined): Account {
  const number = (
    field: "concurrency" | "queueLimit" | "timeout" | "retries" | "deadline",
    fallback: number,
    min: number,
  ) =>
    numberSetting(RED, node, field, def[field], fallback, { min, whole: field !== "timeout" && field !== "deadline" });
  const settings = {
    timeout: number("timeout", 60, 0.001),
    retries: number("retries", 5, 0),
    deadline: number("deadline", 7200, 0.001),
    concurrency: number("concurrency", 3, 1),
    queueLimit: number("queueLimit", 1000, 0),
  };
  const apiUrl = textSetting(RED, node, "apiUrl", def.apiUrl || "https://api.gladia.io");
  const transport = new Transport({ proxy: proxyOf(RED, node, def.proxy), tls: tlsOf(RED, def.tls) });
  const client = new GladiaClient({
    apiUrl,
    apiKey: textSetting(RED, node, "apiKey", apiKey),
    timeout: settings.timeout,
    retries: settings.retries,
    product: PRODUCT,
    transport,
  });
  return {
    client,
    transport,
    tracker: new Tracker({ client, ...settings }),
    options: def.options ?? {},
    apiUrl: apiUrl.replace(/\/+$/, ""),
    timeout: settings.timeout,
    retries: settings.retries,
    deadline: settings.deadline,
  };
}
