import type { Node, NodeAPI } from "node-red";
import { addressFault, callbackAddress, callbackSecret } from "../../src/callbacks/address";
import type { Listener } from "../../src/callbacks/delivery";
import { CallbackHandler } from "../../src/callbacks/handler";
import { KnownEvents } from "../../src/callbacks/known-events";
import { WebhookVerifier } from "../../src/callbacks/webhook-verifier";
import type { TextKey, TextParams } from "../../src/errors";
import type { Account } from "../../src/jobs/account";
import type { Callbacks } from "../../src/jobs/account-options";
import { deploysOf } from "../messages/deploys";
import { translate } from "../shared/texts";
import { mountReceiver, releaseEndpoint } from "./receiver";
import { textSetting } from "./settings";

/** What an account's callbacks need of it. */
export interface CallbackSettings {
  callbackUrl: string | undefined;
  webhookSecret: string | undefined;
  apiKey: string;
  apiUrl: string;
  /** Seconds. */
  timeout: number;
}

/** What receives the callbacks of an account, or why nothing does. */
export interface Reception {
  /** The secret part of the address. */
  secret: string;
  /** Begins to receive. */
  open(account: Account): Callbacks;
}

/** What is known of the events of accounts, by their ids: a redeploy makes a new node. */
const memories = new Map<string, KnownEvents>();

/** Nothing more comes for an account: it was removed, or receives nothing any more. */
export function endCallbacks(RED: NodeAPI, account: string): void {
  memories.delete(account);
  releaseEndpoint(RED, account);
}

/**
 * Reads the settings of an account's callbacks, and warns of what will not work.
 * @throws GladiaError GLADIA_CONFIG
 */
export function prepareCallbacks(
  RED: NodeAPI,
  node: Node,
  settings: CallbackSettings,
  listeners: ReadonlySet<Listener>,
): Reception {
  const { apiKey, apiUrl, timeout } = settings;
  const secret = callbackSecret(apiKey, node.id);
  const base = textSetting(RED, node, "callbackUrl", settings.callbackUrl);
  const webhookSecret = textSetting(RED, node, "webhookSecret", settings.webhookSecret);
  const url = base ? callbackAddress(base, node.id, secret) : "";
  const warn = (key: TextKey, params: TextParams) => node.warn(translate(RED, key, params));

  return {
    secret,
    open: (account) => {
      const { id } = node;
      const closed = { secret, handler: undefined, close: () => {} };
      if (!base) {
        endCallbacks(RED, id);
        return { ...closed, fault: { key: "callback-no-address", params: {} } };
      }
      const refuse = (key: TextKey, params: TextParams): Callbacks => {
        warn(key, params);
        return { ...closed, fault: { key, params } };
      };
      if ((RED.settings as { httpNodeRoot?: string | false }).httpNodeRoot === false) {
        endCallbacks(RED, id);
        return refuse("callback-no-http", {});
      }
      const verifier = webhookSecret ? new WebhookVerifier(webhookSecret) : undefined;
      const memory = memories.get(id) ?? new KnownEvents();
      const handler = new CallbackHandler({
        account,
        client: account.client,
        id,
        secret,
        url,
        patience: timeout * 1000,
        memory,
        verifier,
        listeners,
        gate: deploysOf(RED).gate,
        onWarning: warn,
        onError: (error) => node.error(error),
      });
      const leave = mountReceiver(RED, handler);
      if (!leave) return refuse("callback-taken", { id });
      memories.set(id, memory);
      const fault = addressFault(base, apiUrl);
      if (fault) warn(fault.key, fault.params);
      void verifier?.fault().then((refusal) => refusal && warn(refusal.key, refusal.params));
      const close = (removed: boolean) => {
        handler.close();
        leave(!removed);
        if (removed) endCallbacks(RED, id);
      };
      return { secret, handler, fault: undefined, close };
    },
  };
}
