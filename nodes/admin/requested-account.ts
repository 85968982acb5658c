import type { Request } from "express";
import type { NodeAPI } from "node-red";
import { GladiaError } from "../../src/errors";
import { isObject } from "../../src/options/merge";
import type { AccountNode } from "../account/account";
import { named } from "../account/settings";
import { hasRight } from "./route";

/** Settings of an account that a dialog sends as they stand in it. */
export type Field = "apiUrl" | "apiKey" | "proxy" | "tls" | "timeout" | "callbackUrl";

/** The editor's stand-in for a saved password. */
const SAVED = "__PWRD__";
const DEFAULTS: Partial<Record<Field, string>> = { apiUrl: "https://api.gladia.io", timeout: "60" };
/** Characters that a setting may have. */
const LONGEST = 10_000;

/** The account that a request of the editor is about. */
export interface RequestedAccount {
  id: string;
  /** The node; undefined when no account with this id is deployed. */
  node: AccountNode | undefined;
  /** The settings as they are deployed, with their `${NAME}`. */
  deployed: Partial<Record<Field, string>>;
  /** Settings that the request has otherwise than they are deployed. None of them holds a `${NAME}`. */
  changed: Partial<Record<Field, string>>;
}

/**
 * Reads the account of a request. Saved secrets and `${NAME}` are the deployed account's: a setting in the request
 * counts as the deployed one where it is the same, and is taken for what it says where it is not. Who may not deploy
 * cannot have other settings, and nobody can have a variable filled in that is not deployed.
 * @throws GladiaError GLADIA_CONFIG
 */
export async function requestedAccount(
  RED: NodeAPI,
  request: Request,
  values: unknown,
  fields: readonly Field[],
): Promise<RequestedAccount> {
  if (!isObject(values)) throw new GladiaError("GLADIA_CONFIG", "admin-request");
  const { id } = values;
  if (id !== undefined && !isNodeId(id)) throw new GladiaError("GLADIA_CONFIG", "admin-request");
  const node = id === undefined ? undefined : deployedAccount(RED, id);
  const deployed = node ? settingsOf(RED, node) : {};
  const changed: RequestedAccount["changed"] = {};
  for (const field of fields) {
    const value = readField(values, field);
    const same = value === undefined || (field === "apiKey" && value === SAVED) || (node && value === deployed[field]);
    if (!same) changed[field] = value;
  }
  const [first] = Object.keys(changed) as Field[];
  if (first !== undefined && !(await hasRight(RED, request, "flows.write"))) {
    throw new GladiaError("GLADIA_CONFIG", "admin-no-deploy", { field: named(RED, {}, first) });
  }
  for (const field of Object.keys(changed) as Field[]) {
    if (!changed[field]?.includes("${")) continue;
    throw new GladiaError("GLADIA_CONFIG", "admin-variable", { field: named(RED, {}, field) });
  }
  return { id: id ?? "", node, deployed, changed };
}

/** The account that is deployed under an id and switched on. */
export function deployedAccount(RED: NodeAPI, id: string): AccountNode | undefined {
  const node = RED.nodes.getNode(id) as AccountNode | null | undefined;
  return node?.type === "gladia-config" && typeof node.account === "function" ? node : undefined;
}

/** An id as Node-RED and people make them; a request may hold anything. */
export function isNodeId(value: unknown): value is string {
  return typeof value === "string" && /^[\w.-]{1,100}$/.test(value);
}

/** @throws GladiaError GLADIA_CONFIG for what no field of a dialog holds */
function readField(values: Record<string, unknown>, field: Field): string | undefined {
  const value = Object.hasOwn(values, field) ? values[field] : undefined;
  if (value === undefined || value === null) return undefined;
  if ((typeof value !== "string" && typeof value !== "number") || String(value).length > LONGEST) {
    throw new GladiaError("GLADIA_CONFIG", "admin-request");
  }
  return normal(field, value);
}

/** Two settings that mean the same are the same text. */
function normal(field: Field, value: unknown): string {
  const text = String(value ?? "").trim() || (DEFAULTS[field] ?? "");
  return field === "apiUrl" || field === "callbackUrl" ? text.replace(/\/+$/, "") : text;
}

/** As the flow has them; the node itself has some of the variables filled in. */
function settingsOf(RED: NodeAPI, { id }: AccountNode): Partial<Record<Field, string>> {
  let settings: Partial<Record<Field, string>> = {};
  RED.nodes.eachNode((node) => {
    if (node.id !== id) return;
    const def = node as unknown as Record<string, unknown>;
    const names = ["apiUrl", "proxy", "tls", "timeout", "callbackUrl"] as const;
    settings = Object.fromEntries(names.map((name) => [name, normal(name, def[name])]));
  });
  const { apiKey } = (RED.nodes.getCredentials(id) ?? {}) as { apiKey?: string };
  return { ...settings, apiKey: normal("apiKey", apiKey) };
}
