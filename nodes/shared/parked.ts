import type { Node, NodeAPI } from "node-red";
import type { Entry } from "../../src/jobs/entry";
import type { AccountNode } from "./account";
import type { Message } from "./message";

/** How a message comes back to its node after a redeploy or a restart. */
export interface Resumption {
  /** What was done for it already. */
  entry?: Entry;
  /** It cannot go on: its audio came once and is gone. */
  lost?: true;
}

interface Parked extends Resumption {
  msg: Message;
}

/** Messages of nodes that a redeploy took away, by node, until their successors take them over. */
const parked = new Map<string, Parked[]>();
const resumptions = new WeakMap<object, Resumption>();

/** Leaves a message to the next node with the same id. */
export function park(node: Node, msg: Message, resumption: Resumption): void {
  parked.set(node.id, [...(parked.get(node.id) ?? []), { msg, ...resumption }]);
}

/** What is known of a message that comes back; undefined for a new one. */
export function resumptionOf(msg: Message): Resumption | undefined {
  return resumptions.get(msg);
}

/** A message is taken up by one node: the next one that gets it begins its own work. */
export function endResumption(msg: Message): void {
  resumptions.delete(msg);
}

/**
 * Once the flows run, gives a node the messages it has to take up again: those that its predecessor had when it was
 * redeployed, and those that the account kept when Node-RED ended.
 */
export function takeUpAgain(RED: NodeAPI, node: Node, account: string | undefined): void {
  let leave: (() => void) | undefined;
  const start = () => {
    if (RED.nodes.getNode(node.id) !== node) return;
    const waiting = parked.get(node.id) ?? [];
    parked.delete(node.id);
    const here = new Set(waiting.flatMap(({ entry }) => (entry ? [entry.key] : [])));
    for (const { msg, ...resumption } of waiting) receive(node, msg, resumption);
    const config = account ? (RED.nodes.getNode(account) as AccountNode | null) : null;
    leave = config?.takeUp?.(node.id, (entry) => {
      if (!here.delete(entry.key)) receive(node, { ...entry.message } as unknown as Message, { entry });
    });
  };
  RED.events.once("flows:started", start);
  node.on("close", () => {
    leave?.();
    RED.events.removeListener("flows:started", start);
  });
}

function receive(node: Node, msg: Message, resumption: Resumption): void {
  resumptions.set(msg, resumption);
  node.receive(msg as Parameters<Node["receive"]>[0]);
}
