import type { Node, NodeAPI, NodeDef } from "node-red";
import type { Listener } from "../../src/callbacks/delivery";
import { GladiaClient } from "../../src/client";
import type { GladiaError } from "../../src/errors";
import { proxySecrets } from "../../src/http/credentials";
import type { ProxyRules } from "../../src/http/proxy-environment";
import { Transport } from "../../src/http/transport";
import { Account } from "../../src/jobs/account";
import { ORPHAN_DAYS } from "../../src/jobs/orphans";
import type { Users } from "../../src/jobs/users";
import type { Options } from "../../src/options/merge";
import { historyOf } from "../admin/job-feed";
import { PRODUCT } from "../shared/product";
import { translate } from "../shared/texts";
import { prepareCallbacks } from "./callbacks";
import { proxyOf, tlsOf } from "./network";
import { choiceSetting, numberSetting, textSetting } from "./settings";
import { openStore } from "./store";

/** Where live sessions take place; empty: where Gladia likes. */
const REGIONS = ["", "us-west", "eu-west"] as const;

/** The settings of an account as the flow has them. */
export interface ConfigDef extends NodeDef {
  apiUrl?: string;
  region?: string;
  options?: Options;
  presets?: Record<string, Options>;
  concurrency?: string | number;
  queueLimit?: string | number;
  timeout?: string | number;
  retries?: string | number;
  deadline?: string | number;
  store?: string;
  budget?: string | number;
  budgetPer?: string;
  longest?: string | number;
  callbackUrl?: string;
  keyFrom?: string;
  keyFromType?: string;
  cache?: boolean | string;
  proxy?: string;
  tls?: string;
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
  users: Users,
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
  const secrets = [reception.secret, textSetting(RED, node, "webhookSecret", webhookSecret), ...proxySecrets(proxy)];
  const { timeout, retries } = settings;
  const newClient = (key: string, more: string[] = []) =>
    new GladiaClient({
      ...{ apiUrl, apiKey: key, timeout, retries, product: PRODUCT, transport },
      secrets: [...secrets, ...more],
    });
  const client = newClient(apiKey);
  const budget = {
    minutes: numberSetting(RED, node, "budget", def.budget, undefined, { min: 0 }),
    per: choiceSetting(RED, node, "budgetPer", def.budgetPer, ["day", "month"] as const),
    longest: numberSetting(RED, node, "longest", def.longest, undefined, { min: 0 }),
  };
  const region = choiceSetting(RED, node, "region", textSetting(RED, node, "region", def.region), REGIONS);
  const store = openStore(RED, node, textSetting(RED, node, "store", def.store), waiting);
  return Account.open({
    settings: {
      ...settings,
      budget,
      cache: def.cache === true || def.cache === "true",
      region: region || undefined,
      options: def.options ?? {},
      presets: def.presets ?? {},
      apiUrl: apiUrl.replace(/\/+$/, ""),
    },
    client,
    newClient: (key) => newClient(key, [apiKey]),
    transport,
    store,
    history: historyOf(RED, node.id),
    users,
    openCallbacks: reception.open,
    nodeExists: (id) => Boolean(RED.nodes.getNode(id)),
    onOrphans: (items) => {
      const nodes = [...new Set(items.map((item) => item.node))].slice(0, 10).join(", ");
      node.warn(translate(RED, "store-orphans", { count: items.length, nodes, days: ORPHAN_DAYS }));
    },
  });
}
