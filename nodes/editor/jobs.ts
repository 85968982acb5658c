import { place, prepareJob, setDefaults, showRowsFor, typed } from "./inputs";

/** Makes the fields, and shows those that the chosen operation needs. */
export function prepareJobs(node: EditorNode): void {
  setDefaults(node, {
    operation: "list",
    kind: "pre-recorded",
    filterType: "msg",
    jobType: "msg",
    pathType: "str",
    propertyType: "msg",
  });
  typed("filter", "json");
  prepareJob();
  typed("path", "str", "str");
  place("property");
  showRowsFor("operation", "operations");
}
