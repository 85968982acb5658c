import { OPTIONS } from "../../../src/options/schema";
import { text } from "../texts";
import { OptionModel, schemaAt } from "./model";
import { isObject, type OptionValues } from "./values";

const isEmpty = (value: unknown) =>
  value === undefined || value === "" || (isObject(value) ? Object.keys(value) : [value].flat()).length === 0;

/** What is wrong with one field, in words, or nothing. */
export function faultAt(path: string, model: OptionModel): string {
  const [option = "", field] = path.split(".");
  const config = OPTIONS[option];
  const value = model.effective(path);
  if (field && config?.flagOf && config.required?.includes(field)) {
    if (model.effective(config.flagOf) === true && isEmpty(value)) return text("invalid.needed");
  }
  if (typeof value !== "number") return "";
  const { type, min = -Infinity, max = Infinity } = schemaAt(path);
  if (type === "integer" && !Number.isInteger(value)) return text("invalid.integer");
  if (value >= min && value <= max) return "";
  return max === Infinity ? text("invalid.least", { min }) : text("invalid.range", { min, max });
}

/** Checks a node's options together with those it inherits; the reason names the option. */
export function checkOptions(value: unknown, inherited: OptionValues): boolean | string {
  if (!isObject(value)) return text("invalid.json");
  const model = new OptionModel(value, inherited);
  for (const [option, { properties }] of Object.entries(OPTIONS)) {
    for (const field of Object.keys(properties ?? {})) {
      const fault = faultAt(`${option}.${field}`, model);
      if (fault) return `${option}.${field}: ${fault}`;
    }
  }
  return true;
}
