import type { Node, NodeAPI, NodeConstructor } from "node-red";
import { GladiaError } from "../src/errors";
import { loadUndici } from "../src/http/transport";
import type { Entry } from "../src/jobs/entry";
import type { Account, AccountNode } from "./shared/account";
import { serveTest } from "./shared/account-test";
import { serveAddress } from "./shared/callback-address";
import { endWatch } from "./shared/job-watch";
import { type ConfigDef, closeAccount, openAccount, Users } from "./shared/open-account";
import { translateError } from "./shared/texts";

/** The account: one client, one set of connections and one tracker, shared by all nodes that use it. */
export default function (RED: NodeAPI): void {
  function GladiaConfig(this: AccountNode, def: ConfigDef) {
    RED.nodes.createNode(this, def);
    let opened: Promise<Account> | undefined;
    const users = new Users();
    this.subscribers = new Set();
    this.account = () => {
      opened ??= openAccount(RED, this, def, this.subscribers, adopt);
      return opened;
    };
    // Callbacks may come before the first message.
    const receive = () => {
      this.account().catch((error: unknown) => {
        this.error(error instanceof GladiaError ? translateError(RED, error) : error);
      });
    };
    if (def.callbackUrl) RED.events.once("flows:started", receive);
    // The first message is not to find everything unloaded, nor the start to wait for what only messages need.
    const prepare = () => {
      loadUndici().catch(() => {}); // the first request says what is wrong
    };
    RED.events.once("flows:started", prepare);
    this.enter = () => users.enter();
    const resuming = new Map<string, () => void>();
    this.takeUp = (node, resume) => {
      const start = () => {
        this.account().then(
          ({ ledger }) => ledger.take(node).forEach(resume),
          () => {}, // an account that cannot be used says so to the messages that come
        );
      };
      resuming.set(node, start);
      start();
      return () => resuming.delete(node);
    };
    const adopt = (entry: Entry) => resuming.get(entry.node)?.();
    this.on("close", (removed: boolean, done: (error?: Error) => void) => {
      if (removed) endWatch(this.id);
      RED.events.removeListener("flows:started", receive);
      RED.events.removeListener("flows:started", prepare);
      closeAccount(opened, users).then(() => done(), done);
    });
  }
  const type = GladiaConfig as unknown as NodeConstructor<Node, ConfigDef, object>;
  RED.nodes.registerType("gladia-config", type, {
    credentials: { apiKey: { type: "password" }, webhookSecret: { type: "password" } },
  });
  serveTest(RED);
  serveAddress(RED);
}
