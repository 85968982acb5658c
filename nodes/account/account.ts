import type { Node, NodeAPI } from "node-red";
import type { Listener } from "../../src/callbacks/delivery";
import { GladiaError } from "../../src/errors";
import type { Account } from "../../src/jobs/account";
import type { Entry } from "../../src/jobs/entry";
import type { Options } from "../../src/options/merge";

/** The configuration node `gladia-config`. */
export interface AccountNode extends Node {
  /** @throws GladiaError GLADIA_CONFIG that says which setting is wrong */
  account(): Promise<Account>;
  /** Says which other process works with the user directory, while this account waits for it. */
  heldBy?: GladiaError | undefined;
  /**
   * Hands a node the work that was under way for it when Node-RED ended, and work of another Node-RED that ended, as it
   * is taken over. The function it gives ends that.
   */
  takeUp(node: string, resume: (entry: Entry) => void): () => void;
  /** Who is told of callbacks and webhooks. */
  subscribers: Set<Listener>;
  /** Counts a message that uses the account; the function it gives counts it out. */
  enter(): () => void;
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
