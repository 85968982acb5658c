import type { NodeAPI } from "node-red";
import { type Endpoint, Receiver } from "../../src/callbacks/receiver";
import { deploysOf } from "../messages/deploys";

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

interface Mount {
  receiver: Receiver;
  /** Takes the receiver away; gives false when it has to stay. */
  unmount(): boolean;
}

const mounts = new WeakMap<object, Mount>();

/**
 * Lets requests for an account in, before Node-RED's own parsers, which would refuse large ones, and wherever its roots
 * are. One receiver serves a whole Node-RED, as long as there is an account to serve. Routes of Node-RED cannot be
 * removed; this can.
 * @returns what takes the endpoint away, with or without a place for its successor; undefined when another account has
 * the same id
 */
export function mountReceiver(RED: NodeAPI, endpoint: Endpoint): ((isReserved: boolean) => void) | undefined {
  const place = placeOf(RED);
  let mount = mounts.get(place);
  if (!mount) {
    const receiver = new Receiver(deploysOf(RED).gate);
    const apps = [RED.httpAdmin, RED.httpNode] as unknown as (ExpressApp | undefined)[];
    const server = serverOf(RED);
    const unmount = server ? prependToServer(server, receiver) : prependToApps(apps, receiver);
    mount = { receiver, unmount };
    mounts.set(place, mount);
  }
  const leave = mount.receiver.join(endpoint);
  return (
    leave &&
    ((isReserved) => {
      leave(isReserved);
      unmountUnused(RED);
    })
  );
}

/** An account that was deployed anew receives nothing any more, so that what waits for it is turned away. */
export function releaseEndpoint(RED: NodeAPI, id: string): void {
  mounts.get(placeOf(RED))?.receiver.release(id);
  unmountUnused(RED);
}

function unmountUnused(RED: NodeAPI): void {
  const place = placeOf(RED);
  const mount = mounts.get(place);
  if (mount?.receiver.size === 0 && mount.unmount()) mounts.delete(place);
}

function placeOf(RED: NodeAPI): object {
  return serverOf(RED) ?? RED.httpNode;
}

/** Undefined in a program that has not told Node-RED its server. */
function serverOf(RED: NodeAPI): HttpServer | undefined {
  const server = RED.server as unknown as HttpServer | null | undefined;
  return typeof server?.listeners === "function" ? server : undefined;
}

/** The server asks the receiver first, and then whoever listened. */
function prependToServer(server: HttpServer, receiver: Receiver): Mount["unmount"] {
  const others = server.listeners("request");
  const first: Listener = (request, response) => {
    if (receiver.handle(request, response)) return;
    for (const listener of others) listener.call(server, request, response);
  };
  server.removeAllListeners("request");
  server.on("request", first);
  return () => {
    const present = server.listeners("request");
    // Another module has put itself before us and calls us: then this stays, passes everything on, and is used again.
    if (!present.includes(first)) return false;
    server.removeAllListeners("request");
    for (const listener of present.flatMap((one) => (one === first ? others : [one]))) server.on("request", listener);
    return true;
  };
}

/** In a program that has not told Node-RED its server, the receiver comes first in Node-RED's two applications. */
function prependToApps(apps: (ExpressApp | undefined)[], receiver: Receiver): Mount["unmount"] {
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
