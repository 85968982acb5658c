/** Options by the API's names, as a flow keeps them. */
export type OptionValues = Record<string, unknown>;

/** Tells an object with keys from everything else. */
export function isObject(value: unknown): value is OptionValues {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
