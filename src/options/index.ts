import { GladiaError, type TextKey } from "../errors";
import { modernise } from "./legacy";
import { mergeOptions, type Options } from "./merge";
import { validateOptions } from "./validate";

export type { Options } from "./merge";

export interface Layers {
  account?: Options | undefined;
  /** An option set of the account that the node has chosen. */
  preset?: Options | undefined;
  node?: Options | undefined;
  message?: Options | undefined;
}

/** Whose options the layers are, but for the message's. */
const PLACES: readonly TextKey[] = ["where-account", "where-preset", "where-node"];

/**
 * The options that go to the API: the message's over the node's over its preset's over the account's, in today's shape,
 * checked.
 * @returns the options, and the names in an old shape that were understood
 * @throws GladiaError GLADIA_OPTIONS with every fault at once
 */
export function readOptions(layers: Layers): { options: Options; old: string[] } {
  const given = [layers.account, layers.preset, layers.node, layers.message];
  const today = given.map((layer, i) => {
    if (layer === undefined || layer === null) return { options: {}, old: [] };
    if (typeof layer !== "object" || Array.isArray(layer)) {
      const key = PLACES[i];
      const where = key ? { key } : "msg.options";
      throw new GladiaError("GLADIA_OPTIONS", "options-not-object", { where });
    }
    return modernise(layer);
  });
  const options = mergeOptions(...today.map((layer) => layer.options));
  const unknown = new Set(Object.keys(today.at(-1)?.options ?? {}));
  const faults = validateOptions(options, { unknown });
  if (faults.length > 0) {
    throw GladiaError.withDetails("GLADIA_OPTIONS", "options-invalid", faults);
  }
  return { options, old: [...new Set(today.flatMap((layer) => layer.old))] };
}
