import type { Node, NodeAPI, NodeConstructor, NodeDef } from "node-red";
import { ACCOUNT_CREDENTIALS } from "./credentials";

/** What a file of `nodes/` exports: it registers a node, and serves what its dialog asks for. */
type Definition = (RED: NodeAPI) => void;
type Constructor = NodeConstructor<Node, NodeDef, object>;

/** What Node-RED has to know of a node before there is one. */
const OPTIONS: Record<string, object> = {
  "gladia-config": { credentials: ACCOUNT_CREDENTIALS },
};
/** Where the editor asks for something before there is a node. */
const ROUTES: Record<string, string[]> = {
  "gladia-config": ["/gladia-config"],
  "gladia-transcribe": ["/gladia-transcribe"],
  "gladia-sidebar": ["/gladia-sidebar"],
};

/**
 * Registers a node, or a plugin, whose code is loaded when a flow first has one or the editor first asks: a palette with
 * all of them is to cost a start nothing.
 * @param load gives what the file of that name in `nodes/` exports
 */
export function registerOnFirstUse(RED: NodeAPI, name: string, load: () => Definition): void {
  let create: Constructor | undefined;
  let isLoaded = false;
  const define = () => {
    if (isLoaded) return;
    load()(
      capturing(RED, (registered) => {
        create = registered;
      }),
    );
    isLoaded = true; // what could not be loaded says so to each node
  };
  const routes = ROUTES[name];
  // Node-RED without an editor has only a part of an express application.
  if (routes) {
    RED.httpAdmin.use?.(routes, (_request, _response, next) => {
      define();
      next();
    });
  }
  if (name === "gladia-sidebar") return;
  const type = function (this: Node, def: NodeDef) {
    define();
    create?.call(this, def);
  };
  RED.nodes.registerType(name, type as unknown as Constructor, OPTIONS[name]);
}

/** Node-RED's API for a file of `nodes/` whose node is registered already. */
function capturing(RED: NodeAPI, registered: (create: Constructor) => void): NodeAPI {
  const nodes = Object.create(RED.nodes, {
    registerType: { value: (_type: string, create: Constructor) => registered(create) },
  });
  return Object.create(RED, { nodes: { value: nodes } });
}
