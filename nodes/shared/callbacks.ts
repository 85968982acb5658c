import type { Node, NodeAPI } from "node-red";
import { addressFault, callbackAddress, callbackSecret } from "../../src/callbacks/address";
import { CallbackDesk, type Listener } from "../../src/callbacks/desk";
import { WebhookGuard } from "../../src/callbacks/webhook";
import type { TextKey, TextParams } from "../../src/errors";
import { openDoor } from "./front-door";
import { textSetting } from "./settings";
import { translate } from "./texts";

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
  open(work: Pick<ConstructorParameters<typeof CallbackDesk>[0], "client" | "tracker">): Open;
}

export interface Open {
  callback: CallbackDesk | undefined;
  fault: { key: TextKey; params: TextParams } | undefined;
  close(): void;
}

const CLOSED = { callback: undefined, close: () => {} };

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
    open: (work) => {
      if (!base) return { ...CLOSED, fault: { key: "callback-no-address", params: {} } };
      const closed = (key: TextKey, params: TextParams): Open => {
        warn(key, params);
        return { ...CLOSED, fault: { key, params } };
      };
      if ((RED.settings as { httpNodeRoot?: string | false }).httpNodeRoot === false) {
        return closed("callback-no-http", {});
      }
      const guard = webhookSecret ? new WebhookGuard(webhookSecret) : undefined;
      const { id } = node;
      const desk = new CallbackDesk({
        ...work,
        id,
        secret,
        url,
        patience: timeout * 1000,
        guard,
        listeners,
        onWarning: warn,
      });
      const leave = openDoor(RED, desk);
      if (!leave) return closed("callback-taken", { id });
      const fault = addressFault(base, apiUrl);
      if (fault) warn(fault.key, fault.params);
      void guard?.fault().then((refusal) => refusal && warn(refusal.key, refusal.params));
      const close = () => {
        leave();
        desk.close();
      };
      return { callback: desk, fault: undefined, close };
    },
  };
}
