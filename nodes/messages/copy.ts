import type { Node, NodeAPI, NodeMessage } from "node-red";
import { translate } from "../shared/texts";

/** Fields of a message that are copied one by one; more of them are left out. */
const MOST = 1000;
/** Names that a warning lists; a message may have a million. */
export const MAX_NAMES = 20;

/** Names of fields for a warning. */
export function listed(names: string[]): string {
  const shown = names.slice(0, MAX_NAMES).map((name) => name.slice(0, 60));
  return shown.join(", ") + (names.length > shown.length ? ", ..." : "");
}

/**
 * A copy of a message as Node-RED makes it for each further wire and for Catch nodes. That fails for what is nested
 * thousands deep, which a few kilobytes of JSON can be: then the copy is without such fields, and the node says so.
 * @returns the copy, and whether it has every field
 */
export function copyOf<T extends object>(RED: NodeAPI, node: Node, msg: T): { copy: T; isWhole: boolean } {
  const clone = (given: object) => RED.util.cloneMessage(given as NodeMessage) as object;
  try {
    return { copy: clone(msg) as T, isWhole: true };
  } catch {
    const copy: Record<string, unknown> = {};
    const left: string[] = [];
    const names = Object.keys(msg);
    for (const name of names.slice(0, MOST)) {
      try {
        Object.assign(copy, clone({ [name]: (msg as Record<string, unknown>)[name] }));
      } catch {
        left.push(name);
      }
    }
    node.warn(translate(RED, "message-fields", { names: listed([...left, ...names.slice(MOST)]) }));
    return { copy: copy as T, isWhole: false };
  }
}
