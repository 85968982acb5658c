import type { Node, NodeAPI } from "node-red";
import { GladiaError } from "../../src/errors";
import type { Account } from "../../src/jobs/account";
import { accountNode } from "../account/account";
import { deploysOf } from "../messages/deploys";
import { asError, type Message } from "../messages/message";
import type { Outlet } from "./outlet";
import { fetchResult } from "./result";
import type { LiveDef } from "./settings";

const resultsOf = new WeakMap<object, Results>();

/** Fetches the results of sessions that have ended. When the node closes before, the node of the same id fetches them. */
export class Results {
  readonly #RED: NodeAPI;
  readonly #node: Node;
  readonly #def: LiveDef;
  readonly #outlet: Outlet;
  readonly #closing = new AbortController();

  constructor(RED: NodeAPI, node: Node, def: LiveDef, outlet: Outlet) {
    this.#RED = RED;
    this.#node = node;
    this.#def = def;
    this.#outlet = outlet;
    resultsOf.set(node, this);
  }

  /**
   * Sends the result of a session as soon as it is there.
   * @param msg what it goes on with
   * @param account whose session it is; default: the one that the node's account knows it of
   */
  async send(id: string, msg: Message, account?: Account): Promise<void> {
    const { signal } = this.#closing;
    try {
      signal.throwIfAborted();
      const owner = account ?? (await accountNode(this.#RED, this.#def.config).account()).accountOf(id);
      const { job, text } = await fetchResult(owner, id, signal);
      const gladia = { id, job, ...(text === undefined ? {} : { text }) };
      this.#outlet.put({ out: [null, null, { ...msg, payload: text, gladia }] });
    } catch (reason) {
      if (signal.aborted) return this.#leave(id, msg);
      const failure = reason instanceof GladiaError ? reason.about(id) : reason;
      this.#outlet.put({ error: asError(this.#RED, failure), msg });
    }
  }

  close(): void {
    this.#closing.abort();
  }

  #leave(id: string, msg: Message): void {
    deploysOf(this.#RED).whenRunning(this.#node, (live) => void (live && resultsOf.get(live)?.send(id, msg)));
  }
}
