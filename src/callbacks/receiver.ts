import type { IncomingMessage, ServerResponse } from "node:http";
import type { TextKey, TextParams } from "../errors";
import { sameSecret } from "./address";
import { type Letter, MOST, readLetter, Unreadable } from "./letter";

/** Where the letters of one account go. */
export interface Mailbox {
  /** The account. */
  readonly id: string;
  readonly secret: string;
  /** Milliseconds in which something has to come. */
  readonly patience: number;
  /** Takes a letter and gives the status to answer with. */
  deliver(letter: Letter): Promise<number>;
  /** A request of our own has come back here. */
  probed(nonce: string): void;
  warn(key: TextKey, params: TextParams): void;
}

/** Milliseconds for a sender to read why it was turned away before the connection is cut. */
const FAREWELL = 2000;

/**
 * Answers at `.../gladia/<account>/<secret>`, whatever stands before it, for all accounts of one Node-RED. It answers as
 * soon as a body was read, and keeps little of it.
 */
export class Receiver {
  readonly #boxes = new Map<string, Mailbox>();

  get size(): number {
    return this.#boxes.size;
  }

  /** Takes a mailbox in and gives what takes it out; undefined when its place is taken. */
  join(box: Mailbox): (() => void) | undefined {
    if (this.#boxes.has(box.id)) return undefined;
    this.#boxes.set(box.id, box);
    return () => {
      if (this.#boxes.get(box.id) === box) this.#boxes.delete(box.id);
    };
  }

  /** Answers a request that is for one of our accounts; gives false for any other, which is left as it is. */
  handle(request: IncomingMessage, response: ServerResponse): boolean {
    const url = (request as { originalUrl?: string }).originalUrl ?? request.url ?? "";
    const [path = "", query = ""] = url.split("?");
    const [, id = "", secret = ""] = /\/gladia\/([^/]+)\/([\w-]+)\/?$/.exec(path) ?? [];
    const box = this.#boxes.get(decode(id));
    if (!box) return false;
    if (!sameSecret(secret, box.secret)) {
      turnAway(request, response, 404);
    } else if (request.method === "GET" || request.method === "HEAD") {
      box.probed(new URLSearchParams(query).get("probe") ?? "");
      response.writeHead(204, { "cache-control": "no-store" }).end();
    } else if (request.method === "POST" || request.method === "PUT") {
      void this.#take(box, request, response);
    } else {
      response.setHeader("allow", "GET, HEAD, POST, PUT");
      turnAway(request, response, 405);
    }
    return true;
  }

  async #take(box: Mailbox, request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const letter = await readLetter(request, box.patience);
      // A redeploy may have put another in its place while the letter came.
      const status = await (this.#boxes.get(box.id) ?? box).deliver(letter);
      response.writeHead(status, { "content-length": 0 }).end();
    } catch (error) {
      const { status, start } = error instanceof Unreadable ? error : { status: 500, start: "" };
      if (status === 413) box.warn("callback-too-large", { most: MOST / 1024 / 1024 });
      if (status === 400) box.warn("callback-body", { start });
      if (status !== undefined) turnAway(request, response, status);
    }
  }
}

/** Answers before the body has come: the sender may go on for a moment, so that it can read the answer. */
function turnAway(request: IncomingMessage, response: ServerResponse, status: number): void {
  response.writeHead(status, { connection: "close", "content-length": 0 }).end();
  if (request.complete) return;
  request.resume();
  const { socket } = request;
  const timer = setTimeout(() => socket.destroy(), FAREWELL);
  socket.once("close", () => clearTimeout(timer));
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
