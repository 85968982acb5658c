import type { Node, NodeAPI, NodeMessage } from "node-red";
import { copyOf } from "./copy";
import { type Message, putError } from "./message";

/**
 * Tells Catch nodes of an error of a node that a deploy took away, as if it were still there: its own way to them ends
 * at those that were closed with it. Where its tab is gone, the error goes to the log alone.
 */
export function tellCatch(RED: NodeAPI, gone: Node, error: Error, msg: object): void {
  const neighbour = neighbourOf(RED, gone);
  if (!neighbour) {
    gone.error(error);
    return;
  }
  const { id, type, name, g } = gone as Node & { g?: string };
  const voice = Object.create(neighbour, {
    id: { value: id },
    type: { value: type },
    name: { value: name },
    g: { value: g },
  }) as Node;
  voice.error(error, msg as Parameters<Node["error"]>[1]);
}

/**
 * Node-RED's `done`, with an error's facts on the message. It fails where Node-RED cannot copy the message for Catch or
 * Complete nodes: then Catch nodes get what can be copied of it.
 */
export function safely(RED: NodeAPI, node: Node, msg: Message, done: (error?: Error) => void): (error?: Error) => void {
  return (error) => {
    try {
      if (error) putError(msg, error);
      done(error);
    } catch (reason) {
      if (error && tellPart(RED, node, error, msg)) return;
      if (error) tellLog(RED, node, error);
      tellLog(RED, node, reason);
    }
  };
}

/** Tells Catch nodes of an error with what can be copied of its message. Gives false when that is not what is wrong. */
function tellPart(RED: NodeAPI, node: Node, error: Error, msg: Message): boolean {
  try {
    const { copy, isWhole } = copyOf(RED, node, msg);
    if (isWhole) return false;
    putError(copy, error);
    node.error(error, copy as unknown as NodeMessage);
    return true;
  } catch {
    return false; // the log is told
  }
}

/** The last resort for what cannot be told to Catch nodes. */
export function tellLog(RED: NodeAPI, node: Node, error: unknown): void {
  try {
    node.error(error instanceof Error ? error : String(error));
  } catch (reason) {
    RED.log.error(`${node.type}:${node.id}: ${String(error)}; ${String(reason)}`);
  }
}

/** A node that runs where the other one was: in its subflow or tab, else in those around it. */
function neighbourOf(RED: NodeAPI, { z, _path }: Node & { _path?: string }): Node | undefined {
  const around = [z, ...(_path?.split("/").slice(0, -1).reverse() ?? [])];
  for (const place of around) {
    const instance = place ? RED.nodes.getNode(place) : null;
    if (instance) return instance;
    let found: Node | undefined;
    RED.nodes.eachNode(({ id, type, z: tab }) => {
      if (tab === place && !type.startsWith("subflow:")) found ??= RED.nodes.getNode(id) ?? undefined;
    });
    if (found) return found;
  }
  return undefined;
}
