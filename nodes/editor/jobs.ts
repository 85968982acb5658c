import { addPlace, prepareJob, setDefaults, showRowsFor, typed } from "./inputs";

/** Makes the fields, and shows those that the chosen operation needs. */
export function prepareJobs(node: EditorNode): void {
  setDefaults(node);
  typed("filter", "json");
  prepareJob();
  typed("path", "str", "str");
  addPlace(node, "#node-input-path");
  showRowsFor("operation", "operations");
}
