import { GladiaError, type Term, type TextKey } from "../errors";
import { boundsFault } from "./bounds";
import { migrate } from "./legacy";
import { mergeOptions, type Options } from "./merge";
import { validateOptions } from "./validate";

export type { Options } from "./merge";

interface Layers {
  account?: Options | undefined;
  /** An option set of the account that the node has chosen. */
  preset?: Options | undefined;
  node?: Options | undefined;
  message?: Options | undefined;
}

/** Faults that one error tells. */
const TOLD = 20;

/** Whose options the layers are, but for the message's. */
const PLACES: readonly TextKey[] = ["where-account", "where-preset", "where-node"];

/**
 * The options that go to the API: the message's over the node's over its preset's over the account's, in today's shape,
 * checked.
 * @returns the options, and the names in an old shape that were understood
 * @throws GladiaError GLADIA_OPTIONS with every fault at once; before anything is looked at, for a layer that is too
 *   large (64 KB) or too deep (16 levels)
 */
export function readOptions(layers: Layers): { options: Options; old: string[] } {
  const given = [layers.account, layers.preset, layers.node, layers.message];
  const today = given.map((layer, i) => {
    if (layer === undefined || layer === null) return { options: {}, old: [] };
    const key = PLACES[i];
    const where = key ? { key } : "msg.options";
    if (typeof layer !== "object" || Array.isArray(layer)) {
      throw new GladiaError("GLADIA_OPTIONS", "options-not-object", { where });
    }
    const fault = boundsFault(layer);
    if (fault) throw new GladiaError("GLADIA_OPTIONS", fault.key, { where, ...fault.params });
    return migrate(layer);
  });
  const options = mergeOptions(...today.map((layer) => layer.options));
  const unknown = new Set(Object.keys(today.at(-1)?.options ?? {}));
  const faults = validateOptions(options, { unknown });
  if (faults.length > 0) {
    const told: Term[] = faults.slice(0, TOLD);
    if (faults.length > TOLD) told.push({ key: "options-more", params: { count: faults.length - TOLD } });
    throw GladiaError.withDetails("GLADIA_OPTIONS", "options-invalid", told);
  }
  return { options, old: [...new Set(today.flatMap((layer) => layer.old))] };
}
