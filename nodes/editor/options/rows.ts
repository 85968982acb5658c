import { languageCode } from "../../../src/options/languages";
import { isObject } from "../../../src/options/merge";

/** A value shown as a table: how it becomes rows of text, and they the value. */
export interface RowFormat {
  /** Names of the columns, keys of `form.column` in the catalogue. */
  columns: readonly string[];
  rows(value: unknown): string[][];
  value(rows: readonly string[][]): unknown;
}

/** Commas of Chinese and Japanese count, too: nobody should have to change the keyboard. */
const list = (cell = ""): string[] =>
  cell
    .split(/[,，、]/)
    .map((part) => part.trim())
    .filter((part) => part !== "");
const named = (rows: readonly string[][]) => rows.filter(([name]) => name);

/** Words, each with how it sounds, how readily it is heard, and its language. */
const vocabulary: RowFormat = {
  columns: ["value", "pronunciations", "intensity", "language"],
  rows: (value) =>
    (value as unknown[]).map((item) => {
      if (!isObject(item)) return [String(item)];
      const { value, pronunciations = [], intensity = "", language = "" } = item;
      return [value, [pronunciations].flat().join(", "), intensity, language].map(String);
    }),
  value: (rows) =>
    named(rows).map(([value, heard, intensity, language]) => {
      const item: Record<string, unknown> = { value };
      if (list(heard).length > 0) item["pronunciations"] = list(heard);
      const number = Number(intensity?.replace(/[,，]/, "."));
      if (intensity) item["intensity"] = Number.isNaN(number) ? intensity : number;
      if (language) item["language"] = languageCode(language);
      return Object.keys(item).length > 1 ? item : value;
    }),
};

/** Wanted words and what they are misheard as; a word that stands there twice has both. */
const spelling: RowFormat = {
  columns: ["wanted", "heard"],
  rows: (value) => Object.entries(value as object).map(([word, heard]) => [word, [heard].flat().join(", ")]),
  value(rows) {
    const words = new Map<string, string[]>();
    for (const [word = "", ...heard] of named(rows))
      words.set(word, [...(words.get(word) ?? []), ...heard.flatMap(list)]);
    return Object.fromEntries(words);
  },
};

const parsed = (cell: string): unknown => {
  try {
    return JSON.parse(cell);
  } catch {
    return cell;
  }
};

/** Anything at all by name; what reads as JSON is taken for it. */
const metadata: RowFormat = {
  columns: ["name", "content"],
  rows: (value) =>
    Object.entries(value as object).map(([name, content]) => [
      name,
      typeof content === "string" && parsed(content) === content ? content : JSON.stringify(content),
    ]),
  value: (rows) => Object.fromEntries(named(rows).map(([name, content = ""]) => [name, parsed(content)])),
};

export const FORMATS = { vocabulary, spelling, metadata };

/** A word is the same with and without the object around it. */
const wrap = (item: unknown): unknown => {
  const { value, pronunciations, intensity, language, ...rest } = isObject(item) ? item : { value: item };
  return [value, pronunciations, intensity, language, rest];
};
const canonical = (value: unknown) => JSON.stringify(Array.isArray(value) ? value.map(wrap) : value);

/** Whether the value can be shown as a table without losing anything. */
export function fitsRows(value: unknown, format: RowFormat): boolean {
  if (format === FORMATS.vocabulary ? !Array.isArray(value) : !isObject(value)) return false;
  return canonical(format.value(format.rows(value).map((row) => row.map(tidy)))) === canonical(value);
}

const tidy = (cell: string) => cell.replace(/\s+/g, " ").trim();

/** Cells as spreadsheets copy them: tabs between, a row a line, quotes around what holds either. */
export function readCells(written: string): string[][] {
  const rows: string[][] = [[]];
  const cells = /(?:"((?:[^"]|"")*)"(?=[\t\r\n]|$)|([^\t\r\n]*))(\t|\r\n?|\n|$)/g;
  for (const [, quoted, plain = "", end] of written.matchAll(cells)) {
    rows.at(-1)?.push(tidy(quoted?.replace(/""/g, '"') ?? plain));
    if (end === "") break;
    if (end !== "\t") rows.push([]);
  }
  return rows.filter((row) => row.some((cell) => cell !== ""));
}

/** The reverse of `readCells`. */
export function writeCells(rows: readonly string[][]): string {
  const quote = (cell: string) => (cell.startsWith('"') ? `"${cell.replace(/"/g, '""')}"` : cell);
  return rows.map((row) => row.map(quote).join("\t").trimEnd()).join("\n");
}
