import type { IncomingMessage } from "node:http";

/** Milliseconds for whoever goes on sending to read the answer. */
const LINGER = 2000;
/** Milliseconds between two looks. */
const LOOK = 100;

/** Cuts the connection of a request that was answered and whose body does not end. */
export function cutUnread(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return;
  const timer = setTimeout(() => request.destroy(), LINGER);
  request.once("end", () => clearTimeout(timer)).once("close", () => clearTimeout(timer));
}

/**
 * Cuts the connection of a request with more bytes than it may have, whatever they are: what goes before a form's first
 * part, and the names of its parts, nobody else counts.
 * @param most bytes from now on, as they come over the network
 * @returns ends the watch
 */
export function cutEndless(request: IncomingMessage, most: number): () => void {
  const { socket } = request;
  const before = socket.bytesRead;
  const timer = setInterval(() => {
    if (socket.bytesRead - before > most) request.destroy();
  }, LOOK);
  return () => clearInterval(timer);
}
