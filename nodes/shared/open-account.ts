import type { Node, NodeAPI, NodeDef } from "node-red";
import type { Listener } from "../../src/callbacks/desk";
import { GladiaClient } from "../../src/client";
import { Transport } from "../../src/http/transport";
import { Budget } from "../../src/jobs/budget";
import type { Entry } from "../../src/jobs/entry";
import { Ledger } from "../../src/jobs/ledger";
import { takeUp } from "../../src/jobs/submit";
import { Tracker } from "../../src/jobs/tracker";
import { isOpenTrial, settleTrial } from "../../src/jobs/trial";
import type { Options } from "../../src/options/merge";
import type { Job } from "../../src/types";
import type { Account } from "./account";
import { prepareCallbacks } from "./callbacks";
import { watchOf } from "./job-watch";
import { proxyOf, tlsOf } from "./network";
import { PRODUCT } from "./product";
import { numberSetting, textSetting } from "./settings";
import { openStore } from "./store";

/** The settings of an account as the flow has them. */
export interface ConfigDef extends NodeDef {
  apiUrl?: string;
  options?: Options;
  presets?: Record<string, Options>;
  concurrency?: string | number;
  queueLimit?: string | number;
  timeout?: string | number;
  retries?: string | number;
  deadline?: string | number;
  store?: string;
  budget?: string | number;
  callbackUrl?: string;
  proxy?: string;
  tls?: string;
}

/** Nodes whose messages are on their way; the account closes after them. */
export class Users {
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
export async function closeAccount(opened: Promise<Account> | undefined, users: Users): Promise<void> {
  const account = await opened?.catch(() => undefined);
  if (!account) return;
  account.closeCallbacks();
  await users.idle(5000);
  account.tracker.close();
  await account.transport.close();
  await account.ledger.close();
}

/** @throws GladiaError GLADIA_CONFIG */
export async function openAccount(
  RED: NodeAPI,
  node: Node & { credentials?: { apiKey?: string; webhookSecret?: string } },
  def: ConfigDef,
  listeners: ReadonlySet<Listener>,
  adopt: (entry: Entry) => void,
): Promise<Account> {
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
  const apiKey = textSetting(RED, node, "apiKey", node.credentials?.apiKey);
  const { callbackUrl } = def;
  const { webhookSecret } = node.credentials ?? {};
  const about = { callbackUrl, webhookSecret, apiKey, apiUrl, timeout: settings.timeout };
  const reception = prepareCallbacks(RED, node, about, listeners);
  const transport = new Transport({ proxy: proxyOf(RED, node, def.proxy), tls: tlsOf(RED, def.tls) });
  const client = new GladiaClient({
    apiUrl,
    apiKey,
    timeout: settings.timeout,
    retries: settings.retries,
    product: PRODUCT,
    hide: reception.secret,
    transport,
  });
  const minutes = numberSetting(RED, node, "budget", def.budget, undefined, { min: 0 });
  const ledger = new Ledger(openStore(RED, node, textSetting(RED, node, "store", def.store)));
  const budget = new Budget(minutes, await ledger.load(), (usage) => ledger.putUsage(usage));
  const watch = watchOf(RED, node.id);
  const onFinal = (job: Job) => {
    void budget.count(job);
    watch.history.final(job);
  };
  const tracker = new Tracker({ client, ...settings, onFinal });
  const { callback, fault, close } = reception.open({ client, tracker });
  const account = {
    client,
    transport,
    tracker,
    ledger,
    budget,
    options: def.options ?? {},
    presets: def.presets ?? {},
    apiUrl: apiUrl.replace(/\/+$/, ""),
    timeout: settings.timeout,
    retries: settings.retries,
    deadline: settings.deadline,
    callback,
    callbackFault: fault,
    callbackSecret: reception.secret,
    closeCallbacks: close,
  };
  const goOn = (entry: Entry) => {
    if (isOpenTrial(entry)) void settleTrial(account, entry);
    else takeUp(account, entry);
  };
  for (const entry of ledger.entries()) goOn(entry);
  ledger.onAdopted((entry) => {
    goOn(entry);
    adopt(entry);
  });
  return account;
}
