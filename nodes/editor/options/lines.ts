import { isObject } from "./values";

/** A value written as lines of text, for people who list one thing a line. */
export interface Lines {
  /** Whether the value can be shown as lines without losing anything. */
  fits(value: unknown): boolean;
  write(value: unknown): string;
  read(lines: string, before: unknown): unknown;
}

const split = (written: string, separator: string): string[] =>
  written
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== "");

const isWord = (value: unknown): value is string =>
  typeof value === "string" && value !== "" && value === value.trim() && !value.includes("\n");

/** A list of texts, one a line. Entries with more to them, as vocabulary may have, keep it while their line stays. */
export const wordLines: Lines = {
  fits: (value) => Array.isArray(value) && value.every((item) => isWord(isObject(item) ? item["value"] : item)),
  write: (value) => (value as unknown[]).map((item) => (isObject(item) ? item["value"] : item)).join("\n"),
  read(lines, before) {
    const rich = (Array.isArray(before) ? before : []).filter(isObject);
    const items = split(lines, "\n").map((word) => rich.find((item) => item["value"] === word) ?? word);
    return items.length > 0 ? items : undefined;
  },
};

/** A spelling dictionary, one word a line: `SQL = sequel, S Q L`. */
export const spellingLines: Lines = {
  fits: (value) =>
    isObject(value) &&
    Object.entries(value).every(
      ([word, heard]) =>
        isWord(word) &&
        !word.includes("=") &&
        Array.isArray(heard) &&
        heard.every((h) => isWord(h) && !h.includes(",")),
    ),
  write: (value) =>
    Object.entries(value as Record<string, string[]>)
      .map(([word, heard]) => `${word} = ${heard.join(", ")}`)
      .join("\n"),
  read(lines) {
    const entries = split(lines, "\n").map((line): [string, string[]] => {
      const [word = "", ...heard] = line.split("=");
      return [word.trim(), split(heard.join("="), ",")];
    });
    const named = entries.filter(([word]) => word !== "");
    return named.length > 0 ? Object.fromEntries(named) : undefined;
  },
};
