import type { Node, NodeAPI } from "node-red";
import type { Account } from "../../src/jobs/account";
import { isObject, mergeOptions, type Options } from "../../src/options/merge";
import type { LiveDef } from "./settings";

/**
 * The options of a session. Partials are asked for where the second output is wired and the options say nothing else.
 * @throws GladiaError GLADIA_OPTIONS with every fault at once
 */
export function liveOptions(
  _RED: NodeAPI,
  node: Node,
  def: LiveDef,
  _account: Account,
  given: Options | undefined,
): Options {
  const options = mergeOptions(def.options, given);
  const messages = isObject(options["messages_config"]) ? options["messages_config"] : {};
  const { wires } = node as unknown as { wires?: string[][] };
  if (!wires?.[1]?.length || messages["receive_partial_transcripts"] !== undefined) return options;
  return { ...options, messages_config: { ...messages, receive_partial_transcripts: true } };
}
