import type { Node, NodeAPI } from "node-red";
import { Gate } from "../../src/gate";
import type { Out } from "./message";

/** Milliseconds after a stop in which a start is expected; Node-RED does not say when it gives one up. */
const PATIENCE = 5000;

interface Waiting {
  node: Node;
  resume(live: Node | undefined): void;
}

/**
 * When the flows run. From `flows:stopping` until `flows:started` a message that is sent may meet a node that is closed,
 * and is lost without a word; so may one that was sent just before, since Node-RED delivers in a later turn.
 */
export class Deploys {
  /** Open while flows run, and when no start comes after a stop. */
  readonly gate = new Gate();
  readonly #RED: NodeAPI;
  /** Our nodes by id. */
  readonly #nodes = new Map<string, Node>();
  readonly #waiting = new Set<Waiting>();
  /** Starts under way: the next deploy may stop the flows before the last one has started all of them. */
  #starting = 0;
  #isStopped = true;
  /** No start came after the stop: what was not part of that deploy goes on. */
  #isStalled = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(RED: NodeAPI) {
    this.#RED = RED;
    RED.events.on("flows:stopping", () => {
      clearTimeout(this.#timer);
      this.#isStopped = true;
      this.#isStalled = false;
      this.gate.set(false);
    });
    RED.events.on("flows:stopped", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => {
        this.#isStalled = true;
        this.gate.set(true);
        this.#resumeAll();
      }, PATIENCE);
      this.#timer.unref();
    });
    RED.events.on("flows:starting", () => {
      this.#starting++;
      this.#isStopped = false;
    });
    RED.events.on("flows:started", () => {
      if (this.#starting > 0) this.#starting--;
      else this.#isStopped = false; // began before there was a node of ours
      if (!this.#isRunning) return;
      clearTimeout(this.#timer);
      this.gate.set(true);
      this.#resumeAll();
    });
  }

  /** Adds a node of ours. It leaves when it closes. */
  join(node: Node): void {
    this.#nodes.set(node.id, node);
    node.on("close", () => {
      if (this.#nodes.get(node.id) === node) this.#nodes.delete(node.id);
    });
  }

  /** Whether what a node that is not closed sends now, or has to tell Catch nodes, gets there. */
  isOpen(node: Node): boolean {
    return this.#isRunning || (this.#isStalled && this.#reachesAll(node));
  }

  /** Waits until a node may send. Gives false when it closes before, by its signal. */
  opened(node: Node, closed: AbortSignal): Promise<boolean> {
    if (closed.aborted || this.isOpen(node)) return Promise.resolve(!closed.aborted);
    return new Promise((resolve) => {
      const leave = () => {
        this.#waiting.delete(waiting);
        resolve(false);
      };
      const waiting = {
        node,
        resume: () => {
          closed.removeEventListener("abort", leave);
          resolve(!closed.aborted);
        },
      };
      closed.addEventListener("abort", leave, { once: true });
      this.#waiting.add(waiting);
    });
  }

  /**
   * Calls back once the flows run, at once where they do.
   * @param resume gets the node that has this one's id then: itself, its successor, or undefined when it is gone
   */
  whenRunning(node: Node, resume: (live: Node | undefined) => void): void {
    const waiting = { node, resume };
    this.#waiting.add(waiting);
    this.#resume(waiting);
  }

  /**
   * Sends, and waits until Node-RED has delivered. Gives false when a deploy closed all nodes that it was for before it
   * came to them. A hook that holds messages back is not seen through.
   * @throws what `send` throws
   */
  async deliver(node: Node, out: Out, send: (out: Out) => void): Promise<boolean> {
    const next = this.#targets(node, out);
    send(out);
    if (next.length === 0 || (this.#RED.settings as { runtimeSyncDelivery?: boolean }).runtimeSyncDelivery) return true;
    await new Promise(setImmediate);
    return next.some((target) => this.#RED.nodes.getNode(target.id) === target);
  }

  get #isRunning(): boolean {
    return !this.#isStopped && this.#starting === 0;
  }

  #resumeAll(): void {
    for (const waiting of [...this.#waiting]) this.#resume(waiting);
  }

  #resume(waiting: Waiting): void {
    const { node, resume } = waiting;
    const found = this.#nodes.get(node.id);
    const live = found?.type === node.type ? found : undefined;
    if (!(live ? this.isOpen(live) : this.#isRunning)) return;
    this.#waiting.delete(waiting);
    resume(live);
  }

  /** The nodes that a message goes to, as they are now. */
  #targets(node: Node, out: Out): Node[] {
    const { wires } = node as unknown as { wires?: string[][] };
    const ports = Array.isArray(out) ? out : [out];
    const ids = ports.flatMap((msg, port) => (msg ? (wires?.[port] ?? []) : []));
    return ids.map((id) => this.#RED.nodes.getNode(id)).filter((target) => target !== null && target !== undefined);
  }

  /** Whether all that a node is wired to, and all Catch nodes of its tab, are there. */
  #reachesAll(node: Node): boolean {
    const { wires = [], z } = node as unknown as { wires?: string[][]; z?: string };
    const ids = wires.flat();
    this.#RED.nodes.eachNode((other) => {
      const { d, z: tab } = other as { d?: boolean; z?: string };
      if (other.type === "catch" && tab === z && !d) ids.push(other.id);
    });
    return ids.every((id) => this.#RED.nodes.getNode(id));
  }
}

const known = new WeakMap<object, Deploys>();

/** The deploys of a Node-RED. */
export function deploysOf(RED: NodeAPI): Deploys {
  const deploys = known.get(RED.events) ?? new Deploys(RED);
  known.set(RED.events, deploys);
  return deploys;
}
