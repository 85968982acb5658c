import type { Node, NodeAPI } from "node-red";
import { GladiaError, type Term } from "../../src/errors";
import { labelOf } from "../shared/texts";

const ACCOUNT = "gladia-config";

/** A setting as errors name it: its label in the dialog, its name in the flow, and where it is. */
export function named(RED: NodeAPI, { type = ACCOUNT }: Partial<Node>, name: string): Term {
  const params = { label: labelOf(RED, type, name), name };
  return { key: type === ACCOUNT ? "setting-account" : "setting-node", params };
}

/**
 * A text of a node's settings in which `${NAME}` stands for an environment variable, of Node-RED's process, flow or
 * group. Node-RED replaces texts that are one variable and nothing else; what it leaves is replaced here.
 * @throws GladiaError GLADIA_CONFIG that names the missing variable
 */
export function textSetting(RED: NodeAPI, node: Node, field: string, value: unknown): string {
  return String(value ?? "")
    .trim()
    .replace(/\$\{([^}]+)\}/g, (_, name: string) => {
      const found = (RED.util as unknown as { getSetting(node: Node, name: string): unknown }).getSetting(node, name);
      if (found === undefined || found === null) {
        throw new GladiaError("GLADIA_CONFIG", "config-env", { name, field: named(RED, node, field) });
      }
      return String(found);
    });
}

/**
 * A number of a node's settings; `fallback` where the field is empty.
 * @throws GladiaError GLADIA_CONFIG
 */
export function numberSetting<T>(
  RED: NodeAPI,
  node: Node,
  field: string,
  value: unknown,
  fallback: T,
  bounds: { min: number; whole?: boolean },
): number | T {
  const text = textSetting(RED, node, field, value);
  if (text === "") return fallback;
  const number = Number(text);
  if (!Number.isFinite(number) || number < bounds.min || (bounds.whole && !Number.isInteger(number))) {
    const params = { field: named(RED, node, field), min: bounds.min, value: text };
    throw new GladiaError("GLADIA_CONFIG", bounds.whole ? "config-whole" : "config-number", params);
  }
  return number;
}

/** One of several words. @throws GladiaError GLADIA_CONFIG */
export function choiceSetting<T extends string>(
  RED: NodeAPI,
  node: Node,
  field: string,
  value: unknown,
  choices: readonly T[],
): T {
  const [first] = choices;
  const chosen = choices.find((choice) => choice === (value || first));
  if (chosen === undefined) {
    throw new GladiaError("GLADIA_CONFIG", "config-choice", {
      field: named(RED, node, field),
      value: String(value),
      values: choices.filter(Boolean).join(", "), // empty is a choice that needs no name
    });
  }
  return chosen;
}
