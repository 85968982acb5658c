import { place, setDefaults, showRowsFor, typed } from "./inputs";

/** Makes the fields, and shows those that the chosen format needs. */
export function prepareFormat(node: EditorNode): void {
  setDefaults(node);
  typed("source", "json");
  typed("from", "num", "num");
  typed("to", "num", "num");
  typed("phrase", "str", "str");
  place("property");
  $("#gladia-format-speakers").val(linesOf(node["speakers"]));
  showRowsFor("format", "forms");
}

/** Names by number, a line each; a number without a name is an empty line. */
function linesOf(speakers: unknown): string {
  const names = Object.entries((speakers ?? {}) as Record<string, string>).filter(([key]) => isNumber(key));
  const lines: string[] = [];
  for (const [key, name] of names) lines[Number(key)] = name;
  return Array.from(lines, (name) => name ?? "").join("\n");
}

/** The names in the dialog, by the API's numbers; those of speakers that are told apart otherwise stay. */
export function readSpeakers(before: unknown): Record<string, string> {
  const others = Object.entries((before ?? {}) as Record<string, string>).filter(([key]) => !isNumber(key));
  const names = String($("#gladia-format-speakers").val())
    .split("\n")
    .map((name, i) => [String(i), name.trim()] as const)
    .filter(([, name]) => name !== "");
  return Object.fromEntries([...names, ...others]);
}

/** More than this many lines nobody writes; a larger number is a name of another kind. */
const isNumber = (key: string): boolean => /^\d{1,3}$/.test(key);
