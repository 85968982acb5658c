import type { TextKey, TextParams } from "../errors";
import { isObject, type Options } from "./merge";
import { OPTIONS, type OptionSchema } from "./schema";

/** Names longer than this are no misspelt options. */
const LONGEST = 64;
/** Letters by which a misspelt name may differ. */
const EDITS = 2;
/** Unknown names that are held against the known ones; more of them are no misspelling. */
const COMPARED = 50;

/** One thing wrong with the options, as a text and its values. */
export interface Issue {
  key: TextKey;
  params: TextParams;
}

interface ValidateOptions {
  /** What the options may be: those of a recording, or of a live session. */
  schemas?: Record<string, OptionSchema>;
  /** Options that may hold fields unknown here: those that came with the message. */
  unknown: ReadonlySet<string>;
}

/**
 * Everything that is wrong with a set of options before it is sent; empty when nothing is. A whole option that is
 * unknown here passes, since the API may know more than this package, unless its name is nearly a known one.
 */
export function validateOptions(options: Options, { unknown, schemas = OPTIONS }: ValidateOptions): Issue[] {
  const faults = new Faults();
  for (const [name, value] of Object.entries(options)) {
    const schema = schemas[name];
    if (schema) {
      check(value, schema, name, faults, unknown.has(name));
    } else {
      checkUnknown(name, Object.keys(schemas), "", faults, true);
    }
  }
  checkConfigs(options, schemas, "", faults);
  return [...faults, ...contradictions(options)];
}

class Faults extends Array<Issue> {
  /** Unknown names so far. */
  compared = 0;
}

function check(value: unknown, schema: OptionSchema, option: string, faults: Faults, lenient: boolean): void {
  const wrong = (key: TextKey, params: TextParams = {}) => faults.push({ key, params: { option, ...params } });
  switch (schema.type) {
    case "boolean":
      if (typeof value !== "boolean") wrong("option-boolean");
      return;
    case "number":
    case "integer":
      checkNumber(value, schema, wrong);
      return;
    case "string":
      checkString(value, schema, wrong);
      return;
    case "array":
      if (!Array.isArray(value)) wrong("option-array");
      else {
        if (value.length < (schema.minItems ?? 0)) wrong("option-min-items", { min: schema.minItems ?? 0 });
        value.forEach((item, i) => {
          checkItem(item, schema.items ?? [], `${option}[${i}]`, faults, lenient);
        });
      }
      return;
    case "map":
    case "object":
      if (!isObject(value)) wrong("option-object");
      else checkObject(value, schema, option, faults, lenient);
  }
}

type Wrong = (key: TextKey, params?: TextParams) => void;

function checkNumber(value: unknown, { type, min, max }: OptionSchema, wrong: Wrong): void {
  if (typeof value !== "number" || !Number.isFinite(value)) wrong("option-number");
  else if (type === "integer" && !Number.isInteger(value)) wrong("option-integer");
  else if (min !== undefined && value < min) wrong("option-min", { min });
  else if (max !== undefined && value > max) wrong("option-max", { max });
}

function checkString(value: unknown, schema: OptionSchema, wrong: Wrong): void {
  if (typeof value !== "string") wrong("option-string");
  else if (schema.enum && !schema.open && !schema.enum.includes(value)) {
    wrong("option-enum", { value: value.slice(0, 40), values: schema.enum.join(", ") });
  } else if (schema.format === "uri" && !(/^https?:\/\//i.test(value) && URL.canParse(value))) {
    wrong("option-uri");
  }
}

/** An item may have one of several shapes: it is held against the one of its own type. */
function checkItem(item: unknown, shapes: readonly OptionSchema[], option: string, faults: Faults, lenient: boolean) {
  const fits = (shape: OptionSchema) => (isObject(item) ? shape.type === "object" : shape.type !== "object");
  const shape = shapes.find(fits) ?? shapes[0];
  if (shape) check(item, shape, option, faults, lenient);
}

function checkObject(value: Options, schema: OptionSchema, option: string, faults: Faults, lenient: boolean): void {
  if (schema.maxJson !== undefined && JSON.stringify(value).length > schema.maxJson) {
    faults.push({ key: "option-too-long", params: { option, max: schema.maxJson } });
  }
  for (const field of schema.required ?? []) {
    if (value[field] === undefined) faults.push({ key: "option-required", params: { option: `${option}.${field}` } });
  }
  const known = Object.keys(schema.properties ?? {});
  for (const [name, item] of Object.entries(value)) {
    const field = schema.type === "map" ? schema.values : own(schema.properties, name);
    if (field) check(item, field, `${option}.${short(name)}`, faults, lenient);
    else if (!schema.free && schema.type === "object") checkUnknown(name, known, `${option}.`, faults, lenient);
  }
}

/** A flag that is on may need what only its configuration says. */
function checkConfigs(options: Options, schemas: Record<string, OptionSchema>, prefix: string, faults: Faults): void {
  for (const [name, schema] of Object.entries(schemas)) {
    const missing = schema.enabledBy && options[schema.enabledBy] === true && options[name] === undefined;
    for (const field of missing ? (schema.required ?? []) : []) {
      faults.push({ key: "option-required", params: { option: `${prefix}${name}.${field}` } });
    }
    const inner = options[name];
    if (schema.properties && isObject(inner)) checkConfigs(inner, schema.properties, `${prefix}${name}.`, faults);
  }
}

function checkUnknown(name: string, known: string[], prefix: string, faults: Faults, lenient: boolean): void {
  const near = name.length <= LONGEST && faults.compared++ < COMPARED ? nearest(name.toLowerCase(), known) : undefined;
  if (near) {
    faults.push({ key: "option-misspelt", params: { option: prefix + name, near: prefix + near } });
  } else if (!lenient) {
    faults.push({ key: "option-unknown", params: { option: prefix + short(name) } });
  }
}

function nearest(name: string, known: string[]): string | undefined {
  return known.find(
    (candidate) => Math.abs(candidate.length - name.length) <= EDITS && distance(name, candidate) <= EDITS,
  );
}

/** A name as faults tell it. */
function short(name: string): string {
  return name.length > LONGEST ? `${name.slice(0, LONGEST)}…` : name;
}

/** A field of an object by a name from outside, which may be that of something every object has. */
function own<T>(fields: Record<string, T> | undefined, name: string): T | undefined {
  return fields && Object.hasOwn(fields, name) ? fields[name] : undefined;
}

const objectAt = (options: Options, name: string): Options => (isObject(options[name]) ? options[name] : {});

function contradictions(options: Options): Issue[] {
  const faults: Issue[] = [];
  const speakers = objectAt(options, "diarization_config");
  const { number_of_speakers: count, min_speakers: min, max_speakers: max } = speakers as Record<string, number>;
  if (min !== undefined && max !== undefined && min > max) {
    faults.push({ key: "option-speakers-range", params: { min, max } });
  } else if (count !== undefined && (count < (min ?? count) || count > (max ?? count))) {
    faults.push({ key: "option-speakers-count", params: { count, min: min ?? 0, max: max ?? count } });
  }
  const { languages } = objectAt(options, "language_config");
  const { minimum_duration: shortest, maximum_duration: longest } = objectAt(options, "subtitles_config");
  if (Number(shortest) > Number(longest)) {
    faults.push({ key: "option-durations", params: { min: Number(shortest), max: Number(longest) } });
  }
  if (options["model"] === "solaria-3" && Array.isArray(languages) && languages.length > 1) {
    faults.push({ key: "option-one-language", params: { model: "solaria-3" } });
  }
  return faults;
}

/** Edits (insert, delete, replace, swap of neighbours) from one word to another: Damerau 1964, optimal string alignment. */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  const at = (i: number, j: number) => rows[i]?.[j] ?? 0;
  for (let i = 1; i <= a.length; i++) {
    rows[i] = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, at(i - 2, j - 2) + 1);
      (rows[i] as number[])[j] = best;
    }
  }
  return at(a.length, b.length);
}
