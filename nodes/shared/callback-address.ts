import type { NodeAPI } from "node-red";
import { callbackAddress } from "../../src/callbacks/address";
import { probeAddress } from "../../src/callbacks/probe";
import { GladiaError, safeUrl } from "../../src/errors";
import type { Account, AccountNode } from "./account";
import { textSetting } from "./settings";
import { translateError } from "./texts";

/** What the account's dialog sends: the public address as it stands there, saved or not. */
interface AddressRequest {
  id?: string;
  callbackUrl?: string;
}

/** Seconds for our own request to come back. */
const PATIENCE = 10;

/**
 * Serves the account's dialog: the whole address, and whether it leads here. The address holds a secret, so that both
 * need the right to edit.
 */
export function serveAddress(RED: NodeAPI): void {
  const serve = (path: string, answer: (request: AddressRequest) => Promise<object>) => {
    RED.httpAdmin.post(path, RED.auth.needsPermission("gladia-config.write"), (request, response) => {
      answer((request.body ?? {}) as AddressRequest).then(
        (body) => response.json({ ok: true, ...body }),
        (error: unknown) => {
          const told = error instanceof GladiaError ? translateError(RED, error) : (error as Error);
          response.json({ ok: false, message: told.message });
        },
      );
    });
  };
  serve("/gladia-config/callback", async (request) => {
    const { address } = await addressFor(RED, request);
    return { address };
  });
  serve("/gladia-config/callback/check", async (request) => {
    const { account, address, base } = await addressFor(RED, request);
    const { callback, callbackFault } = account;
    if (!callback) {
      throw new GladiaError("GLADIA_CONFIG", callbackFault?.key ?? "callback-deploy", callbackFault?.params);
    }
    await probeAddress(account.transport, address, safeUrl(base), PATIENCE, (mark) => callback.arrived(mark));
    return {};
  });
}

/** @throws GladiaError GLADIA_CONFIG */
async function addressFor(
  RED: NodeAPI,
  { id = "", callbackUrl }: AddressRequest,
): Promise<{ account: Account; address: string; base: string }> {
  const node = RED.nodes.getNode(id) as AccountNode | null;
  if (typeof node?.account !== "function") throw new GladiaError("GLADIA_CONFIG", "callback-deploy");
  if (node.heldBy) throw node.heldBy;
  const account = await node.account();
  const base = textSetting(RED, node, "callbackUrl", callbackUrl);
  return { account, base, address: callbackAddress(base, id, account.callbackSecret) };
}
