import { modernise } from "../../../src/options/legacy";
import { mergeOptions, type Options } from "../../../src/options/merge";
import { type Fault, validateOptions } from "../../../src/options/validate";
import { text } from "../texts";
import { isObject } from "./values";

/** A variable is put in when the flow starts: what it will hold cannot be judged here. */
const isVariable = ({ params }: Fault) => String(params["value"] ?? "").startsWith("${");

/** Faults between several fields, and the field that tells of them. */
const TOLD_AT: Partial<Record<Fault["key"], string>> = {
  "option-speakers-range": "diarization_config.max_speakers",
  "option-speakers-count": "diarization_config.number_of_speakers",
  "option-one-language": "language_config.languages",
};

/** All that would keep these options from being sent, found as the runtime finds it. */
export function faultsOf(inherited: Options, own: Options): Fault[] {
  const layers = [inherited, own].map((layer) => modernise(layer).options);
  return validateOptions(mergeOptions(...layers), { unknown: new Set() }).filter((fault) => !isVariable(fault));
}

/** What is wrong with one field of the form, in words, or nothing. */
export function faultAt(path: string, faults: readonly Fault[]): string {
  const fault = faults.find(({ key, params }) => {
    const option = String(params["option"] ?? TOLD_AT[key] ?? "");
    return option === path || option.startsWith(`${path}[`) || option.startsWith(`${path}.`);
  });
  if (!fault) return "";
  return text(`errors.${fault.key}`, { ...fault.params, option: text(`option.${path}.label`) });
}

/** Checks a node's options together with those it inherits; the reason names them all. */
export function checkOptions(value: unknown = {}, inherited: Options = {}): boolean | string {
  if (!isObject(value)) return text("invalid.json");
  const faults = faultsOf(inherited, value);
  return faults.length === 0 || faults.map(({ key, params }) => text(`errors.${key}`, { ...params })).join("; ");
}
