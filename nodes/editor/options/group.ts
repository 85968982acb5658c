import { text } from "../texts";
import { type Findings, findingAt } from "./faults";
import { createField } from "./fields";
import type { Group } from "./layout";
import { enabledBy, type OptionModel } from "./model";
import { optionText, valueName } from "./names";

export interface GroupView {
  element: JQuery;
  /** Opens the group, or closes it; its fields are made when it is first open. */
  open(open: boolean): void;
  /** Shows what was found, and the fields whose flag is on. */
  update(findings: Findings): void;
}

/** Fields of a configuration show once its option is on. */
function isShown(path: string, model: OptionModel): boolean {
  const flag = enabledBy(path);
  return flag === undefined || model.effective(flag) === true;
}

/** One line on what a group of options holds, so that it need not be opened to see it. */
function summarise(paths: readonly string[], model: OptionModel, value: (path: string) => unknown): string {
  const parts = paths.map((path) => {
    const set = value(path);
    if (model.removes(path)) {
      return text("form.pair", { label: optionText(path, "label"), value: text("form.removed") });
    }
    if (set === undefined) return "";
    if (typeof set !== "boolean" && typeof set !== "number") return valueName(path, set);
    const label = optionText(path, "short");
    return set === true ? label : text("form.pair", { label, value: valueName(path, set) });
  });
  return parts.filter((part) => part !== "").join(", ");
}

/** Builds the fields of one group, under a heading that opens them and sums them up. */
export function createGroup(
  { group, icon, paths }: Group,
  prefix: string,
  model: OptionModel,
  changed: () => void,
): GroupView {
  const summary = $("<span>", { class: "gladia-summary" });
  const rows = new Map<string, JQuery>();
  const field = (path: string) =>
    createField(path, `${prefix}-${path.replaceAll(".", "-")}`, model, () => {
      renewAfter(path);
      changed();
    });
  /** A flag may bring its configuration back: the fields that wait for it are made anew. */
  const renewAfter = (flag: string) => {
    for (const [path, row] of rows) {
      if (enabledBy(path) !== flag) continue;
      const fresh = field(path);
      row.replaceWith(fresh);
      rows.set(path, fresh);
    }
  };

  const body = $("<div>", { class: "gladia-fields" });
  let shown: string[] = [];
  let found: Findings = { faults: [], advice: [] };
  const show = (path: string, row: JQuery, fault: string, advice: string) => {
    // jQuery's toggle() would lay the page out for every row.
    row.css("display", shown.includes(path) || fault !== "" ? "" : "none");
    row.toggleClass("gladia-own", model.isOwn(path));
    row.find(".gladia-error").text(fault);
    row.find(".gladia-advice").text(advice);
    row.find("input, select, textarea").attr("aria-invalid", String(fault !== ""));
  };
  const build = () => {
    if (rows.size > 0) return;
    for (const path of paths) {
      const row = field(path).appendTo(body);
      rows.set(path, row);
      const { fault, advice } = findingAt(path, found);
      show(path, row, fault, advice);
    }
  };
  const heading = $("<summary>").append(
    $("<i>", { class: "fa fa-angle-right" }),
    $("<i>", { class: `fa fa-fw ${icon}` }),
    $("<span>", { text: text(`group.${group}`) }),
    summary,
  );
  const element = $("<details>", { class: "gladia-group", "data-group": group }).append(heading, body);
  heading.on("click", build);
  return {
    element,
    open(open) {
      if (open) build();
      element.prop("open", open);
    },
    update(findings) {
      shown = paths.filter((path) => isShown(path, model));
      const own = summarise(shown, model, (path) => model.get(path));
      const line = own || summarise(shown, model, (path) => model.effective(path));
      summary
        .text(line)
        .toggleClass("gladia-inherited", own === "")
        .attr("title", line);
      found = findings;
      let wrong = false;
      for (const path of paths) {
        const { fault, advice } = findingAt(path, findings);
        wrong ||= fault !== "";
        const row = rows.get(path);
        if (row) show(path, row, fault, advice);
      }
      heading.toggleClass("gladia-wrong", wrong);
    },
  };
}
