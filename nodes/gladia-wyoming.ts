import type { Node, NodeAPI } from "node-red";
import { GladiaError } from "../src/errors";
import { WyomingServer } from "../src/wyoming/server";
import { asError } from "./messages/message";
import { Messages } from "./messages/messages";
import { WyomingListening } from "./wyoming/listening";
import { Replies } from "./wyoming/replies";
import { readWyomingSettings, type WyomingDef } from "./wyoming/settings";
import { WyomingStatus } from "./wyoming/status";

/** Seconds until a port that is taken is tried again. */
const AGAIN = 5;

/** A Wyoming speech-to-text server for Home Assistant: the text out, then everything else. */
export default function (RED: NodeAPI): void {
  function GladiaWyoming(this: Node, def: WyomingDef) {
    RED.nodes.createNode(this, def);
    const status = new WyomingStatus(this);
    let replies: Replies | undefined;
    let isClosed = false;
    let server: WyomingServer | undefined;
    let listening: WyomingListening | undefined;
    let again: NodeJS.Timeout | undefined;
    let isTold = false;

    const serve = async () => {
      try {
        const settings = readWyomingSettings(RED, this, def);
        const { host, port, replyTimeout } = settings;
        replies = replyTimeout === undefined ? undefined : new Replies(replyTimeout);
        listening ??= new WyomingListening(RED, this, { def, settings, replies, status });
        server = new WyomingServer({ host, port, listening });
        await server.listen().catch((error: NodeJS.ErrnoException) => {
          const reason = error.code ?? error.message;
          throw new GladiaError(
            "GLADIA_CONFIG",
            "wyoming-port",
            { host, port, reason, seconds: AGAIN },
            { retryable: true },
          );
        });
        if (isClosed) await server.close();
        else status.listening(true);
        isTold = false;
      } catch (error) {
        server = undefined;
        if (isClosed) return;
        if (!isTold) this.error(asError(RED, error));
        isTold = true;
        status.listening(false, error instanceof GladiaError ? error.code : "error");
        if (error instanceof GladiaError && error.cause.retryable) again = setTimeout(() => void serve(), AGAIN * 1000);
      }
    };

    new Messages(RED, this, {
      work: async () => [], // of a reply that comes while the node closes: nobody waits for it any more
      controls: false,
      intercept: (incoming, run) => {
        if (isClosed) return false;
        try {
          (replies ?? new Replies(0)).take(incoming.msg);
          incoming.done();
        } catch (error) {
          run(incoming, async () => {
            throw error;
          });
        }
        return true;
      },
    });
    const served = serve();
    this.on("close", (done: (error?: Error) => void) => {
      isClosed = true;
      clearTimeout(again);
      status.close();
      const ended = served.then(() => Promise.all([listening?.close(), server?.close()]));
      ended.then(() => done(), done);
    });
  }
  RED.nodes.registerType("gladia-wyoming", GladiaWyoming);
}
