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
    const reason = error instanceof Error ? error.message : String(error);
    throw new GladiaError("GLADIA_CONFIG", "config-property", { property: `${type}.${value}`, reason });
  });
}
