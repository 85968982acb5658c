import { LANGUAGES, TRANSLATION_LANGUAGES } from "../../../src/options/languages";
import { PII_PRESETS } from "../../../src/options/pii";
import type { OptionSchema } from "../../../src/options/schema";
import { text } from "../texts";
import { optionKey } from "./layout";
import { type OptionModel, schemaAt, valueAt } from "./model";
import type { Choice } from "./picker";

/** So many entries of a list are named where it is summed up. */
const SHOWN = 12;

const byCode = new Map(TRANSLATION_LANGUAGES.map((language) => [language.code, language]));

const languageNames = new Map<string, string>();
let names: Intl.DisplayNames | undefined;

/** A language in the words of the editor's own language, where the browser knows them. */
function languageName(code: string): string {
  const known = languageNames.get(code) ?? findLanguageName(code);
  languageNames.set(code, known);
  return known;
}

function findLanguageName(code: string): string {
  const english = byCode.get(code)?.english ?? code;
  if (code === "jw") return languageName("jv") === "jv" ? english : languageName("jv");
  try {
    names ??= new Intl.DisplayNames([RED.i18n.lang()], { type: "language", fallback: "none" });
    const name = names.of(code);
    return name ? name.charAt(0).toUpperCase() + name.slice(1) : english;
  } catch {
    return english;
  }
}

/** Whether a list holds languages, to be shown by name. */
function isLanguages(schema: OptionSchema): boolean {
  return (schema.items?.[0]?.enum?.length ?? 0) >= LANGUAGES.length;
}

/** What an option is called, or what it is good for. */
export const optionText = (path: string, part: "label" | "short" | "hint"): string =>
  text(`${optionKey(path)}.${part}`);

/** What a list of fixed values may hold, sorted and named for people. */
export function choicesOf(path: string): Choice[] {
  const schema = schemaAt(path);
  const values = schema.items?.[0]?.enum ?? schema.enum ?? [];
  if (!isLanguages(schema)) {
    const detail = (value: string) => text(PII_PRESETS.includes(value) ? "form.pii-set" : "form.pii-type");
    return values.map((value) => ({ value, label: valueName(path, value), detail: detail(value) }));
  }
  return values
    .map((code) => {
      const language = byCode.get(code);
      const label = languageName(code);
      const others = new Set([language?.native ?? "", language?.english ?? ""].filter((name) => name !== label));
      return { value: code, label, detail: [...others, code].join(" · ") };
    })
    .sort((a, b) => a.label.localeCompare(b.label, RED.i18n.lang()));
}

/** One value of an option in words: `on`, `French`, `bullet points`. */
export function valueName(path: string, value: unknown): string {
  if (typeof value === "boolean") return text(value ? "form.on" : "form.off");
  if (Array.isArray(value)) {
    const names = value.slice(0, SHOWN).map((item) => valueName(path, item));
    return [...names, ...(value.length > SHOWN ? ["…"] : [])].join(", ");
  }
  if (typeof value === "object" && value !== null) {
    return "value" in value ? String(value.value) : valueName(path, Object.keys(value));
  }
  const schema = schemaAt(path);
  if (isLanguages(schema)) return languageName(String(value));
  const key = `${optionKey(path)}.values.${value}`;
  const name = schema.enum ? text(key) : key;
  return name.endsWith(key) ? String(value) : name;
}

/** What holds while a field is left alone: the preset's or the account's value, or what Gladia does by itself. */
export function fallbackName(path: string, model: OptionModel): string {
  if (model.removes(path)) return text("form.removed");
  const inherited = valueAt(model.inherited, path);
  if (inherited !== undefined) {
    const origin = valueAt(model.preset, path) === undefined ? "inherited" : "from-preset";
    return text(`form.${origin}`, { value: valueName(path, inherited) });
  }
  const value = schemaAt(path).default;
  if (value === undefined || (Array.isArray(value) && value.length === 0)) {
    const key = `${optionKey(path)}.unset`;
    return text(key).endsWith(key) ? text("form.unset") : text(key);
  }
  return text("form.default", { value: valueName(path, value) });
}
