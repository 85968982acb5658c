import type { Node, NodeAPI, NodeMessage } from "node-red";
import { GladiaError } from "../../src/errors";
import { tellCatch } from "../messages/catch";
import { type Deploys, deploysOf } from "../messages/deploys";
import { type Message, type Out, putError } from "../messages/message";

/** What a node has to say: messages for its outputs, or an error for Catch nodes with the message it is about. */
type Told = { out: Out } | { error: Error; msg: Message };

const outlets = new WeakMap<object, Outlet>();

/**
 * Sends what a session says, in order. While the node closes or flows are deployed nothing goes out: what comes then waits,
 * for the node of the same id.
 */
export class Outlet {
  readonly #RED: NodeAPI;
  readonly #node: Node;
  readonly #deploys: Deploys;
  readonly #closing = new AbortController();
  #queue: Told[] = [];
  #isSending = false;

  constructor(RED: NodeAPI, node: Node) {
    this.#RED = RED;
    this.#node = node;
    this.#deploys = deploysOf(RED);
    outlets.set(node, this);
  }

  put(told: Told): void {
    if (this.#closing.signal.aborted) {
      this.#leave(told);
      return;
    }
    this.#queue.push(told);
    if (!this.#isSending) void this.#send();
  }

  /** Nothing goes out any more. */
  close(): void {
    this.#closing.abort();
    if (this.#isSending) return; // it leaves what waits when it sees that
    for (const told of this.#queue.splice(0)) this.#leave(told);
  }

  async #send(): Promise<void> {
    this.#isSending = true;
    try {
      for (let told = this.#queue[0]; told; told = this.#queue[0]) {
        if (!(await this.#deploys.opened(this.#node, this.#closing.signal))) break;
        if (await this.#deliver(told)) this.#queue.shift();
      }
    } finally {
      this.#isSending = false;
      if (this.#closing.signal.aborted) for (const told of this.#queue.splice(0)) this.#leave(told);
    }
  }

  /** Gives false when a deploy closed the next nodes before it came to them. */
  async #deliver(told: Told): Promise<boolean> {
    try {
      if ("error" in told) {
        putError(told.msg, told.error);
        this.#node.error(told.error, told.msg as NodeMessage);
        return true;
      }
      return await this.#deploys.deliver(this.#node, told.out, (out) => this.#node.send(out as NodeMessage[]));
    } catch (error) {
      this.#RED.log.error(`${this.#node.type}:${this.#node.id}: ${String(error)}`);
      return true; // what cannot be sent now never can
    }
  }

  #leave(told: Told): void {
    this.#deploys.whenRunning(this.#node, (live) => {
      const outlet = live && outlets.get(live);
      if (outlet) outlet.put(told);
      else if ("error" in told && told.error instanceof GladiaError)
        tellCatch(this.#RED, this.#node, told.error, told.msg);
    });
  }
}
