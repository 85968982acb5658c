import type { Request } from "express";
import type { NodeAPI } from "node-red";
import { callbackSecret } from "../../src/callbacks/address";
import { GladiaClient } from "../../src/client";
import { GladiaError } from "../../src/errors";
import { proxySecrets } from "../../src/http/credentials";
import type { ProxyRules } from "../../src/http/proxy-environment";
import { Transport } from "../../src/http/transport";
import { proxyOf, tlsOf } from "../account/network";
import { numberSetting, textSetting } from "../account/settings";
import { PRODUCT } from "../shared/product";
import { type Field, type RequestedAccount, requestedAccount } from "./requested-account";
import { serveJson } from "./route";

const FIELDS: readonly Field[] = ["apiUrl", "apiKey", "proxy", "tls", "timeout"];
/** What the saved key may not go to unless it is deployed. */
const PLACES: readonly Field[] = ["apiUrl", "proxy", "tls"];
/** Seconds until the dialog has its answer. */
const PATIENCE = 20;

/** The answer for the dialog's *Test connection* button. */
export function serveConnectionCheck(RED: NodeAPI): void {
  const route = {
    method: "post",
    path: "/gladia-config/test",
    right: "gladia-config.write",
    failure: "ok",
  } as const;
  serveJson(RED, route, async (request) => {
    await checkConnection(RED, request);
    return {};
  });
}

/** Asks the service for one job with the settings of a dialog. @throws GladiaError */
async function checkConnection(RED: NodeAPI, request: Request): Promise<void> {
  const asked = await requestedAccount(RED, request, request.body, FIELDS);
  const { node, changed } = asked;
  const settings = Object.keys(changed);
  if (node?.heldBy) throw node.heldBy;
  if (node && settings.length === 0) {
    const { client } = await node.account();
    await withinPatience((signal) => client.ping(signal));
    return;
  }
  if (!node && settings.length === 0) throw new GladiaError("GLADIA_CONFIG", "config-gone");
  if (changed.apiKey === undefined && (!node || PLACES.some((place) => changed[place] !== undefined))) {
    throw new GladiaError("GLADIA_CONFIG", "admin-key-again");
  }
  await checkTyped(RED, asked);
}

/** With settings that are not deployed: a client of its own, for this one request. */
async function checkTyped(RED: NodeAPI, { id, node, deployed, changed }: RequestedAccount): Promise<void> {
  const at = node ?? ({} as NonNullable<typeof node>);
  const value = (field: Field) => changed[field] ?? deployed[field];
  const proxy = proxyOf(RED, at, value("proxy"));
  const { proxyOptions: proxyRules } = RED.settings as { proxyOptions?: ProxyRules };
  const apiUrl = textSetting(RED, at, "apiUrl", value("apiUrl") || "https://api.gladia.io");
  const transport = new Transport({ apiUrl, proxy, tls: tlsOf(RED, value("tls")), proxyRules });
  try {
    const apiKey = textSetting(RED, at, "apiKey", value("apiKey"));
    const { webhookSecret } = (RED.nodes.getCredentials(id) ?? {}) as { webhookSecret?: string };
    const client = new GladiaClient({
      apiUrl,
      apiKey,
      timeout: Math.min(PATIENCE, numberSetting(RED, at, "timeout", value("timeout"), PATIENCE, { min: 0.001 })),
      retries: 0,
      product: PRODUCT,
      secrets: [webhookSecret, callbackSecret(apiKey, id), ...proxySecrets(proxy)],
      transport,
    });
    await withinPatience((signal) => client.ping(signal));
  } finally {
    await transport.close();
  }
}

/** @throws GladiaError GLADIA_TIMEOUT when the answer takes longer than people wait */
async function withinPatience(check: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const leave = new AbortController();
  const error = new GladiaError("GLADIA_TIMEOUT", "admin-patience", { seconds: PATIENCE }, { retryable: true });
  const timer = setTimeout(() => leave.abort(error), PATIENCE * 1000);
  try {
    await check(leave.signal);
  } finally {
    clearTimeout(timer);
  }
}
