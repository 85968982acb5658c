import { place, typed } from "./inputs";

/** What the dialog of gladia-format saves where nothing was chosen. */
const DEFAULTS: Readonly<Record<string, string>> = {
  format: "text",
  sourceType: "msg",
  fromType: "num",
  toType: "num",
  phraseType: "str",
  propertyType: "msg",
};

/** Makes the fields, and shows those that the chosen format needs. */
export function prepareFormat(node: EditorNode): void {
  for (const [name, value] of Object.entries(DEFAULTS)) {
    if (node[name]) continue;
    node[name] = value; // so that looking at it changes nothing
    $(`#node-input-${name}`).val(value);
  }
  typed("source", "json");
  typed("from", "num", "num");
  typed("to", "num", "num");
  typed("phrase", "str", "str");
  place("property");
  $("#gladia-format-speakers").val(linesOf(node["speakers"]));
  const format = $("#node-input-format");
  const show = () => {
    const chosen = String(format.val());
    for (const row of document.querySelectorAll<HTMLElement>(".gladia-form [data-forms]")) {
      row.style.display = row.dataset["forms"]?.split(" ").includes(chosen) ? "" : "none";
    }
  };
  format.on("change", show);
  show();
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
