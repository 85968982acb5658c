import type { Node } from "node-red";
import { GladiaError } from "../../src/errors";
import type { WorkItem } from "../../src/jobs/work-item";
import type { Message, Out } from "./message";

/** How the work on a message ends: with what goes out, or with an error for Catch nodes. */
export type Ending = { out: Out } | { error: Error };

/** How a message comes back to its node after a redeploy or a restart. */
export interface Resumption {
  /** What was done for it already. */
  item?: WorkItem | undefined;
  /** It is ready, and could not go on while the flows were deployed. */
  ending?: Ending | undefined;
  /** It cannot be worked on: its audio came once and is gone. */
  lost?: boolean;
}

const resumptions = new WeakMap<object, Resumption>();

/** What is known of a message that comes back, once: it goes on as a new one. Undefined for a new one. */
export function takeResumption(msg: Message): Resumption | undefined {
  const resumption = resumptions.get(msg);
  resumptions.delete(msg);
  return resumption;
}

/** Hands a node a message that it, its predecessor or an earlier run has received before. */
export function resume(node: Node, msg: Message, resumption: Resumption): void {
  resumptions.set(msg, resumption);
  node.receive(msg as Parameters<Node["receive"]>[0]);
}

/** Why a node does no more work: it closes, and where it is gone for good, its messages end so. */
export function closedError(): GladiaError {
  return new GladiaError("GLADIA_CANCELLED", "config-closed", {}, { retryable: true });
}
