import type { Node, NodeAPI, NodeConstructor } from "node-red";
import { GladiaError } from "../src/errors";
import { loadUndici } from "../src/http/transport";
import type { Account } from "../src/jobs/account";
import { Users } from "../src/jobs/users";
import { type AccountNode, readKeySource } from "./account/account";
import { endCallbacks } from "./account/callbacks";
import { type ConfigDef, openAccount } from "./account/open-account";
import { serveAddress } from "./admin/callback-address";
import { serveConnectionCheck } from "./admin/connection-check";
import { endFeed } from "./admin/job-feed";
import { endTrials } from "./admin/try-it";
import { deploysOf } from "./messages/deploys";
import { ACCOUNT_CREDENTIALS } from "./shared/credentials";
import { translateError } from "./shared/texts";

/** For an account that is opening when Node-RED closes it, which waits for 15 seconds. */
const OPENING_MS = 5000;

/** The account: one client, one set of connections and one tracker, shared by all nodes that use it. */
export default function (RED: NodeAPI): void {
  deploysOf(RED); // it has to see the first start

  function GladiaConfig(this: AccountNode, def: ConfigDef) {
    RED.nodes.createNode(this, def);
    let opened: Promise<Account> | undefined;
    const users = new Users();
    this.subscribers = new Set();
    const closing = new AbortController();
    let isClosing = false;
    const stopOpening = () => {
      closing.abort(new GladiaError("GLADIA_CANCELLED", "config-closed", {}, { retryable: true }));
    };
    const onHeld = (error: GladiaError) => {
      this.heldBy = translateError(RED, error);
      this.warn(this.heldBy.message);
      if (isClosing) stopOpening();
    };
    const open = async () => {
      try {
        this.keyFrom = readKeySource(RED, this, def);
        return await openAccount(RED, this, def, this.subscribers, users, { signal: closing.signal, onHeld });
      } finally {
        this.heldBy = undefined;
      }
    };
    this.account = () => {
      opened ??= open();
      return opened;
    };
    // Callbacks may come before the first message.
    const receive = () => {
      this.account().catch((error: unknown) => {
        if (closing.signal.aborted) return; // its successor receives them
        endCallbacks(RED, this.id);
        this.error(error instanceof GladiaError ? translateError(RED, error) : error);
      });
    };
    if (def.callbackUrl) RED.events.once("flows:started", receive);
    else endCallbacks(RED, this.id);
    // The first message is not to find everything unloaded, nor the start to wait for what only messages need.
    const prepare = () => {
      loadUndici().catch(() => {}); // the first request says what is wrong
    };
    RED.events.once("flows:started", prepare);
    this.enter = () => users.enter();
    this.claim = (node, resume) => {
      let isGone = false;
      let leave = () => {};
      this.account().then(
        (account) => {
          if (!isGone) leave = account.claim(node, resume);
        },
        () => {}, // an account that cannot be used says so to the messages that come
      );
      return () => {
        isGone = true;
        leave();
      };
    };
    this.on("close", (removed: boolean, done: (error?: Error) => void) => {
      if (removed) endFeed(this.id);
      endTrials(this.id);
      RED.events.removeListener("flows:started", receive);
      RED.events.removeListener("flows:started", prepare);
      isClosing = true;
      // What is just opening opens, to keep the messages that came meanwhile; what waits for another process does not.
      if (this.heldBy || !opened) stopOpening();
      else {
        const late = setTimeout(stopOpening, OPENING_MS);
        void opened
          .catch(() => undefined)
          .then(() => {
            clearTimeout(late);
            stopOpening();
          });
      }
      const close = async () => (await opened?.catch(() => undefined))?.close(removed);
      close()
        .then(() => removed && endCallbacks(RED, this.id))
        .then(() => done(), done);
    });
  }
  const type = GladiaConfig as unknown as NodeConstructor<Node, ConfigDef, object>;
  RED.nodes.registerType("gladia-config", type, {
    credentials: ACCOUNT_CREDENTIALS,
  });
  serveConnectionCheck(RED);
  serveAddress(RED);
}
