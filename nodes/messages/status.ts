import type { Node, NodeAPI } from "node-red";

type Stage = "growing" | "uploading" | "waiting" | "queued" | "processing";

/** Stages in which nothing is done yet. */
const YELLOW: ReadonlySet<Stage> = new Set<Stage>(["growing", "waiting", "queued"]);

/** Gap between two statuses of the same stage (milliseconds): the editor need not see every poll. */
const GAP = 900;

/**
 * The status of a node through which several messages may go at once. Fixed texts go out as keys of the node's catalogue,
 * which the editor shows in its user's language; texts with numbers are made here. A failure stays until the next
 * message; success clears, unless there was nothing to send.
 */
export class StatusLine {
  readonly #RED: NodeAPI;
  readonly #node: Node;
  #running = 0;
  #isClosed = false;
  #last = "";
  #at = 0;

  constructor(RED: NodeAPI, node: Node) {
    this.#RED = RED;
    this.#node = node;
  }

  begin(): void {
    this.#running++;
  }

  /** @param more the place in our own queue, seconds so far, the job */
  stage(stage: Stage, more: { position?: number; elapsed?: number; id?: string | undefined } = {}): void {
    const now = performance.now();
    if (stage === this.#last && now - this.#at < GAP) return;
    this.#last = stage;
    this.#at = now;
    const { position, elapsed = 0, id } = more;
    const seconds = Math.round(elapsed);
    let text = this.#key(stage);
    if (position !== undefined) {
      text = this.#RED._(this.#key("queued-at"), { position });
    } else if (seconds > 0) {
      text = this.#RED._(this.#key("elapsed"), { stage: this.#RED._(text), seconds });
      if (id) text += ` · ${id.slice(0, 8)}`;
    }
    this.#show({ fill: YELLOW.has(stage) ? "yellow" : "blue", shape: "dot", text });
  }

  /** A message ended well. */
  done(): void {
    this.#running = Math.max(0, this.#running - 1);
    if (this.#running === 0) this.clear();
  }

  /** A message ended well with nothing to send: an empty list gives no message for an item, as with core's split. */
  nothing(): void {
    this.done();
    if (this.#running === 0) this.#show({ fill: "grey", shape: "dot", text: this.#key("nothing") });
  }

  /** A message ended badly; `code` is what failed. */
  failed(code: string): void {
    this.#running = Math.max(0, this.#running - 1);
    this.#last = "";
    const cancelled = code === "GLADIA_CANCELLED";
    const text = cancelled ? this.#key("cancelled") : code;
    this.#show({ fill: cancelled ? "grey" : "red", shape: "ring", text });
  }

  /** The node closes: its successor has a status of its own. */
  close(): void {
    this.clear();
    this.#isClosed = true;
  }

  clear(): void {
    this.#last = "";
    this.#show({});
  }

  #show(status: Parameters<Node["status"]>[0]): void {
    if (!this.#isClosed) this.#node.status(status);
  }

  #key(name: string): string {
    return `${this.#node.type}.status.${name}`;
  }
}
