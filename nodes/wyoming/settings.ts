import type { Node, NodeAPI, NodeDef } from "node-red";
import type { Options } from "../../src/options";
import { choiceSetting, numberSetting, textSetting } from "../account/settings";

/** The settings of a Wyoming node as the flow has them. */
export interface WyomingDef extends NodeDef {
  config?: string;
  host?: string;
  port?: string | number;
  mode?: string;
  options?: Options;
  preset?: string;
  reply?: boolean;
  replyTimeout?: string | number;
}

export interface WyomingSettings {
  /** As Home Assistant shows it. */
  name: string;
  host: string;
  port: number;
  mode: "live" | "pre-recorded";
  /** Seconds to wait for another text; undefined: none is waited for. */
  replyTimeout: number | undefined;
}

/** @throws GladiaError GLADIA_CONFIG that says which setting is wrong */
export function readWyomingSettings(RED: NodeAPI, node: Node, def: WyomingDef): WyomingSettings {
  const replyTimeout = numberSetting(RED, node, "replyTimeout", def.replyTimeout, 2, { min: 0.1 });
  return {
    name: textSetting(RED, node, "name", def.name) || "Gladia",
    host: textSetting(RED, node, "host", def.host) || "127.0.0.1",
    port: numberSetting(RED, node, "port", def.port, 10_300, { min: 1, whole: true }),
    mode: choiceSetting(RED, node, "mode", def.mode, ["live", "pre-recorded"] as const),
    replyTimeout: def.reply === true ? replyTimeout : undefined,
  };
}
