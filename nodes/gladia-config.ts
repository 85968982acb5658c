import type { Node, NodeAPI, NodeConstructor, NodeDef } from "node-red";
import { GladiaClient } from "../src/client";
import { Transport } from "../src/http/transport";
import { Ledger } from "../src/jobs/ledger";
import { takeUp } from "../src/jobs/submit";
import { Tracker } from "../src/jobs/tracker";
import type { Options } from "../src/options/merge";
import type { Account, AccountNode } from "./shared/account";
import { serveTest } from "./shared/account-test";
import { proxyOf, tlsOf } from "./shared/network";
import { PRODUCT } from "./shared/product";
import { numberSetting, textSetting } from "./shared/settings";
import { openStore } from "./shared/store";

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
    let opened: Promise<Account> | undefined;
    const users = new Users();
    this.account = () => {
      opened ??= openAccount(RED, this, def, this.credentials?.apiKey);
      return opened;
    };
    this.enter = () => users.enter();
    this.kept = async (node) => {
      // An account that cannot be used says so to the messages that come.
      const account = await this.account().catch(() => undefined);
      return account?.ledger.entries().filter((entry) => entry.node === node && entry.message) ?? [];
    };
    this.on("close", (_removed: boolean, done: (error?: Error) => void) => {
      closeAccount(opened, users).then(() => done(), done);
    });
  }
  const type = GladiaConfig as unknown as NodeConstructor<Node, ConfigDef, object>;
  RED.nodes.registerType("gladia-config", type, {
    credentials: { apiKey: { type: "password" }, webhookSecret: { type: "password" } },
  });
  serveTest(RED);
}

/** Nodes whose messages are on their way; the account closes after them. */
class Users {
  #count = 0;
  #idle: () => void = () => {};

  enter(): () => void {
    this.#count++;
    return () => {
      if (--this.#count === 0) this.#idle();
    };
  }

  /** Resolves when nobody uses the account, or after `patience` milliseconds. */
  async idle(patience: number): Promise<void> {
    if (this.#count === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, patience);
      this.#idle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** Its nodes close at the same time: what they have to write down, they write first. */
async function closeAccount(opened: Promise<Account> | undefined, users: Users): Promise<void> {
  const account = await opened?.catch(() => undefined);
  if (!account) return;
  await users.idle(5000);
  account.tracker.close();
  await account.transport.close();
  await account.ledger.close();
}

/** @throws GladiaError GLADIA_CONFIG */
async function openAccount(RED: NodeAPI, node: Node, def: ConfigDef, apiKey: string | undefined): Promise<Account> {
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
  const tracker = new Tracker({ client, ...settings });
  const ledger = new Ledger(openStore(RED, node));
  await ledger.load();
  const account = {
    client,
    transport,
    tracker,
    ledger,
    options: def.options ?? {},
    apiUrl: apiUrl.replace(/\/+$/, ""),
    timeout: settings.timeout,
    retries: settings.retries,
    deadline: settings.deadline,
  };
  for (const entry of ledger.entries()) takeUp(account, entry);
  return account;
}
