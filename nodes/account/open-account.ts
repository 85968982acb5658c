import type { Node, NodeAPI, NodeDef } from "node-red";
import type { Listener } from "../../src/callbacks/delivery";
import type { CallbackHandler } from "../../src/callbacks/handler";
import { GladiaClient } from "../../src/client";
import type { GladiaError } from "../../src/errors";
import { proxySecrets } from "../../src/http/credentials";
import type { ProxyRules } from "../../src/http/proxy-environment";
import { Transport } from "../../src/http/transport";
import { Budget } from "../../src/jobs/budget";
import type { Entry } from "../../src/jobs/entry";
import { Ledger } from "../../src/jobs/ledger";
import { takeUp } from "../../src/jobs/submit";
import { Tracker } from "../../src/jobs/tracker";
import { isOpenTrial, settleTrial } from "../../src/jobs/trial";
import type { Options } from "../../src/options/merge";
import type { Job } from "../../src/types";
import { watchOf } from "../admin/job-watch";
import { PRODUCT } from "../shared/product";
import { translate } from "../shared/texts";
import type { Account } from "./account";
import { prepareCallbacks } from "./callbacks";
import { proxyOf, tlsOf } from "./network";
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

/** Milliseconds for the nodes' last writes; Node-RED waits for 15 seconds. */
const PATIENCE = 10_000;

/**
 * Its nodes close at the same time: what they have to write down, they write first.
 * @param removed the account will not come back, and so its work will not be taken up again
 */
export async function closeAccount(
  opened: Promise<Account> | undefined,
  users: Users,
  removed: boolean,
): Promise<void> {
  const account = await opened?.catch(() => undefined);
  if (!account) return;
  account.closeCallbacks(removed);
  await new Promise(setImmediate); // messages that were sent to its nodes by now have come
  await users.idle(PATIENCE);
  if (removed) await Promise.all(account.ledger.entries().map((entry) => account.ledger.finish(entry)));
  account.tracker.close();
  await account.transport.close();
  await account.ledger.close();
}

/**
 * Waits while another Node-RED works with the same user directory.
 * @param waiting ends that wait; told which process it is
 * @throws GladiaError GLADIA_CONFIG; the signal's reason
 */
export async function openAccount(
  RED: NodeAPI,
  node: Node & { credentials?: { apiKey?: string; webhookSecret?: string } },
  def: ConfigDef,
  listeners: ReadonlySet<Listener>,
  adopt: (entry: Entry) => void,
  waiting: { signal: AbortSignal; onHeld: (error: GladiaError) => void },
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
  const proxy = proxyOf(RED, node, def.proxy);
  const proxyRules = (RED.settings as { proxyOptions?: ProxyRules }).proxyOptions;
  const transport = new Transport({ apiUrl, proxy, tls: tlsOf(RED, def.tls), proxyRules });
  const client = new GladiaClient({
    apiUrl,
    apiKey,
    timeout: settings.timeout,
    retries: settings.retries,
    product: PRODUCT,
    secrets: [reception.secret, textSetting(RED, node, "webhookSecret", webhookSecret), ...proxySecrets(proxy)],
    transport,
  });
  const minutes = numberSetting(RED, node, "budget", def.budget, undefined, { min: 0 });
  const ledger = new Ledger(openStore(RED, node, textSetting(RED, node, "store", def.store), waiting));
  const budget = new Budget(minutes, await ledger.load(), (usage) => ledger.putUsage(usage));
  const watch = watchOf(RED, node.id);
  let handler: CallbackHandler | undefined;
  const onFinal = (job: Job) => {
    handler?.settled(job);
    void budget.count(job);
    watch.history.final(job);
  };
  const tracker = new Tracker({ client, ...settings, onFinal });
  const { callback, fault, close } = reception.open({ client, tracker, ledger });
  handler = callback;
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
  dropOrphans(RED, node, ledger);
  const goOn = (entry: Entry) => {
    if (isOpenTrial(entry)) void settleTrial(account, entry);
    else takeUp(account, entry);
  };
  for (const entry of ledger.entries()) goOn(entry);
  ledger.onAdopted((entry) => {
    goOn(entry);
    adopt(entry);
  });
  void callback?.takeUp();
  return account;
}

/** Days after which work is given up whose node is gone. */
const ORPHAN_DAYS = 14;

/** Work is never given up by the clock alone, which may have been wrong: only when no node is there to do it, either. */
function dropOrphans(RED: NodeAPI, node: Node, ledger: Ledger): void {
  const oldest = Date.now() - ORPHAN_DAYS * 24 * 3_600_000;
  const orphans = ledger
    .entries()
    .filter((item) => item.message && item.began < oldest && !RED.nodes.getNode(item.node));
  if (orphans.length === 0) return;
  const nodes = [...new Set(orphans.map((item) => item.node))].slice(0, 10).join(", ");
  node.warn(translate(RED, "store-orphans", { count: orphans.length, nodes, days: ORPHAN_DAYS }));
  for (const item of orphans) void ledger.finish(item);
}
