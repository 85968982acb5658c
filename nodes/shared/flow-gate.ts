import type { Node, NodeAPI, NodeMessage } from "node-red";
import { Gate } from "../../src/callbacks/gate";

/**
 * Milliseconds after a stop in which a start is expected. Node-RED does not say when it gives one up, as for a node type
 * that is missing; what was not part of that deploy goes on then.
 */
const STALLED = 5000;

const gates = new WeakMap<object, Gate>();

/** Open while the flows of a Node-RED run: from `flows:stopping` to `flows:started` a message may meet a closed node. */
export function gateOf(RED: NodeAPI): Gate {
  const known = gates.get(RED.events);
  if (known) return known;
  const gate = new Gate();
  gates.set(RED.events, gate);
  let isStopped = true;
  /** The next deploy may stop the flows before the last one has started all of them. */
  let starting = 0;
  let timer: NodeJS.Timeout | undefined;
  RED.events.on("flows:stopping", () => {
    clearTimeout(timer);
    isStopped = true;
    gate.set(false);
  });
  RED.events.on("flows:stopped", () => {
    clearTimeout(timer);
    timer = setTimeout(() => gate.set(true), STALLED);
    timer.unref();
  });
  RED.events.on("flows:starting", () => {
    clearTimeout(timer);
    starting++;
    isStopped = false;
  });
  RED.events.on("flows:started", () => {
    if (starting > 0) starting--;
    else isStopped = false; // began before there was a node of ours
    if (!isStopped && starting === 0) gate.set(true);
  });
  return gate;
}

/**
 * Sends, and waits until Node-RED has delivered, which it does in a later turn. Gives false while a deploy is
 * under way, and when one closed all nodes that the message was for before it came to them.
 */
export async function sendSafely(RED: NodeAPI, node: Node, msg: NodeMessage): Promise<boolean> {
  if (!gateOf(RED).isOpen) return false;
  const { wires = [] } = node as unknown as { wires?: string[][] };
  const targets = wires.flat().flatMap((id) => RED.nodes.getNode(id) ?? []);
  node.send(msg);
  if (targets.length === 0) return true;
  await new Promise(setImmediate);
  return targets.some((target) => RED.nodes.getNode(target.id) === target);
}
