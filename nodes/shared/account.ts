import type { Node, NodeAPI } from "node-red";
import type { GladiaClient } from "../../src/client";
import { GladiaError } from "../../src/errors";
import type { Transport } from "../../src/http/transport";
import type { Tracker } from "../../src/jobs/tracker";
import type { Options } from "../../src/options/merge";

/** What an account offers once its settings are known to be good. */
export interface Account {
  client: GladiaClient;
  tracker: Tracker;
  transport: Transport;
  /** Default transcription options. */
  options: Options;
  /** Address without a slash at its end. */
  apiUrl: string;
  /** Seconds. */
  timeout: number;
  deadline: number;
  retries: number;
}

/** The configuration node `gladia-config`. */
export interface AccountNode extends Node {
  /** @throws GladiaError GLADIA_CONFIG that says which setting is wrong */
  account(): Account;
}

/** The account that a node has chosen. @throws GladiaError GLADIA_CONFIG */
export function accountOf(RED: NodeAPI, id: string | undefined): Account {
  const node = id ? (RED.nodes.getNode(id) as AccountNode | null) : null;
  if (typeof node?.account !== "function") {
    throw new GladiaError("GLADIA_CONFIG", "config-missing");
  }
  return node.account();
}
