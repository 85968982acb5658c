import type { Node, NodeAPI } from "node-red";

/**
 * Tells Catch nodes of an error of a node that a deploy took away, as if it were still there: its own way to them ends
 * at those that were closed with it. Where its tab is gone, the error goes to the log alone.
 */
export function tellCatch(RED: NodeAPI, gone: Node, error: Error, msg: object): void {
  const neighbour = neighbourOf(RED, gone);
  if (!neighbour) {
    gone.error(error);
    return;
  }
  const { id, type, name, g } = gone as Node & { g?: string };
  const voice = Object.create(neighbour, {
    id: { value: id },
    type: { value: type },
    name: { value: name },
    g: { value: g },
  }) as Node;
  voice.error(error, msg as Parameters<Node["error"]>[1]);
}

/** A node that runs where the other one was: in its subflow or tab, else in those around it. */
function neighbourOf(RED: NodeAPI, { z, _path }: Node & { _path?: string }): Node | undefined {
  const around = [z, ...(_path?.split("/").slice(0, -1).reverse() ?? [])];
  for (const place of around) {
    const instance = place ? RED.nodes.getNode(place) : null;
    if (instance) return instance;
    let found: Node | undefined;
    RED.nodes.eachNode(({ id, type, z: tab }) => {
      if (tab === place && !type.startsWith("subflow:")) found ??= RED.nodes.getNode(id) ?? undefined;
    });
    if (found) return found;
  }
  return undefined;
}
