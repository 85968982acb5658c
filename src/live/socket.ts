import type { Socket } from "node:net";
import type { Transport } from "../http/transport";
import { sendAudioFrame } from "./frame-memory";

/** Loaded by the first session: who has none pays nothing for it. */
const loadWs = () => import("ws");
type Client = Awaited<ReturnType<typeof loadWs>>["WebSocket"];

/** Milliseconds for the handshake, and for the answer to our close. */
const HANDSHAKE = 10_000;
const CLOSE = 1000;
/** Bytes of one message of the server: the final transcript of three hours has about 10 MB. */
const MESSAGE = 64 * 1024 * 1024;

/** How a connection ended. */
export interface Closed {
  /** Whether it had been established. */
  wasOpen: boolean;
  /** WebSocket close code; 1006 when it broke off. */
  code: number;
  reason: string;
  /** HTTP status of a refused handshake. */
  status?: number | undefined;
  /** Why it could not be established, or broke. */
  error?: Error | undefined;
}

interface SocketEvents {
  onOpen(): void;
  /** @param bytes of a text */
  onText(bytes: Buffer): void;
  /** Something came, be it the answer to a ping. */
  onAlive(): void;
}

/** One WebSocket connection of a session, over the account's proxy and TLS. */
export class LiveSocket {
  readonly #events: SocketEvents;
  #socket: InstanceType<Client> | undefined;
  #connection: Socket | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Aborts when it is to end. */
  readonly #ending = new AbortController();
  /** Resolves once it is closed, whatever the reason; never rejects. */
  readonly closed: Promise<Closed>;

  constructor(transport: Transport, url: string, events: SocketEvents) {
    this.#events = events;
    this.closed = this.#run(transport, new URL(url)).finally(() => clearTimeout(this.#timer));
  }

  /** Bytes that wait for the network. */
  get waiting(): number {
    return this.#socket?.bufferedAmount ?? 0;
  }

  /** @param sent called when the network has taken it */
  send(data: Buffer | string, sent?: () => void): void {
    if (this.#socket?.readyState !== 1 || !this.#connection) return;
    const isSent = !sent && typeof data !== "string" && sendAudioFrame(this.#connection, data);
    if (!isSent) this.#socket.send(data, sent);
  }

  /** @param ponged called at the next answer to a ping */
  ping(ponged?: () => void): void {
    if (this.#socket?.readyState !== 1) return;
    if (ponged) this.#socket.once("pong", ponged);
    this.#socket.ping();
  }

  /** Says goodbye, and breaks off when no answer comes. */
  close(): void {
    this.#ending.abort(new Error("closed"));
    this.#socket?.close(1000);
    this.#timer ??= setTimeout(() => this.#socket?.terminate(), CLOSE);
  }

  /** Breaks off at once. */
  terminate(): void {
    this.#ending.abort(new Error("closed"));
    this.#socket?.terminate();
  }

  async #run(transport: Transport, url: URL): Promise<Closed> {
    const failed = (error: unknown): Closed => ({
      ...{ wasOpen: false, code: 1006, reason: "" },
      error: error instanceof Error ? error : new Error(String(error)),
    });
    try {
      const [{ WebSocket }, connection] = await Promise.all([
        loadWs(),
        transport.connect(url.origin.replace(/^ws/, "http"), this.#ending.signal),
      ]);
      if (this.#ending.signal.aborted) {
        connection.destroy();
        return failed(this.#ending.signal.reason);
      }
      return await this.#open(WebSocket, connection, url);
    } catch (error) {
      return failed(error);
    }
  }

  #open(WebSocket: Client, connection: Socket, url: URL): Promise<Closed> {
    return new Promise((resolve) => {
      let [wasOpen, status, error]: [boolean, number | undefined, Error | undefined] = [false, undefined, undefined];
      const socket = new WebSocket(url, {
        createConnection: () => connection,
        perMessageDeflate: false,
        maxPayload: MESSAGE,
      });
      this.#socket = socket;
      this.#connection = connection;
      // The library's own time limit is that of connections which it makes itself.
      const late = setTimeout(() => {
        error = Object.assign(new Error("the handshake was not answered"), { code: "ETIMEDOUT" });
        socket.terminate();
      }, HANDSHAKE);
      socket.on("unexpected-response", (request, answer) => {
        clearTimeout(late);
        status = answer.statusCode;
        answer.resume();
        request.destroy();
        resolve({ wasOpen, code: 1006, reason: "", status });
      });
      socket.on("open", () => {
        clearTimeout(late);
        wasOpen = true;
        this.#events.onOpen();
      });
      socket.on("message", (data, isBinary) => {
        if (!isBinary) this.#events.onText(data as Buffer);
      });
      socket.on("pong", () => this.#events.onAlive());
      socket.on("error", (reason) => {
        error ??= reason;
      });
      socket.on("close", (code, reason) => {
        clearTimeout(late);
        connection.destroy();
        resolve({ wasOpen, code, reason: String(reason), status, error });
      });
    });
  }
}
