import { type IncomingMessage, type Server, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { type Control, type RecordedRequest, remember } from "../control";
import { Connection } from "./connection";
import type { LiveSessions } from "./sessions";

/** Bytes of the largest frame; more closes the socket with 1009. */
const MOST_FRAME = 1_048_576;

/** What upgrades are answered with. */
export interface UpgradeParts {
  sessions: LiveSessions;
  control: Control;
}

/** What a handshake asks for; an address that is none names nothing. */
function addressOf({ url = "" }: IncomingMessage): URL {
  const base = "http://engine";
  return URL.canParse(url, base) ? new URL(url, base) : new URL(base);
}

/** Answers a handshake with an HTTP status and ends the connection. */
function refuse(socket: Duplex, status: number, message: string): void {
  const body = JSON.stringify({ statusCode: status, message });
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Refused"}\r\nConnection: close\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** Notes a handshake; the token, which opens the session, is not kept. */
function record({ headers, method = "GET" }: IncomingMessage, pathname: string, control: Control): RecordedRequest {
  const { "x-gladia-key": key, ...rest } = headers;
  const seen: RecordedRequest = { route: "socket", method, url: pathname, key: key !== undefined, headers: rest };
  control.counts.socket += 1;
  remember(control.requests, seen);
  return seen;
}

/**
 * Has a server take the WebSockets of live sessions.
 * @returns ends those that are still open
 */
export function acceptSockets(server: Server, parts: UpgradeParts): () => void {
  const { sessions, control } = parts;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MOST_FRAME });
  const held = new Set<Duplex>();

  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    held.add(socket);
    socket.on("error", () => undefined).on("close", () => held.delete(socket));
    const { pathname, searchParams } = addressOf(request);
    const seen = record(request, pathname, control);
    const answer = (status: number, message: string) => {
      seen.status = status;
      refuse(socket, status, message);
    };
    if (!/^\/v2\/live\/?$/.test(pathname)) return answer(404, `Cannot GET ${pathname}`);
    const session = sessions.find(searchParams.get("token") ?? "");
    if (session === undefined) return answer(403, "There is no live session with this token");
    const faults = control.takeSocketFaults(session.job.custom_metadata);
    const fault = faults.find(({ kind }) => kind === "refuse" || kind === "hang" || kind === "reset");
    if (fault !== undefined) seen.fault = fault.kind;
    if (fault?.kind === "refuse") return answer(fault.status ?? 403, "Injected fault");
    if (fault?.kind === "hang") return;
    if (fault?.kind === "reset") return request.socket.resetAndDestroy();
    sockets.handleUpgrade(request, socket, head, (ws) => {
      seen.status = 101;
      session.connect(new Connection(ws, request.socket, session, control, faults));
    });
  };
  server.on("upgrade", upgrade);
  return () => {
    for (const socket of held) socket.destroy();
    sockets.close();
  };
}
