import type { NodeAPI } from "node-red";
import { callbackSecret } from "../../src/callbacks/address";
import { GladiaClient } from "../../src/client";
import { GladiaError } from "../../src/errors";
import { proxySecrets } from "../../src/http/credentials";
import { Transport } from "../../src/http/transport";
import { proxyOf, tlsOf } from "./network";
import { PRODUCT } from "./product";
import { numberSetting, textSetting } from "./settings";
import { translateError } from "./texts";

/** An account's fields as they stand in the editor, saved or not. */
export interface AccountValues {
  id?: string;
  apiUrl?: string;
  apiKey?: string;
  proxy?: string;
  tls?: string;
  timeout?: string | number;
}

/** The editor's stand-in for a saved password. */
const SAVED = "__PWRD__";

/** The answer for the dialog's *Test connection* button. It needs the right to edit, as deploying the key would. */
export function serveTest(RED: NodeAPI): void {
  RED.httpAdmin.post("/gladia-config/test", RED.auth.needsPermission("gladia-config.write"), (request, response) => {
    test(RED, (request.body ?? {}) as AccountValues).then(
      () => response.json({ ok: true }),
      (error: unknown) => {
        const told = error instanceof GladiaError ? translateError(RED, error) : (error as Error);
        response.json({ ok: false, code: error instanceof GladiaError ? error.code : "error", message: told.message });
      },
    );
  });
}

async function test(RED: NodeAPI, values: AccountValues): Promise<void> {
  await withClient(RED, values, { retries: 0, timeout: 20 }, (client) => client.check());
}

/** Opens an account for one purpose, and closes it. @throws GladiaError */
export async function withClient<T>(
  RED: NodeAPI,
  { id, apiUrl, apiKey, proxy, tls, timeout }: AccountValues,
  most: { retries: number; timeout: number },
  use: (client: GladiaClient) => Promise<T>,
): Promise<T> {
  const node = RED.nodes.getNode(id ?? "") ?? ({} as Parameters<typeof textSetting>[1]);
  const saved = (RED.nodes.getCredentials(id ?? "") ?? {}) as { apiKey?: string; webhookSecret?: string };
  const proxied = proxyOf(RED, node, proxy);
  const transport = new Transport({ proxy: proxied, tls: tlsOf(RED, tls) });
  try {
    const key = textSetting(RED, node, "apiKey", apiKey === SAVED ? saved.apiKey : apiKey);
    const client = new GladiaClient({
      apiUrl: textSetting(RED, node, "apiUrl", apiUrl || "https://api.gladia.io"),
      apiKey: key,
      timeout: Math.min(most.timeout, numberSetting(RED, node, "timeout", timeout, most.timeout, { min: 0.001 })),
      retries: most.retries,
      product: PRODUCT,
      secrets: [saved.webhookSecret, callbackSecret(key, id ?? ""), ...proxySecrets(proxied)],
      transport,
    });
    return await use(client);
  } finally {
    await transport.close();
  }
}
