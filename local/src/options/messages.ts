import type { ErrorObject } from "ajv";

/** What a value must be, in the words the API uses. */
const TYPES: Record<string, string> = {
  boolean: "a boolean value",
  string: "a string",
  integer: "an integer number",
  number: "a number conforming to the specified constraints",
  array: "an array",
  object: "an object",
};

/** The keys that lead to a value, from a JSON pointer. */
function keysOf(pointer: string): string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** Puts `name` behind the path of its parent: `translation_config.model`. */
function under(parents: string[], name: string): string {
  return [...parents, name].join(".");
}

/** What is wrong with the items of a list; undefined when it is said like that of any other value. */
function itemMessage(parents: string[], name: string, { keyword, params }: ErrorObject): string | undefined {
  if (keyword === "enum")
    return `${under(parents, name)} must only contain the following values: ${params["allowedValues"].join(", ")}`;
  const each = under(parents, `each value in ${name}`);
  if (keyword === "type") return `${each} must be ${expected(params["type"])}`;
  if (keyword === "minLength") return `${each} should not be empty`;
  return undefined;
}

/** "a string or an object" of the type names. */
function expected(types: string | string[]): string {
  return [types]
    .flat()
    .map((type) => TYPES[type] ?? type)
    .join(" or ");
}

/** What is wrong with one value, as the API would say it; undefined for faults that only frame another one. */
function message(error: ErrorObject): string | undefined {
  const keys = keysOf(error.instancePath);
  const { keyword, params } = error;
  if (keyword === "required") return `${under(keys, params["missingProperty"])} should not be empty`;
  if (keyword === "additionalProperties")
    return under(keys, `property ${params["additionalProperty"]} should not exist`);
  const last = keys.at(-1);
  if (last === undefined) return keyword === "type" ? "the body must be an object" : undefined;
  if (/^\d+$/.test(last) && keys.length > 1) {
    const said = itemMessage(keys.slice(0, -2), keys.at(-2) ?? "", error);
    if (said !== undefined) return said;
  }
  const name = keys.join(".");
  switch (keyword) {
    case "type":
      return `${name} must be ${expected(params["type"])}`;
    case "enum":
      return `${name} must be one of the following values: ${params["allowedValues"].join(", ")}`;
    case "minimum":
      return `${name} must not be less than ${params["limit"]}`;
    case "maximum":
      return `${name} must not be greater than ${params["limit"]}`;
    case "minItems":
      return `${name} must contain at least ${params["limit"]} elements`;
    case "minLength":
      return `${name} should not be empty`;
    case "format":
      return `${name} must be ${params["format"] === "http-url" ? "a URL address" : "a valid ISO 8601 date string"}`;
    case "stringified":
      return `${name} must be shorter than or equal to 2000 characters once stringified`;
    default:
      return undefined;
  }
}

/**
 * Says what ajv found in the API's words, each fault once.
 * @param errors what a compiled schema left in its `errors`
 * @returns one sentence per fault, such as `diarization must be a boolean value`
 */
export function messagesOf(errors: ErrorObject[]): string[] {
  return [...new Set(errors.map(message).filter((said) => said !== undefined))];
}
