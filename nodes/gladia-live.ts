import type { Node, NodeAPI } from "node-red";
import { LiveSessions } from "./live/sessions";
import type { LiveDef } from "./live/settings";
import { type Incoming, Messages } from "./messages/messages";
import { closedError } from "./messages/resume";

/** Audio while it is spoken in; finals, partials and everything else that the session says out. */
export default function (RED: NodeAPI): void {
  function GladiaLive(this: Node, def: LiveDef) {
    RED.nodes.createNode(this, def);
    let runs: ((incoming: Incoming, work: () => Promise<never>) => void) | undefined;
    const sessions = new LiveSessions(RED, this, def, (incoming, error) =>
      runs?.(incoming, async () => {
        throw error;
      }),
    );
    new Messages(RED, this, {
      // Of a message that came while the node closed, and comes again to its successor.
      work: ({ msg, send }) =>
        new Promise((resolve, reject) => {
          const done = (error?: Error) => (error ? reject(error) : resolve([]));
          if (!sessions.take({ msg, send, done })) reject(closedError());
        }),
      controls: false,
      intercept: (incoming, run) => {
        runs = run;
        return sessions.take(incoming);
      },
    });
    this.on("close", (done: () => void) => void sessions.close().then(done, done));
  }
  RED.nodes.registerType("gladia-live", GladiaLive);
}
