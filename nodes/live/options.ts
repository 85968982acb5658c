import type { Node, NodeAPI } from "node-red";
import type { Account } from "../../src/jobs/account";
import { type Options, readLiveOptions } from "../../src/options";
import { isObject } from "../../src/options/merge";
import { presetOf } from "../account/account";
import { translate } from "../shared/texts";
import type { LiveDef } from "./settings";

/** What was told once of each node: it is the same for all of its sessions. */
const told = new WeakMap<Node, Set<string>>();

/**
 * The options of a session. Partials are asked for where the second output is wired and the options say nothing else.
 * @param client those that a client of the node asks for, where node and preset say nothing else
 * @throws GladiaError GLADIA_OPTIONS with every fault at once, GLADIA_CONFIG for a preset that is gone
 */
export function liveOptions(
  RED: NodeAPI,
  node: Node,
  def: LiveDef,
  account: Account,
  given: Options | undefined,
  client?: Options,
): Options {
  const preset = presetOf(account, def.preset);
  const layers = { account: account.settings.options, client, preset, node: def.options, message: given };
  const { options, old, left } = readLiveOptions(layers);
  const tell = (key: "warning-old-options" | "warning-live-left-out", options: string[]) => {
    const names = options.join(", ");
    const seen = told.get(node) ?? new Set();
    if (names === "" || seen.has(key + names)) return;
    told.set(node, seen.add(key + names));
    node.warn(translate(RED, key, { names }));
  };
  tell("warning-old-options", old);
  tell("warning-live-left-out", left);
  const messages = isObject(options["messages_config"]) ? options["messages_config"] : {};
  const { wires } = node as unknown as { wires?: string[][] };
  if (!wires?.[1]?.length || messages["receive_partial_transcripts"] !== undefined) return options;
  return { ...options, messages_config: { ...messages, receive_partial_transcripts: true } };
}
