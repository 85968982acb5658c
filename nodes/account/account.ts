import type { Node, NodeAPI } from "node-red";
import type { Listener } from "../../src/callbacks/delivery";
import { GladiaError } from "../../src/errors";
import type { Account } from "../../src/jobs/account";
import type { WorkItem } from "../../src/jobs/work-item";
import type { Options } from "../../src/options/merge";
import { evaluate } from "../messages/property";
import { choiceSetting } from "./settings";

/** A property of a message or context, or an environment variable, that holds a key. */
export interface KeySource {
  value: string;
  type: "env" | "flow" | "global" | "msg";
}

/** The configuration node `gladia-config`. */
export interface AccountNode extends Node {
  /** @throws GladiaError GLADIA_CONFIG that says which setting is wrong */
  account(): Promise<Account>;
  /** Where each message has the key of its customer; undefined: all is done with the account's own. */
  keyFrom: KeySource | undefined;
  /** Says which other process works with the user directory, while this account waits for it. */
  heldBy?: GladiaError | undefined;
  /**
   * Hands a node the work that was under way for it when Node-RED ended, and work of another Node-RED that ended, as it
   * is taken over. The function it gives ends that.
   */
  claim(node: string, resume: (item: WorkItem) => void): () => void;
  /** Who is told of callbacks and webhooks. */
  subscribers: Set<Listener>;
  /** Counts a message that uses the account; the function it gives counts it out. */
  enter(): () => void;
}

const KEY_SOURCES = ["key", "env", "flow", "global", "msg"] as const;

/** What a setting says of where keys are. @throws GladiaError GLADIA_CONFIG */
export function readKeySource(
  RED: NodeAPI,
  node: Node,
  def: { keyFrom?: string; keyFromType?: string },
): KeySource | undefined {
  const type = choiceSetting(RED, node, "keyFrom", def.keyFromType, KEY_SOURCES);
  return type === "key" ? undefined : { type, value: def.keyFrom ?? "" };
}

/** The account that works on a message: with the account's own key, or with the customer's. @throws GladiaError GLADIA_CONFIG */
export async function accountFor(RED: NodeAPI, config: AccountNode, node: Node, msg: object): Promise<Account> {
  const account = await config.account();
  const key = await keyOf(RED, config, node, msg);
  return key === undefined ? account : account.withKey(key);
}

/** The customer's key that a message brings; undefined where the account's own does all. @throws GladiaError GLADIA_CONFIG */
export async function keyOf(
  RED: NodeAPI,
  { keyFrom }: AccountNode,
  node: Node,
  msg: object,
): Promise<string | undefined> {
  if (!keyFrom) return undefined;
  const key = await evaluate(RED, node, keyFrom.value, keyFrom.type, msg);
  // Never the account's own instead: it would pay for what is another's.
  if (typeof key !== "string" || key.trim() === "") {
    throw new GladiaError("GLADIA_CONFIG", "config-message-key", { property: `${keyFrom.type}.${keyFrom.value}` });
  }
  return key.trim();
}

/** The account that a node has chosen. @throws GladiaError GLADIA_CONFIG */
export function accountNode(RED: NodeAPI, id: string | undefined): AccountNode {
  const node = id ? (RED.nodes.getNode(id) as AccountNode | null) : null;
  if (typeof node?.account !== "function") {
    throw new GladiaError("GLADIA_CONFIG", "config-missing");
  }
  return node;
}

/** The option set that a node has chosen; none without a name. @throws GladiaError GLADIA_CONFIG */
export function presetOf({ settings }: Account, name: string | undefined): Options | undefined {
  if (!name) return undefined;
  const { presets } = settings;
  if (!Object.hasOwn(presets, name)) throw new GladiaError("GLADIA_CONFIG", "config-preset", { name });
  return presets[name];
}
