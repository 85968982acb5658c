import { createServer, type Server, type Socket } from "node:net";
import { GladiaError } from "../errors";
import { Connection, type Limits, type Listening } from "./connection";

export interface ServerOptions {
  host: string;
  port: number;
  listening: Listening;
  limits?: Partial<Limits & { connections: number }>;
}

const LIMITS: Limits & { connections: number } = {
  idle: 60_000,
  seconds: 600,
  connections: 20,
};

/** A Wyoming server for speech-to-text. The protocol knows no login: who reaches the port may use it. */
export class WyomingServer {
  readonly #options: ServerOptions;
  readonly #limits: Limits & { connections: number };
  readonly #server: Server;
  readonly #connections = new Map<Socket, Connection>();

  constructor(options: ServerOptions) {
    this.#options = options;
    this.#limits = { ...LIMITS, ...options.limits };
    // A client may say that it has sent everything, and still wait for its transcript.
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
  }

  /** The port that it listens on; another than was asked for when that was 0. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address ? address.port : this.#options.port;
  }

  /** @throws what the system says, such as EADDRINUSE */
  listen(): Promise<void> {
    const { host, port } = this.#options;
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen({ host, port }, () => {
        this.#server.off("error", reject);
        this.#server.on("error", () => {}); // of one connection that could not be accepted
        resolve();
      });
    });
  }

  /** Tells its clients, and ends. Resolves when no connection is left. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    const closing = new GladiaError("GLADIA_CANCELLED", "config-closed", {}, { retryable: true });
    for (const connection of this.#connections.values()) connection.refuse(closing);
    const late = setTimeout(() => {
      for (const socket of this.#connections.keys()) socket.destroy();
    }, 500);
    await closed;
    clearTimeout(late);
  }

  #accept(socket: Socket): void {
    const { connections } = this.#limits;
    const connection = new Connection(socket, this.#options.listening, this.#limits);
    this.#connections.set(socket, connection);
    socket.on("close", () => this.#connections.delete(socket));
    if (this.#connections.size > connections) {
      connection.refuse(new GladiaError("GLADIA_QUEUE_FULL", "wyoming-busy", { most: connections }));
    }
  }
}
