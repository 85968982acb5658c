import type { IncomingMessage, ServerResponse } from "node:http";
import type { TextKey, TextParams } from "../errors";
import type { Gate } from "../gate";
import { sameSecret } from "./address";
import { MAX_LIVE_VALUES } from "./payload";
import { BodyError, type CallbackRequest, MAX_BODY_BYTES, MAX_LIVE_BYTES, readBody } from "./request";

/** Where the requests of one account go. */
export interface Endpoint {
  /** The account. */
  readonly id: string;
  readonly secret: string;
  /** Milliseconds in which something has to come. */
  readonly patience: number;
  /** Takes a request and gives the status to answer with; undefined when it is closed and its successor is to be asked. */
  handle(request: CallbackRequest): Promise<number | undefined>;
  /** A request of our own has come back here. */
  probed(mark: string): void;
  warn(key: TextKey, params: TextParams): void;
}

/** Milliseconds for a sender to read why it was rejected before the connection is cut. */
const LINGER = 2000;
/** Milliseconds for which a request waits while its account is deployed anew; senders of webhooks give up after as many. */
const SUCCESSION = 15_000;
/** How many requests may wait so, and how many bytes of their payloads. */
const MAX_WAITING = 200;
const MAX_WAITING_BYTES = 64 * 1024 * 1024;

/**
 * Answers at `.../gladia/<account>/<secret>`, whatever stands before it, for all accounts of one Node-RED. It answers as
 * soon as a body was read and kept, and keeps little of it. While an account is deployed anew, answers wait.
 */
export class Receiver {
  readonly #endpoints = new Map<string, Endpoint>();
  /** Endpoints that are gone and will have a successor. */
  readonly #reserved = new Map<string, Endpoint>();
  readonly #gate: Gate;
  readonly #succession: number;
  readonly #waiting = new Set<() => void>();
  #waitingBytes = 0;

  /**
   * @param gate open while the flows run
   * @param succession milliseconds for which a request waits for them, or for the successor of its account
   */
  constructor(gate: Gate, succession = SUCCESSION) {
    this.#gate = gate;
    this.#succession = succession;
  }

  get size(): number {
    return this.#endpoints.size + this.#reserved.size;
  }

  /**
   * Takes an endpoint in and gives what takes it out; undefined when its place is taken. `isReserved`: its place stays
   * reserved for its successor.
   */
  join(endpoint: Endpoint): ((isReserved: boolean) => void) | undefined {
    const { id } = endpoint;
    if (this.#endpoints.has(id)) return undefined;
    this.#endpoints.set(id, endpoint);
    this.#reserved.delete(id);
    this.#changed();
    return (isReserved) => {
      if (this.#endpoints.get(id) !== endpoint) return;
      this.#endpoints.delete(id);
      if (isReserved) this.#reserved.set(id, endpoint);
      this.#changed();
    };
  }

  /** There will be no successor. */
  release(id: string): void {
    if (this.#reserved.delete(id)) this.#changed();
  }

  /** Answers a request that is for one of our accounts; gives false for any other, which is left as it is. */
  handle(request: IncomingMessage, response: ServerResponse): boolean {
    const url = (request as { originalUrl?: string }).originalUrl ?? request.url ?? "";
    const [path = "", query = ""] = url.split("?");
    const [, name = "", secret = ""] = /\/gladia\/([^/]+)\/([\w-]+)\/?$/.exec(path) ?? [];
    const id = decode(name);
    const present = this.#endpoints.get(id);
    const endpoint = present ?? this.#reserved.get(id);
    if (!endpoint) return false;
    if (!sameSecret(secret, endpoint.secret)) {
      reject(request, response, 404);
    } else if (request.method === "GET" || request.method === "HEAD") {
      present?.probed(new URLSearchParams(query).get("probe") ?? "");
      response.setHeader("cache-control", "no-store");
      if (hasBody(request)) reject(request, response, 400);
      else response.writeHead(present ? 204 : 503).end();
    } else if (request.method === "POST" || request.method === "PUT") {
      void this.#take(endpoint, request, response);
    } else {
      response.setHeader("allow", "GET, HEAD, POST, PUT");
      reject(request, response, 405);
    }
    return true;
  }

  async #take(endpoint: Endpoint, request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const status = await this.#dispatch(endpoint.id, await readBody(request, endpoint.patience));
      const later = status === 503 ? { "retry-after": "5" } : {};
      response.writeHead(status, { "content-length": 0, ...later }).end();
    } catch (error) {
      const { status, start, isLive } =
        error instanceof BodyError ? error : { status: 500 as const, start: "", isLive: false };
      if (status === 413 && isLive)
        endpoint.warn("callback-live-too-large", { most: MAX_LIVE_BYTES / 1024 / 1024, values: MAX_LIVE_VALUES });
      else if (status === 413) endpoint.warn("callback-too-large", { most: MAX_BODY_BYTES / 1024 / 1024 });
      if (status === 400) endpoint.warn("callback-body", { start });
      if (status !== undefined) reject(request, response, status);
    }
  }

  /** Gives a request to its account, or to the successor of that, and gives the status to answer with. */
  async #dispatch(id: string, request: CallbackRequest): Promise<number> {
    const until = performance.now() + this.#succession;
    for (;;) {
      const endpoint = this.#endpoints.get(id);
      if (!endpoint && !this.#reserved.has(id)) return 404;
      const status = endpoint && this.#gate.isOpen ? await endpoint.handle(request) : undefined;
      if (status !== undefined) return status;
      if (!(await this.#wait(until - performance.now(), request.json?.length ?? 0))) return 503;
    }
  }

  /** Waits for a change of endpoints or flows. Gives false when it took too long, or too many wait. */
  async #wait(milliseconds: number, bytes: number): Promise<boolean> {
    if (milliseconds <= 0 || this.#waiting.size >= MAX_WAITING) return false;
    if (this.#waitingBytes + bytes > MAX_WAITING_BYTES) return false;
    this.#waitingBytes += bytes;
    const isChanged = await new Promise<boolean>((resolve) => {
      const end = (changed: boolean) => {
        clearTimeout(timer);
        leave();
        this.#waiting.delete(change);
        resolve(changed);
      };
      const change = () => end(true);
      const timer = setTimeout(() => end(false), milliseconds);
      const leave = this.#gate.onChange(change);
      this.#waiting.add(change);
    });
    this.#waitingBytes -= bytes;
    return isChanged;
  }

  #changed(): void {
    for (const change of [...this.#waiting]) change();
  }
}

/**
 * Answers before the body has come: the sender may go on for a moment, so that it can read the answer. To say that the
 * connection is to be closed would have Node cut it at once.
 */
function reject(request: IncomingMessage, response: ServerResponse, status: number): void {
  response.writeHead(status, { "content-length": 0 }).end();
  if (request.complete) return;
  request.resume();
  const timer = setTimeout(() => request.destroy(), LINGER);
  request.once("end", () => clearTimeout(timer)).once("close", () => clearTimeout(timer));
}

/** Whether something follows the head of a request, be it without end. */
function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
