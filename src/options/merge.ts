/** Transcription options under the API's names. */
export type Options = Record<string, unknown>;

/** Whether a value is an object of named fields, and no list. */
export function isObject(value: unknown): value is Options {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/**
 * Lays option sets over one another, later over earlier, as JSON Merge Patch does (RFC 7396): objects are merged,
 * anything else replaces, `null` removes. Nothing that is given is changed.
 */
export function mergeOptions(...layers: (Options | undefined)[]): Options {
  return layers.reduce<Options>((below, layer) => patch(below, layer ?? {}), {});
}

function patch(below: Options, layer: Options): Options {
  const result: Options = { ...below };
  for (const [name, value] of Object.entries(layer)) {
    if (name === "__proto__") continue;
    if (value === null || value === undefined) {
      delete result[name];
    } else if (isObject(value)) {
      const under = Object.hasOwn(result, name) ? result[name] : undefined;
      result[name] = patch(isObject(under) ? under : {}, value);
    } else {
      result[name] = value;
    }
  }
  return result;
}
