/**
 * True when `held` has all that `wanted` has, at any depth.
 * @param same compares what is no object
 */
export function contains(
  held: unknown,
  wanted: unknown,
  same: (held: unknown, wanted: unknown) => boolean = Object.is,
): boolean {
  if (typeof wanted !== "object" || wanted === null) return same(held, wanted);
  if (typeof held !== "object" || held === null || Array.isArray(wanted) !== Array.isArray(held)) return false;
  return Object.entries(wanted).every(
    ([key, value]) => Object.hasOwn(held, key) && contains((held as Record<string, unknown>)[key], value, same),
  );
}

/** Whether a value of JSON is nested more than `most` levels deep. */
export function isDeeper(value: unknown, most: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; depth <= most; depth++) {
    level = level.flatMap((one) => (typeof one === "object" && one !== null ? Object.values(one) : []));
    if (level.length === 0) return false;
  }
  return true;
}
