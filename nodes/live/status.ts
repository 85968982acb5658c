import type { Node, NodeAPI } from "node-red";
import type { LiveState } from "../../src/live/session";

/** Milliseconds between two statuses: the editor need not see every second of every session. */
const GAP = 900;

/** What stands under a live node: the state and the seconds heard of its session, or how many there are. */
export class LiveStatus {
  readonly #RED: NodeAPI;
  readonly #node: Node;
  readonly #states = new Map<object, { state: LiveState; seconds: number }>();
  #timer: NodeJS.Timeout | undefined;
  #shownAt = 0;
  #isClosed = false;
  #failure: string | undefined;

  constructor(RED: NodeAPI, node: Node) {
    this.#RED = RED;
    this.#node = node;
  }

  /** @param session whose state it is */
  set(session: object, state: LiveState, seconds: number): void {
    this.#failure = undefined;
    const isNew = this.#states.get(session)?.state !== state;
    this.#states.set(session, { state, seconds });
    if (isNew && this.#states.size === 1) this.#shownAt = 0;
    this.#soon();
  }

  /** @param failure the code of what it ended with */
  delete(session: object, failure?: string): void {
    this.#states.delete(session);
    this.#failure = failure;
    if (this.#states.size === 0) this.#shownAt = 0;
    this.#soon();
  }

  /** The node closes: its successor has a status of its own. */
  close(): void {
    clearTimeout(this.#timer);
    this.#isClosed = true;
    this.#node.status({});
  }

  #soon(): void {
    if (this.#isClosed) return;
    const wait = this.#shownAt === 0 ? 0 : Math.max(0, this.#shownAt + GAP - performance.now());
    if (wait > 0 && this.#timer) return;
    if (wait === 0) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#show();
      return;
    }
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#show();
    }, wait);
  }

  #show(): void {
    this.#shownAt = performance.now();
    const { size } = this.#states;
    const [only] = this.#states.values();
    if (!only) {
      this.#node.status(this.#failure ? { fill: "red", shape: "ring", text: this.#failure } : {});
      return;
    }
    if (size > 1) {
      this.#node.status({ fill: "blue", shape: "dot", text: this.#RED._(this.#key("sessions"), { count: size }) });
      return;
    }
    const { state, seconds } = only;
    const key = this.#key(state);
    const heard = Math.floor(seconds);
    const text = heard > 0 ? this.#RED._(this.#key("elapsed"), { stage: this.#RED._(key), seconds: heard }) : key;
    this.#node.status({ fill: state === "recording" || state === "stopping" ? "blue" : "yellow", shape: "dot", text });
  }

  #key(name: string): string {
    return `${this.#node.type}.status.${name}`;
  }
}
