import type { Node, NodeAPI, NodeDef } from "node-red";
import { GladiaError } from "../src/errors";
import { isJobId } from "../src/job-id";
import { isObject } from "../src/options/merge";
import { OUTPUTS } from "../src/output";
import { choiceSetting, numberSetting } from "./account/settings";
import { type Handler, onInput } from "./messages/input";
import type { Message } from "./messages/message";
import { evaluate } from "./messages/property";
import { finish, ProgressReport, waitForResult } from "./messages/waiting";

interface GetResultDef extends NodeDef {
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
        await finish(RED, this, msg, job, output);
      } else {
        if (!context.resumed) await context.persist({ id, state: "created" });
        const report = new ProgressReport(msg, context);
        await waitForResult(id, msg, context, { report, output, interval, deadline, RED, node: this });
      }
      return [msg, null];
    };
    onInput(RED, this, { config: def.config, handle });
  }
  RED.nodes.registerType("gladia-get-result", GladiaGetResult);
}

/** A job's id: the value itself, or of a job or `result_url`; where it is none of these, the one in `msg.gladia`. */
function jobId(value: unknown, msg: Message): string {
  if (isObject(value) && isJobId(value["id"])) return value["id"];
  const text = typeof value === "string" ? value.trim() : undefined;
  if (text && /^https?:\/\//i.test(text) && URL.canParse(text)) {
    const last = new URL(text).pathname.split("/").filter(Boolean).pop();
    if (isJobId(last)) return last;
  }
  const known = msg.gladia?.id;
  // A message whose work is done carries the text, which may be one word.
  if (isJobId(text) && !(text === msg.gladia?.text && isJobId(known))) return text;
  if (isJobId(known)) return known;
  throw new GladiaError("GLADIA_CONFIG", "job-id");
}
