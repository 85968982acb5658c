import { contains } from "../contains";

/**
 * What goes wrong with a connection of a live session:
 * - `refuse`: the handshake is answered with `status` (403); `hang`: never; `reset`: by a reset of the TCP connection
 * - `drop`: once `after` bytes of audio have come the connection is lost, with `code` as the close code or, without
 *   one, without a word; the audio that crossed the mark and the acks of the `acks` chunks before are lost, all
 *   else that was said arrives. With `hard` the TCP connection is reset, and what is on its way is lost as well
 * - `slow`: each frame is looked at `delay` ms (1000) after it came
 * - `withhold-acks`: `acks` chunks (all, by default) are not acknowledged until a later one is
 * - `refuse-audio`: a chunk is refused, with an ack whose data is null, and not taken
 * - `unknown-message`, `error-message`, `bad-json`: the client is sent such a message once `after` bytes have come
 */
export type SocketFaultKind =
  | "refuse"
  | "hang"
  | "reset"
  | "drop"
  | "slow"
  | "withhold-acks"
  | "refuse-audio"
  | "unknown-message"
  | "error-message"
  | "bad-json";

/** A fault of connections to come. */
export interface SocketFault {
  kind: SocketFaultKind;
  /** how many connections it strikes; 1 */
  times?: number | "always";
  /** connections that pass before it strikes; 0 */
  skip?: number;
  /** HTTP status of a refused handshake; 403 */
  status?: number;
  /** bytes of audio on the connection before it strikes; 0 */
  after?: number;
  /** close code of a `drop` */
  code?: number;
  /** ms that a `slow` connection lags behind */
  delay?: number;
  /** resets the TCP connection at a `drop`; false */
  hard?: boolean;
  /** how many acks */
  acks?: number;
  /** the sessions it strikes, by their `custom_metadata`; all */
  match?: Record<string, unknown>;
}

const KINDS: readonly string[] = [
  "refuse",
  "hang",
  "reset",
  "drop",
  "slow",
  "withhold-acks",
  "refuse-audio",
  "unknown-message",
  "error-message",
  "bad-json",
] satisfies SocketFaultKind[];

/**
 * Checks a fault that may come from another process.
 * @throws Error naming what is wrong
 */
export function checkSocketFault(fault: SocketFault): void {
  if (typeof fault !== "object" || fault === null) throw new Error("A fault is an object");
  if (!KINDS.includes(fault.kind)) throw new Error(`There is no fault "${fault.kind}" of a socket`);
}

/** The faults of connections to come, in the order in which they were given. */
export class SocketFaults {
  #pending: { fault: SocketFault; left: number; skip: number }[] = [];

  /** @throws on nonsense */
  add(fault: SocketFault): void {
    checkSocketFault(fault);
    const { times = 1, skip = 0 } = fault;
    this.#pending.push({ fault, left: times === "always" ? Number.POSITIVE_INFINITY : times, skip });
  }

  clear(): void {
    this.#pending = [];
  }

  /** All faults that strike a new connection: of each kind the first; each call counts as one connection. */
  take(metadata: Record<string, unknown> | null): SocketFault[] {
    const taken = new Map<string, SocketFault>();
    for (const entry of this.#pending) {
      const { fault } = entry;
      if (fault.match !== undefined && !contains(metadata, fault.match)) continue;
      if (entry.skip > 0) {
        entry.skip -= 1;
        continue;
      }
      if (taken.has(fault.kind)) continue;
      entry.left -= 1;
      taken.set(fault.kind, fault);
    }
    this.#pending = this.#pending.filter(({ left }) => left > 0);
    return [...taken.values()];
  }
}
