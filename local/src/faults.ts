import { contains } from "./contains";
/** The routes of the engine, as faults and counters name them. */
export const ROUTES = [
  "upload",
  "create",
  "get",
  "list",
  "delete",
  "file",
  "download",
  "health",
  "live",
  "live-get",
  "live-list",
  "live-patch",
  "live-delete",
  "live-file",
  "socket",
  "other",
] as const;

/** `download` is the address an upload was given, `file` that of a job's audio; `live` makes a live session, and `socket`
 * is its handshake, whose faults are those of `control.socketFault`. */
export type Route = (typeof ROUTES)[number];

/**
 * What goes wrong:
 * - `429`, `500`, `404`, any status: answered with the API's error body, nothing done
 * - `502-html`, any status: the same with an HTML page, as a gateway answers
 * - `500-after`, any status: the work is done, the answer is this error
 * - `hang`: never answered, nothing done; `hang-after`: never answered, the work is done
 * - `reset-before`, `reset-after`: the connection is reset, nothing done or the work done
 * - `truncated-json`: the work is done, half of the answer comes, then the connection ends
 * - `slow-body`: the work is done, the answer comes in small pieces, `delay` ms apart
 * - `bad-json`: the work is done, the answer says it is JSON but is not; `empty`: it has no body
 */
export type FaultKind =
  | `${number}`
  | `${number}-html`
  | `${number}-after`
  | "hang"
  | "hang-after"
  | "reset-before"
  | "reset-after"
  | "truncated-json"
  | "slow-body"
  | "bad-json"
  | "empty";

/** What a fault or script may look at in a request. `body` is the parsed JSON, undefined for an upload of bytes. */
export interface Seen {
  method: string;
  path: string;
  body: unknown;
}

/** A fault to come. */
export interface Fault {
  /** where it strikes; `*` for every route */
  route: Route | "*";
  kind: FaultKind;
  /** how often it strikes; 1 unless `probability` is given, then always */
  times?: number | "always";
  /** matching requests that pass before it strikes; 0 */
  skip?: number;
  /** how likely it is to strike a matching request, 0 to 1; drawn from the engine's seed */
  probability?: number;
  /** seconds, or any text, for a `Retry-After` header */
  retryAfter?: number | string;
  /** the text of a status; by default one that tells it was injected, for a 404 `Cannot <METHOD> <path>` */
  message?: string;
  /** ms between the pieces of a `slow-body`; 20 */
  delay?: number;
  /** which requests: those whose path holds the text and whose body holds the fields, or what the function says */
  match?: { path?: string; body?: Record<string, unknown> } | ((request: Seen) => boolean);
}

const KIND = /^([1-5]\d\d(-html|-after)?|hang(-after)?|reset-(before|after)|truncated-json|slow-body|bad-json|empty)$/;

/**
 * Checks a fault that may come from another process.
 * @throws Error naming what is wrong
 */
export function checkFault(fault: Fault): void {
  if (typeof fault !== "object" || fault === null) throw new Error("A fault is an object");
  if (fault.route !== "*" && !ROUTES.includes(fault.route)) throw new Error(`There is no route "${fault.route}"`);
  if (!KIND.test(fault.kind)) throw new Error(`There is no fault "${fault.kind}"`);
}

/** Numbers from 0 to 1 that are the same for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The faults to come, in the order in which they were given. */
export class Faults {
  private pending: { fault: Fault; left: number; skip: number }[] = [];

  constructor(private readonly random: () => number) {}

  add(fault: Fault): void {
    checkFault(fault);
    const times = fault.times ?? (fault.probability === undefined ? 1 : "always");
    this.pending.push({ fault, left: times === "always" ? Number.POSITIVE_INFINITY : times, skip: fault.skip ?? 0 });
  }

  clear(): void {
    this.pending = [];
  }

  /** The fault that strikes this request, undefined when none does; each call counts as one request. */
  take(route: Route, request: Seen): Fault | undefined {
    for (const entry of this.pending) {
      const { fault } = entry;
      if (fault.route !== "*" && fault.route !== route) continue;
      if (!matches(fault, request)) continue;
      if (entry.skip > 0) {
        entry.skip -= 1;
        continue;
      }
      if (fault.probability !== undefined && this.random() >= fault.probability) continue;
      entry.left -= 1;
      if (entry.left <= 0) this.pending.splice(this.pending.indexOf(entry), 1);
      return fault;
    }
    return undefined;
  }
}

function matches({ match }: Fault, request: Seen): boolean {
  if (match === undefined) return true;
  if (typeof match === "function") return match(request);
  return (
    (match.path === undefined || request.path.includes(match.path)) &&
    (match.body === undefined || contains(request.body, match.body))
  );
}
