import type { Node, NodeAPI } from "node-red";
import { LiveSessions } from "./live/sessions";
import type { LiveDef } from "./live/settings";
import { type Incoming, Messages } from "./messages/messages";

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
      work: async () => [], // of a message that comes while the node closes: its successor takes it
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
