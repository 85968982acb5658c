import { type LayerName, type Layers, readLayers } from "./layers";
import { migrate } from "./legacy";
import { liveShape, validateLiveOptions } from "./live";
import { isObject, type Options } from "./merge";
import { validateOptions } from "./validate";

export type { Options } from "./merge";

/**
 * The options that go to the API: the message's over the node's over its preset's over the account's, in today's shape,
 * checked.
 * @returns the options, and the names in an old shape that were understood
 * @throws GladiaError GLADIA_OPTIONS with every fault at once; before anything is looked at, for a layer that is too
 *   large (64 KB) or too deep (16 levels)
 */
export function readOptions(layers: Layers): { options: Options; old: string[] } {
  return readLayers(layers, {
    shape: migrate,
    validate: (options, unknown) => validateOptions(options, { unknown }),
  });
}

/** Older names of a callback's address. */
const CALLBACK_URLS = new Set(["callback_url", "webhook_url"]);

/** Sessions have no method in their callback, which older shapes of recordings come to. */
function leaveOutMethod(options: Options, { callback_config: given }: Options): void {
  const today = options["callback_config"];
  if (!isObject(today) || (isObject(given) && "method" in given)) return;
  const { method, ...rest } = today;
  options["callback_config"] = rest;
}

/**
 * The options of a live session: the message's over the node's over its preset's over the account's, checked. What the
 * account and its presets say of recordings holds live where sessions have it: languages, translation, names and places, mood, own
 * words and spelling, summary, metadata. Their model, their callback and what there is only for recordings do not.
 * @returns the options, the names in an old shape that were understood, and those that are on in the account or the preset but not
 *   to be had live
 * @throws GladiaError GLADIA_OPTIONS with every fault at once; before anything is looked at, for a layer that is too
 *   large (64 KB) or too deep (16 levels)
 */
export function readLiveOptions(layers: Layers): { options: Options; old: string[]; left: string[] } {
  const on = new Map<string, boolean>();
  const shape = (layer: Options, name: LayerName) => {
    const shaped = liveShape(layer, name === "account" || name === "preset");
    if (shaped.old.some((option) => CALLBACK_URLS.has(option))) leaveOutMethod(shaped.options, layer);
    for (const option of shaped.left) on.set(option, layer[option] === true);
    return shaped;
  };
  const read = readLayers(layers, {
    shape,
    validate: (options, unknown) => validateLiveOptions(options, { unknown }),
  });
  return { ...read, left: [...on].filter(([, isOn]) => isOn).map(([name]) => name) };
}
