import type { Request } from "express";
import type { NodeAPI } from "node-red";
import { callbackAddress } from "../../src/callbacks/address";
import { probeAddress } from "../../src/callbacks/probe";
import { GladiaError, safeUrl } from "../../src/errors";
import type { Account } from "../../src/jobs/account";
import { textSetting } from "../account/settings";
import { requestedAccount } from "./requested-account";
import { serveJson } from "./route";

/** Seconds for our own request to come back. */
const PATIENCE = 10;

interface Address {
  account: Account;
  base: string;
  address: string;
  isDeployed: boolean;
}

/**
 * Serves the account's dialog: the whole address, and whether it leads here. The address holds a secret, so that both
 * need the right to edit.
 */
export function serveAddress(RED: NodeAPI): void {
  const route = { method: "post", right: "gladia-config.write", failure: "ok" } as const;
  serveJson(RED, { ...route, path: "/gladia-config/callback" }, async (request) => {
    const { address } = await addressFor(RED, request);
    return { address };
  });
  serveJson(RED, { ...route, path: "/gladia-config/callback/check" }, async (request) => {
    const { account, address, base, isDeployed } = await addressFor(RED, request);
    if (!isDeployed) throw new GladiaError("GLADIA_CONFIG", "callback-check-deploy");
    const { handler, fault } = account.callbacks;
    if (!handler) throw new GladiaError("GLADIA_CONFIG", fault?.key ?? "callback-deploy", fault?.params);
    await probeAddress(account.transport, address, safeUrl(base), PATIENCE, (mark) => handler.arrived(mark));
    return {};
  });
}

/** The address with the public part as it stands in the dialog. @throws GladiaError GLADIA_CONFIG */
async function addressFor(RED: NodeAPI, request: Request): Promise<Address> {
  const { id, node, deployed, changed } = await requestedAccount(RED, request, request.body, ["callbackUrl"]);
  if (!node) throw new GladiaError("GLADIA_CONFIG", "callback-deploy");
  if (node.heldBy) throw node.heldBy;
  const account = await node.account();
  const base = textSetting(RED, node, "callbackUrl", changed.callbackUrl ?? deployed.callbackUrl);
  const isDeployed = changed.callbackUrl === undefined;
  return { account, base, isDeployed, address: callbackAddress(base, id, account.callbacks.secret) };
}
