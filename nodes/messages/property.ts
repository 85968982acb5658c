import type { Node, NodeAPI, NodeMessage } from "node-red";
import { GladiaError } from "../../src/errors";

/**
 * The value of a typed input for one message.
 * @throws GladiaError GLADIA_CONFIG when the expression is broken
 */
export function evaluate(RED: NodeAPI, node: Node, value: string, type: string, msg: object): Promise<unknown> {
  return new Promise<unknown>((resolve, reject) => {
    // A context store may answer late, and some types throw at once.
    RED.util.evaluateNodeProperty(value, type, node, msg as NodeMessage, (error: Error | null, result: unknown) => {
      if (error) reject(error);
      else resolve(result);
    });
  }).catch((error: unknown) => {
    // A path that leads through something absent is a value that is not there.
    if (error instanceof TypeError && (type === "msg" || type === "flow" || type === "global")) return undefined;
    throw new GladiaError("GLADIA_CONFIG", "config-property", {
      property: `${type}.${value}`,
      reason: textOf(error),
    });
  });
}

/** What was wrong in words; JSONata throws objects that are no errors. */
function textOf(error: unknown): string {
  const { message } = (error ?? {}) as { message?: unknown };
  return typeof message === "string" ? message : String(error);
}

/** Where a result goes: a property of the message, or of a context. */
export interface OutputSettings {
  property?: string;
  propertyType?: string;
}

/**
 * Puts a value where the node's user wants it: `msg.payload`, or another property of the message, flow or global context.
 * @throws GladiaError GLADIA_CONFIG where there is no such place
 */
export async function putOutput(
  RED: NodeAPI,
  node: Node,
  msg: object,
  { property, propertyType }: OutputSettings,
  value: unknown,
): Promise<void> {
  const type = propertyType || "msg";
  const name = property || "payload";
  const refuse = (reason: unknown) => {
    return new GladiaError("GLADIA_CONFIG", "config-property", {
      property: `${type}.${name}`,
      reason: textOf(reason),
    });
  };
  if (type === "flow" || type === "global") {
    const { key, store } = RED.util.parseContextStore(name);
    await new Promise<void>((resolve, reject) => {
      node.context()[type].set(key, value, store, (error?: Error) => (error ? reject(refuse(error)) : resolve()));
    });
    return;
  }
  try {
    if (RED.util.setMessageProperty(msg as NodeMessage, name, value, true) !== false) return;
  } catch (error) {
    throw refuse(error);
  }
  throw refuse(`${name} does not lead to a property`);
}
