import type { TextKey, TextParams } from "../errors";

/** About how many characters a set of options may have as JSON. */
const SIZE = 64 * 1024;
/** How many levels of lists and objects; those of the API have four. */
const DEPTH = 16;

/**
 * What keeps a value from being looked at as options: its size, its depth, or what JSON has no form for. It looks at no
 * more than the size allows, whatever the value holds: itself, one list many times over, fields that throw.
 */
export function sizeFault(options: object): { key: TextKey; params: TextParams } | undefined {
  const open: { value: object; depth: number }[] = [{ value: options, depth: 1 }];
  let size = 0;
  try {
    for (let next = open.pop(); next; next = open.pop()) {
      const { value, depth } = next;
      if (depth > DEPTH) return { key: "options-too-deep", params: { most: DEPTH } };
      const isList = Array.isArray(value);
      if (isList && value.length > SIZE / 2) size = Number.POSITIVE_INFINITY;
      if (ArrayBuffer.isView(value)) size += value.byteLength * 4;
      else {
        // Not by Object.entries: that would read all of a million fields first.
        for (const name in value) {
          if (size > SIZE) break;
          if (!Object.hasOwn(value, name)) continue;
          const inner: unknown = (value as Record<string, unknown>)[name];
          size += (isList ? 1 : name.length + 4) + lengthOf(inner);
          if (inner !== null && typeof inner === "object") open.push({ value: inner, depth: depth + 1 });
        }
      }
      if (size > SIZE) return { key: "options-too-large", params: { most: SIZE } };
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { key: "options-unreadable", params: { reason: reason.slice(0, 200) } };
  }
  return undefined;
}

/** Characters that a value has as JSON, without what it holds. @throws TypeError for what JSON has no form for */
function lengthOf(value: unknown): number {
  if (typeof value === "string") return value.length + 2;
  if (typeof value === "bigint") throw new TypeError("BigInt");
  return typeof value === "object" && value !== null ? 2 : 6;
}
