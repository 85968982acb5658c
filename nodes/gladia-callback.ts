import type { Node, NodeAPI, NodeDef, NodeMessage } from "node-red";
import type { Listener, Report } from "../src/callbacks/delivery";
import { GladiaError, type TextKey, type TextParams } from "../src/errors";
import { jobFailure } from "../src/jobs/failure";
import { OUTPUTS, type Output } from "../src/output";
import { accountNode } from "./account/account";
import { choiceSetting } from "./account/settings";
import { deploysOf } from "./messages/deploys";
import { asError, gather, type Message, putError, putResult } from "./messages/message";
import { translate, translateError } from "./shared/texts";

interface CallbackDef extends NodeDef {
  config?: string;
  events?: string[];
  result?: boolean;
  output?: string;
}

/** A message for each callback and webhook of an account, with the transcript where there is one. */
export default function (RED: NodeAPI): void {
  function GladiaCallback(this: Node, def: CallbackDef) {
    RED.nodes.createNode(this, def);
    let leave = () => {};

    const start = () => {
      try {
        const account = accountNode(RED, def.config);
        const listener = listen(RED, this, def);
        account.subscribers.add(listener);
        leave = () => account.subscribers.delete(listener);
        account.account().then(
          ({ callbacks }) => show(callbacks.fault),
          (error: unknown) => fail(error),
        );
      } catch (error) {
        fail(error);
      }
    };
    const show = (fault: { key: TextKey; params: TextParams } | undefined) => {
      if (RED.nodes.getNode(this.id) !== this) return;
      if (!fault) {
        this.status({ fill: "green", shape: "ring", text: "gladia-callback.status.listening" });
        return;
      }
      this.warn(translate(RED, fault.key, fault.params));
      this.status({ fill: "yellow", shape: "ring", text: "gladia-callback.status.unreachable" });
    };
    const fail = (error: unknown) => {
      const told = error instanceof GladiaError ? translateError(RED, error) : error;
      this.error(told);
      this.status({ fill: "red", shape: "ring", text: error instanceof GladiaError ? error.code : "error" });
    };

    RED.events.once("flows:started", start);
    this.on("close", () => {
      RED.events.removeListener("flows:started", start);
      leave();
      this.status({});
    });
  }
  RED.nodes.registerType("gladia-callback", GladiaCallback);
}

/** @throws GladiaError GLADIA_CONFIG */
function listen(RED: NodeAPI, node: Node, def: CallbackDef): Listener {
  const output = choiceSetting(RED, node, "output", def.output, OUTPUTS);
  const events = Array.isArray(def.events) ? def.events : [];
  return {
    id: node.id,
    wants: (event) => events.length === 0 || events.includes(event),
    fetches: def.result === true,
    tell: async (report) => {
      const deploys = deploysOf(RED);
      if (!deploys.isOpen(node)) return false;
      const msg = newMessage(RED, report);
      try {
        if (report.failure) throw report.failure;
        await fillMessage(RED, node, msg, report, output);
        if (!deploys.isOpen(node)) return false;
        return await deploys.deliver(node, msg, (out) => node.send(out as NodeMessage));
      } catch (reason) {
        const error = asError(RED, reason);
        putError(msg, error);
        node.error(error, msg as NodeMessage);
        return true;
      }
    },
  };
}

/** Who told what of which job. The payload is what the next node needs to read the job: its id. */
function newMessage(RED: NodeAPI, { event: told }: Report): Message {
  const { id, event, source, custom_metadata } = told;
  return {
    _msgid: RED.util.generateId(),
    topic: event,
    payload: id,
    gladia: { id, event, source, ...(custom_metadata ? { custom_metadata } : {}) },
  };
}

/** @throws GladiaError GLADIA_RESPONSE when a job that is done has no transcript */
async function fillMessage(
  RED: NodeAPI,
  node: Node,
  msg: Message,
  { event, job }: Report,
  output: Output,
): Promise<void> {
  if (event.source === "live") {
    msg.payload = event.payload;
  } else if (job?.status === "done") {
    await putResult(msg, job, output, (name, message) => translate(RED, "warning-add-on", { name, message }));
    for (const warning of msg.gladia?.warnings ?? []) node.warn(warning);
  } else if (job) {
    gather(msg, { job });
    putError(msg, translateError(RED, jobFailure(job, event.error?.message)));
    msg.payload = msg.gladia?.error;
  }
}
