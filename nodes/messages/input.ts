import type { Node, NodeAPI } from "node-red";
import { Durable, type Handler } from "./durable";
import type { Message } from "./message";
import { type Incoming, Messages } from "./messages";

export type { Context, Handler } from "./durable";
export type { Incoming } from "./messages";

interface InputOptions {
  /** The account's id. */
  config: string | undefined;
  handle: Handler;
  /** Whether a message that has no kept work can be handled anew after a redeploy. */
  repeatable?: (msg: Message) => boolean;
  /** May take a message for itself (it gives true) and run a handler of its own. */
  intercept?: (incoming: Incoming, run: (incoming: Incoming, handle: Handler) => void) => boolean;
}

/**
 * Handles the messages of a node that works with an account: each ends exactly once, and what is under way when Node-RED
 * ends or the node is deployed anew is taken up where it was.
 */
export function onInput(RED: NodeAPI, node: Node, { config, handle, repeatable, intercept }: InputOptions): void {
  const durable = new Durable(RED, node, config);
  const messages = new Messages(RED, node, {
    work: (running) => durable.run(running, handle),
    keeper: durable,
    repeatable,
    intercept: (incoming, run) =>
      intercept?.(incoming, (taken, other) => run(taken, (running) => durable.run(running, other))) ?? false,
  });
  durable.resume((msg, item) => messages.leave(msg, { item }));
}
