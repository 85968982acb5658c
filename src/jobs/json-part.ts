import { types } from "node:util";

/** About how many characters of JSON the message of one entry may have; larger fields stay behind. */
const MAX_SIZE = 256 * 1024;
/** Values that are looked at in one message: what has more is too large anyway. */
const MAX_VALUES = 100_000;
const MAX_DEPTH = 500;

interface JsonPart {
  part: Record<string, unknown>;
  /** Fields that stay behind, whole or in part: too large, or nothing that JSON can hold. */
  left: string[];
  /** Fields that hold bytes or a stream, which stay behind. */
  binary: string[];
  /** Fields with something that JSON leaves out or empties without a word: a function, a symbol, an error, a pattern. */
  silent: string[];
}

/** What is left of a look at a message. */
interface Look {
  size: number;
  values: number;
  binary: boolean;
  broken: boolean;
  silent: boolean;
}

/**
 * The part of a message that can be kept as JSON: what `JSON.stringify` keeps of it, whoever made it, but for Buffers,
 * streams and `res`; of `req` that there was one, since what the message holds is a stranger's ever after. Fields that are
 * too large are left out, and the largest ones when all together are too much.
 */
export function jsonPart(message: object): JsonPart {
  const left: string[] = [];
  const binary: string[] = [];
  const silent: string[] = [];
  const fields: { name: string; plain: unknown; size: number }[] = [];
  let values = MAX_VALUES;
  for (const name in message) {
    if (name === "res" || !Object.hasOwn(message, name)) continue;
    if (name === "req") {
      if ((message as { req?: unknown }).req) fields.push({ name, plain: {}, size: 8 });
      continue;
    }
    const look: Look = { size: MAX_SIZE - name.length, values, binary: false, broken: values <= 0, silent: false };
    let plain: unknown;
    try {
      plain = plainValue((message as Record<string, unknown>)[name], name, [], look);
    } catch {
      look.broken = true; // a getter or a toJSON that throws
    }
    values = look.values - 1;
    const fits = look.size >= 0 && look.values >= 0;
    if (look.binary) binary.push(name);
    if (look.broken || !fits) left.push(name);
    else if (look.silent) silent.push(name);
    if (plain !== undefined && fits) fields.push({ name, plain, size: MAX_SIZE - look.size });
  }
  fields.sort((a, b) => a.size - b.size);
  let size = fields.reduce((sum, field) => sum + field.size, 0);
  while (size > MAX_SIZE) {
    const largest = fields.pop();
    if (!largest) break;
    left.push(largest.name);
    size -= largest.size;
  }
  return { part: Object.fromEntries(fields.map(({ name, plain }) => [name, plain])), left, binary, silent };
}

/** A value as JSON would have it; undefined where JSON has none. Stops looking when there is no room left for it. */
function plainValue(given: unknown, name: string, parents: object[], look: Look): unknown {
  if (isBinary(given)) {
    look.binary = true;
    return undefined;
  }
  const value = unboxed(asJson(given, name));
  look.size -= typeof value === "string" ? value.length : 8;
  look.values--;
  if (look.size < 0 || look.values < 0) return undefined;
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value !== "object") {
    if (typeof value === "bigint") look.broken = true;
    else if (value !== undefined) look.silent = true;
    return undefined;
  }
  if (isBinary(value)) {
    look.binary = true;
    return undefined;
  }
  if (isEmptied(value)) look.silent = true;
  if (types.isMap(value) || types.isSet(value)) look.broken = true; // JSON makes {} of them
  if (parents.length > MAX_DEPTH || parents.includes(value)) {
    look.broken = true;
    return undefined;
  }
  parents.push(value);
  const plain = Array.isArray(value) ? plainList(value, parents, look) : plainFields(value, parents, look);
  parents.pop();
  return plain;
}

function plainList(list: unknown[], parents: object[], look: Look): unknown[] {
  const plain: unknown[] = [];
  for (let at = 0; at < list.length && look.size >= 0 && look.values >= 0; at++) {
    plain.push(plainValue(list[at], String(at), parents, look) ?? null);
  }
  return plain;
}

function plainFields(value: object, parents: object[], look: Look): Record<string, unknown> {
  const fields: [string, unknown][] = [];
  for (const name in value) {
    if (look.size < 0 || look.values < 0) break;
    if (!Object.hasOwn(value, name)) continue;
    const plain = plainValue((value as Record<string, unknown>)[name], name, parents, look);
    look.size -= name.length;
    if (plain !== undefined) fields.push([name, plain]);
  }
  return Object.fromEntries(fields);
}

/** Buffers, other bytes and streams. Each realm has classes of its own, so that `instanceof` does not tell. */
function isBinary(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) return true;
  const { pipe, getReader } = value as { pipe?: unknown; getReader?: unknown };
  const isStream = typeof pipe === "function" || typeof getReader === "function";
  return isStream && !Object.hasOwn(value, "pipe") && !Object.hasOwn(value, "getReader");
}

/** Whether what an object is lies where JSON does not look. */
function isEmptied(value: object): boolean {
  return types.isNativeError(value) || types.isRegExp(value) || types.isPromise(value) || types.isSymbolObject(value);
}

/** What an object says it is in JSON, such as a Date. */
function asJson(value: unknown, name: string): unknown {
  if ((typeof value !== "object" || value === null) && typeof value !== "function") return value;
  const { toJSON } = value as { toJSON?: unknown };
  return typeof toJSON === "function" ? toJSON.call(value, name) : value;
}

/** The value in a Number, String or Boolean object. */
function unboxed(value: unknown): unknown {
  return types.isBoxedPrimitive(value) && !types.isSymbolObject(value) ? (value as object).valueOf() : value;
}
