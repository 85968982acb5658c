import type { Node, NodeAPI, NodeDef } from "node-red";
import { FORMATS, format } from "../src/format";
import { choiceSetting } from "./account/settings";
import { type FormatFields, formatSettings } from "./messages/format-settings";
import type { Message, Out } from "./messages/message";
import { Messages } from "./messages/messages";
import { evaluate, type OutputSettings, putOutput } from "./messages/property";
import { sequenceOf } from "./messages/sequence";

interface FormatDef extends NodeDef, FormatFields, OutputSettings {
  source?: string;
  sourceType?: string;
  format?: string;
}

const JOB = "gladia.job";

/** A result in, text, captions, minutes, a table or its parts out. It works without network and account. */
export default function (RED: NodeAPI): void {
  function GladiaFormat(this: Node, def: FormatDef) {
    RED.nodes.createNode(this, def);
    const [source, sourceType] = [def.source || JOB, def.sourceType || "msg"];

    const work = async (msg: Message): Promise<Out> => {
      const form = choiceSetting(RED, this, "format", def.format, FORMATS);
      const settings = await formatSettings(RED, this, def, msg, form);
      const value = await evaluate(RED, this, source, sourceType, msg);
      const isDefault = source === JOB && sourceType === "msg";
      const made = await format(value ?? (isDefault ? liveIn(msg) : undefined), form, settings);
      const isSequence = (form === "utterances" || form === "sentences") && (def.propertyType || "msg") === "msg";
      if (isSequence && Array.isArray(made)) {
        const from = sourceType === "msg" ? source : undefined;
        return [sequenceOf(RED, msg, made, { source: from, property: def.property || "payload" })];
      }
      await putOutput(RED, this, msg, def, made);
      return msg;
    };

    new Messages(RED, this, { work: ({ msg }) => work(msg) });
  }
  RED.nodes.registerType("gladia-format", GladiaFormat);
}

/** What the live node sends: its message, or messages that a join node gathered. */
function liveIn({ gladia, payload }: Message & { gladia?: { message?: unknown } }): unknown {
  return gladia?.message ?? payload;
}
