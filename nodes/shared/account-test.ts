import type { NodeAPI } from "node-red";
import { GladiaClient } from "../../src/client";
import { GladiaError } from "../../src/errors";
import { Transport } from "../../src/http/transport";
import { proxyOf, tlsOf } from "./network";
import { PRODUCT } from "./product";
import { numberSetting, textSetting } from "./settings";
import { translateError } from "./texts";

/** What the account's dialog sends: its fields as they stand, saved or not. */
interface TestRequest {
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
    test(RED, (request.body ?? {}) as TestRequest).then(
      () => response.json({ ok: true }),
      (error: unknown) => {
        const told = error instanceof GladiaError ? translateError(RED, error) : (error as Error);
        response.json({ ok: false, code: error instanceof GladiaError ? error.code : "error", message: told.message });
      },
    );
  });
}

async function test(RED: NodeAPI, { id, apiUrl, apiKey, proxy, tls, timeout }: TestRequest): Promise<void> {
  const node = RED.nodes.getNode(id ?? "") ?? ({} as Parameters<typeof textSetting>[1]);
  const saved = (RED.nodes.getCredentials(id ?? "") ?? {}) as { apiKey?: string };
  const transport = new Transport({ proxy: proxyOf(RED, node, proxy), tls: tlsOf(RED, tls) });
  try {
    const client = new GladiaClient({
      apiUrl: textSetting(RED, node, "apiUrl", apiUrl || "https://api.gladia.io"),
      apiKey: textSetting(RED, node, "apiKey", apiKey === SAVED ? saved.apiKey : apiKey),
      timeout: Math.min(20, numberSetting(RED, node, "timeout", timeout, 20, { min: 0.001 })),
      retries: 0,
      product: PRODUCT,
      transport,
    });
    await client.check();
  } finally {
    await transport.close();
  }
}
