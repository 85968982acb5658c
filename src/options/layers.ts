import { GladiaError, type Term, type TextKey } from "../errors";
import { mergeOptions, type Options } from "./merge";
import { sizeFault } from "./size-limit";
import type { Issue } from "./validate";

/** Option sets that lie over one another, later over earlier. */
export interface Layers {
  account?: Options | undefined;
  /** What a client of the node asks for, where nobody chose anything else for the node. */
  client?: Options | undefined;
  /** An option set of the account that the node has chosen. */
  preset?: Options | undefined;
  node?: Options | undefined;
  message?: Options | undefined;
}

/** Where a layer comes from. */
export type LayerName = keyof Layers;

/** A layer in the shape that is sent, and what was found in it. */
interface Shaped {
  options: Options;
  /** Names in an older shape. */
  old: string[];
}

interface Kind {
  /** Brings a layer into the shape that is sent. */
  shape(layer: Options, name: LayerName): Shaped;
  /** @param unknown options that may hold fields unknown here: those that came with the message */
  validate(options: Options, unknown: ReadonlySet<string>): Issue[];
}

/** Faults that one error tells. */
const TOLD = 20;

/** Whose options the layers are. */
const PLACES: readonly [LayerName, TextKey | undefined][] = [
  ["account", "where-account"],
  ["client", undefined],
  ["preset", "where-preset"],
  ["node", "where-node"],
  ["message", undefined],
];

/**
 * Lays the layers over one another and checks what comes of it.
 * @throws GladiaError GLADIA_OPTIONS with every fault at once; before anything is looked at, for a layer that is too
 *   large (64 KB) or too deep (16 levels)
 */
export function readLayers(layers: Layers, { shape, validate }: Kind): Shaped {
  const today = PLACES.map(([name, key]) => {
    const layer = layers[name];
    if (layer === undefined || layer === null) return { options: {}, old: [] };
    const where = key ? { key } : "msg.options";
    if (typeof layer !== "object" || Array.isArray(layer)) {
      throw new GladiaError("GLADIA_OPTIONS", "options-not-object", { where });
    }
    const fault = sizeFault(layer);
    if (fault) throw new GladiaError("GLADIA_OPTIONS", fault.key, { where, ...fault.params });
    return shape(layer, name);
  });
  const options = mergeOptions(...today.map((layer) => layer.options));
  const faults = validate(options, new Set(Object.keys(today.at(-1)?.options ?? {})));
  if (faults.length > 0) {
    const told: Term[] = faults.slice(0, TOLD);
    if (faults.length > TOLD) told.push({ key: "options-more", params: { count: faults.length - TOLD } });
    throw GladiaError.withDetails("GLADIA_OPTIONS", "options-invalid", told);
  }
  return { options, old: [...new Set(today.flatMap((layer) => layer.old))] };
}
