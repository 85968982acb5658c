import type { Node, NodeAPI, NodeDef } from "node-red";
import { GladiaError } from "../src/errors";
import { isJobId, isUuid } from "../src/job-id";
import { OUTPUTS } from "../src/output";
import { choiceSetting, numberSetting } from "./account/settings";
import { type Handler, onInput } from "./messages/input";
import { idIn } from "./messages/job-ids";
import type { Message } from "./messages/message";
import { evaluate, type OutputSettings } from "./messages/property";
import { finish, ProgressReport, waitForResult } from "./messages/waiting";

interface GetResultDef extends NodeDef, OutputSettings {
  config?: string;
  job?: string;
  jobType?: string;
  output?: string;
  interval?: string | number;
  deadline?: string | number;
}

/** The id of a job in, its result out, as soon as it is there. Output 2 is progress. */
export default function (RED: NodeAPI): void {
  function GladiaGetResult(this: Node, def: GetResultDef) {
    RED.nodes.createNode(this, def);
    const handle: Handler = async (msg, context) => {
      const output = choiceSetting(RED, this, "output", def.output, OUTPUTS);
      const interval = numberSetting(RED, this, "interval", def.interval, undefined, { min: 0.1 });
      const deadline = numberSetting(RED, this, "deadline", def.deadline, undefined, { min: 0.001 });
      const id =
        context.resumed?.id ?? jobId(await evaluate(RED, this, def.job ?? "payload", def.jobType || "msg", msg), msg);
      const job = msg.gladia?.job;
      if (job?.id === id && job.status === "done") {
        await finish(msg, job, { RED, node: this, output, place: def });
      } else {
        if (!context.resumed) await context.persist({ id, state: "created" });
        const report = new ProgressReport(msg, context);
        await waitForResult(id, msg, context, { report, output, interval, deadline, RED, node: this, place: def });
      }
      return [msg, null];
    };
    onInput(RED, this, { config: def.config, handle });
  }
  RED.nodes.registerType("gladia-get-result", GladiaGetResult);
}

/**
 * A job's id: the one that a value is or names; where it is none, the one in `msg.gladia`. A word can look like an id: the
 * text of a message whose work is done, or a payload that another *Put into* left alone.
 */
function jobId(value: unknown, msg: Message): string {
  const found = idIn(value);
  const known = msg.gladia?.id;
  if (!isJobId(known)) {
    if (found !== undefined) return found;
    throw new GladiaError("GLADIA_CONFIG", "job-id");
  }
  const isText = typeof value === "string" && value.trim() === msg.gladia?.text;
  if (found === undefined || isText || (isUuid(known) && !isUuid(found))) return known;
  return found;
}
