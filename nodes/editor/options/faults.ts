import { type Advice, adviseOptions } from "../../../src/options/advice";
import { isObject, mergeOptions, type Options } from "../../../src/options/merge";
import type { Issue } from "../../../src/options/validate";
import { text } from "../texts";
import type { OptionKind } from "./kind";
import type { OptionModel } from "./model";
import { optionText } from "./names";
import { faultsAt, place } from "./place";

/** So many faults are told at once; pasted nonsense may have thousands. */
const TOLD = 5;

/** What there is to say about options: what keeps them from being sent, and what is only worth knowing. */
export interface Findings {
  faults: Issue[];
  advice: Advice[];
}

/** A variable is put in when the flow starts: what it will hold cannot be judged here. */
const isVariable = ({ params }: Issue) => String(params["value"] ?? "").startsWith("${");

/** All that can be said about options in today's shape, found as the runtime finds it. */
export function examine(options: Options, kind: OptionKind): Findings {
  const faults = kind.validate(options, { unknown: new Set() }).filter((fault) => !isVariable(fault));
  return { faults, advice: adviseOptions(options) };
}

/** What is wrong with one field of the form, or odd about it, in words. */
export function findingAt(path: string, { faults, advice }: Findings): { fault: string; advice: string } {
  const here = faultsAt(path, faults);
  const [first] = here;
  const odd = advice.find(({ at }) => at === path);
  if (!first) return { fault: "", advice: odd ? text(`advice.${odd.key}`) : "" };
  const [, inner] = place(first);
  const row = /^\[(\d+)\]\.?(\w*)/.exec(inner);
  const label = optionText(path, "label");
  const column = row?.[2] ? text(`form.column.${row[2]}`) : "";
  const at = { label, row: Number(row?.[1]) + 1, column };
  const option = row ? text(column ? "form.cell" : "form.row", at) : label + inner;
  const more = here.length > 1 ? ` ${text("form.more", { number: here.length - 1 })}` : "";
  return { fault: text(`errors.${first.key}`, { ...first.params, option }) + more, advice: "" };
}

const told = (faults: readonly Issue[]): string[] => [
  ...faults.slice(0, TOLD).map(({ key, params }) => text(`errors.${key}`, { ...params })),
  ...(faults.length > TOLD ? [text("form.more", { number: faults.length - TOLD })] : []),
];

/** What no field tells: faults elsewhere, names that are new here, names that are old. */
export function remarks(model: OptionModel, { faults }: Findings, fields: ReadonlySet<string>): [string[], string[]] {
  const own = model.kind.shape(model.all(), false);
  const wrong = faults.filter((fault) => !fields.has(place(fault)[0]));
  const misspelt = faults.map(({ params }) => params["option"]);
  const unknown = Object.keys(own.options).filter((name) => !model.kind.schemas[name] && !misspelt.includes(name));
  const notes = [
    ...(unknown.length > 0 ? [text("form.unknown", { names: unknown.join(", ") })] : []),
    ...(own.old.length > 0 ? [text("form.old", { names: own.old.join(", ") })] : []),
  ];
  return [told(wrong), notes];
}

/** Checks a node's options together with those it inherits; the reason names them all. */
export function checkOptions(kind: OptionKind, value: unknown = {}, ...inherited: Options[]): boolean | string {
  if (!isObject(value)) return text("invalid.json");
  const layers = [...inherited.map((layer) => kind.shape(layer, true)), kind.shape(value, false)];
  const { faults } = examine(mergeOptions(...layers.map(({ options }) => options)), kind);
  return faults.length === 0 || told(faults).join("; ");
}
