import type { NodeAPI } from "node-red";
import { type Mailbox, Receiver } from "../../src/callbacks/receiver";

/** As node:http calls it; the arguments are handed on. */
type Listener = (...request: Parameters<Receiver["handle"]>) => void;

interface HttpServer {
  listeners(event: "request"): Listener[];
  on(event: "request", listener: Listener): void;
  removeAllListeners(event: "request"): void;
}

interface ExpressApp {
  use(handler: (...request: [...Parameters<Receiver["handle"]>, () => void]) => void): void;
  _router?: { stack: unknown[] };
}

interface Door {
  receiver: Receiver;
  /** Takes the receiver away; gives false when it has to stay. */
  close(): boolean;
}

const doors = new WeakMap<object, Door>();

/**
 * Lets letters for an account in, before Node-RED's own parsers, which would refuse large ones, and wherever its roots
 * are. One receiver serves a whole Node-RED, as long as there is an account to serve. Routes of Node-RED cannot be
 * removed; this can.
 * @returns what takes the mailbox away; undefined when another account has the same id
 */
export function openDoor(RED: NodeAPI, box: Mailbox): (() => void) | undefined {
  const server = RED.server as unknown as HttpServer | null | undefined;
  const isServer = typeof server?.listeners === "function";
  const place = isServer ? server : RED.httpNode;
  let door = doors.get(place);
  if (!door) {
    const receiver = new Receiver();
    const apps = [RED.httpAdmin, RED.httpNode] as unknown as (ExpressApp | undefined)[];
    door = { receiver, close: isServer ? standBefore(server, receiver) : standOnTop(apps, receiver) };
    doors.set(place, door);
  }
  const { receiver, close } = door;
  const leave = receiver.join(box);
  return (
    leave &&
    (() => {
      leave();
      if (receiver.size === 0 && close()) doors.delete(place);
    })
  );
}

/** The server asks the receiver first, and then whoever listened. */
function standBefore(server: HttpServer, receiver: Receiver): Door["close"] {
  const others = server.listeners("request");
  const first: Listener = (request, response) => {
    if (receiver.handle(request, response)) return;
    for (const listener of others) listener.call(server, request, response);
  };
  server.removeAllListeners("request");
  server.on("request", first);
  return () => {
    const present = server.listeners("request");
    // Somebody stands before us by now and calls us: then this stays, passes everything on, and is used again.
    if (!present.includes(first)) return false;
    server.removeAllListeners("request");
    for (const listener of present.flatMap((one) => (one === first ? others : [one]))) server.on("request", listener);
    return true;
  };
}

/** In a program that has not told Node-RED its server, the receiver stands on top of Node-RED's two applications. */
function standOnTop(apps: (ExpressApp | undefined)[], receiver: Receiver): Door["close"] {
  const undo = apps.flatMap((app) => {
    if (typeof app?.use !== "function") return [];
    app.use((request, response, next) => {
      if (!receiver.handle(request, response)) next();
    });
    const stack = app._router?.stack ?? [];
    const layer = stack.pop();
    stack.unshift(layer);
    return [() => stack.splice(stack.indexOf(layer), 1)];
  });
  return () => {
    for (const remove of undo) remove();
    return true;
  };
}
