import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";

/** What a test's live server does with one connection after another; the last one stays. */
export type Behaviour = (socket: WebSocket, connection: Connection) => void;

export interface Connection {
  /** Counted from 0. */
  number: number;
  /** Audio that came, and JSON frames. */
  frames: Buffer[];
  said: { type: string; data?: unknown }[];
}

/**
 * A live server that behaves as it is told. It counts and keeps what it gets, and acknowledges nothing by itself.
 * @param refuse an HTTP status for a handshake, 0 to leave it unanswered; undefined to let it through
 * @param autoPong whether pings are answered
 */
export async function liveServer(
  behave: Behaviour,
  refuse: (n: number) => number | undefined = () => undefined,
  autoPong = true,
) {
  const connections: Connection[] = [];
  const bodies: Record<string, unknown>[] = [];
  const urls: string[] = [];
  /** Of each request: its method and the key that came with it. */
  const keys: string[] = [];
  const create: ((n: number) => { status: number; body: object } | undefined)[] = [];
  const messages: string[] = [];
  let handshakes = 0;
  const server = createServer(async (request, response) => {
    let body = "";
    keys.push(`${request.method} ${request.headers["x-gladia-key"]}`);
    for await (const chunk of request) body += String(chunk);
    if (request.method === "GET") {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ id: "session-1", status: "done", result: { messages } }));
      return;
    }
    bodies.push(JSON.parse(body || "{}"));
    urls.push(request.url ?? "");
    const answer = create[0]?.(bodies.length - 1);
    const session = {
      id: `session-${bodies.length}`,
      url: `ws://127.0.0.1:${port()}/v2/live?token=a-secret-token-of-the-session`,
    };
    response.writeHead(answer?.status ?? 201, { "content-type": "application/json" });
    response.end(JSON.stringify(answer?.body ?? session));
  });
  const port = () => (server.address() as AddressInfo).port;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 1024 * 1024, autoPong });
  server.on("upgrade", (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    const status = refuse(handshakes++);
    if (status === 0) {
      stream.on("end", () => stream.end()).resume();
      return;
    }
    if (status !== undefined) {
      stream.end(`HTTP/1.1 ${status} Refused\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, stream, head, (socket) => {
      const connection: Connection = { number: connections.length, frames: [], said: [] };
      connections.push(connection);
      socket.on("error", () => {});
      socket.on("message", (data, isBinary) => {
        if (isBinary) connection.frames.push(data as Buffer);
        else connection.said.push(JSON.parse(String(data)));
      });
      behave(socket, connection);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${port()}`,
    ...{ connections, bodies, urls, keys, create, messages, sockets },
    get handshakes() {
      return handshakes;
    },
    async close() {
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Acknowledges each chunk, counting from `start`, and ends when it is asked to stop. */
export function obliging(socket: WebSocket, start = 0): void {
  let count = start;
  const say = (message: object) => socket.send(JSON.stringify({ session_id: "session-1", ...message }));
  socket.on("message", (data, isBinary) => {
    const frame = isBinary ? undefined : JSON.parse(String(data));
    if (frame?.type === "stop_recording") {
      say({ type: "stop_recording", acknowledged: true, error: null, data: {} });
      socket.close(1000);
      return;
    }
    const from = count;
    if (isBinary) count += (data as Buffer).length;
    say({ type: "audio_chunk", acknowledged: true, error: null, data: { byte_range: [from, count] } });
  });
}
