import { type Layers, readLayers } from "./layers";
import { migrate } from "./legacy";
import type { Options } from "./merge";
import { validateOptions } from "./validate";

export { readLiveOptions } from "./live";
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
