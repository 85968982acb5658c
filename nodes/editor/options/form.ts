import { OPTIONS } from "../../../src/options/schema";
import { text } from "../texts";
import { faultAt } from "./faults";
import { createField } from "./fields";
import { createJsonEditor } from "./json";
import { GROUPS } from "./layout";
import { OptionModel } from "./model";
import { valueName } from "./names";
import type { OptionValues } from "./values";

export interface OptionForm {
  /** The options as they stand, to be kept in the flow. */
  read(): OptionValues;
  /** Shows other defaults: the account was changed. */
  inherit(values: OptionValues): void;
  destroy(): void;
}

let forms = 0;

/** The flag that a field waits for: a field of `subtitles_config` shows once `subtitles` is on. */
const flagOf = (path: string): string | undefined =>
  path.includes(".") ? OPTIONS[path.split(".")[0] ?? ""]?.flagOf : undefined;

function isShown(path: string, model: OptionModel): boolean {
  const flag = flagOf(path);
  return flag === undefined || model.effective(flag) === true;
}

/** One line on what a group of options holds, so that it need not be opened to see it. */
function summarise(paths: readonly string[], value: (path: string) => unknown): string {
  const parts = paths.map((path) => {
    const set = value(path);
    if (set === undefined) return "";
    const label = text(`option.${path}.short`);
    if (typeof set === "boolean") return set ? label : `${label}: ${valueName(path, set)}`;
    return typeof set === "number" ? `${label}: ${set}` : valueName(path, set);
  });
  return parts.filter((part) => part !== "").join(", ");
}

/** Builds the options part of a dialog: fields in groups that open, and the same as JSON beside. */
export function createOptionForm(container: JQuery, values: unknown, inherited: OptionValues): OptionForm {
  const prefix = `gladia-options-${++forms}`;
  const model = new OptionModel(values, inherited);
  const fields = $("<div>");
  const json = createJsonEditor((valid) => {
    const ok = container.closest(".red-ui-tray").find("#node-dialog-ok, #node-config-dialog-ok");
    ok.prop("disabled", !valid).toggleClass("disabled", !valid);
    formTab.prop("disabled", !valid);
  });
  const tab = (key: string, show: () => void) =>
    $("<button>", { type: "button", class: "red-ui-button toggle", role: "tab", text: text(`form.${key}`) }).on(
      "click",
      show,
    );
  const formTab = tab("fields", () => {
    if (json.element.is(":visible")) model.replace(json.read() ?? model.all());
    show(true);
  });
  const jsonTab = tab("json", () => {
    json.show(model.all());
    show(false);
  });
  const show = (asFields: boolean) => {
    if (asFields) render();
    fields.toggle(asFields);
    json.element.toggle(!asFields);
    formTab.toggleClass("selected", asFields).attr("aria-selected", String(asFields));
    jsonTab.toggleClass("selected", !asFields).attr("aria-selected", String(!asFields));
  };

  const opened = new Map<string, boolean>();
  const renderGroup = ({ group, icon, paths }: (typeof GROUPS)[number]): JQuery => {
    const summary = $("<span>", { class: "gladia-summary" });
    const rows = new Map<string, JQuery>();
    const update = () => {
      const own = summarise(paths, (path) => (isShown(path, model) ? model.get(path) : undefined));
      const all = summarise(paths, (path) => (isShown(path, model) ? model.effective(path) : undefined));
      summary
        .text(own || all)
        .toggleClass("gladia-inherited", own === "")
        .attr("title", own || all);
      for (const [path, row] of rows) {
        row.toggle(isShown(path, model));
        row.find(".gladia-error").text(faultAt(path, model));
      }
    };
    const renew = (path: string) => {
      for (const [other, row] of rows) {
        if (flagOf(other) !== path) continue;
        const fresh = createField(other, `${prefix}-${other.replace(".", "-")}`, model, () => changed(other));
        row.replaceWith(fresh);
        rows.set(other, fresh);
      }
    };
    const changed = (path: string) => {
      renew(path);
      update();
    };
    const body = $("<div>", { class: "gladia-fields" });
    for (const path of paths) {
      const row = createField(path, `${prefix}-${path.replace(".", "-")}`, model, () => changed(path));
      rows.set(path, row.appendTo(body));
    }
    const heading = $("<summary>").append(
      $("<i>", { class: "fa fa-angle-right" }),
      $("<i>", { class: `fa fa-fw ${icon}` }),
      $("<span>", { text: text(`group.${group}`) }),
      summary,
    );
    update();
    const used = paths.some((path) => model.get(path) !== undefined);
    const details = $("<details>", { class: "gladia-group", "data-group": group }).append(heading, body);
    return details.prop("open", opened.get(group) ?? used).on("toggle", () => opened.set(group, details.prop("open")));
  };
  const render = () => fields.empty().append(...GROUPS.map(renderGroup));

  const heading = $("<div>", { class: "gladia-heading" }).append(
    $("<b>", { text: text("form.options") }),
    $("<span>", { class: "button-group", role: "tablist" }).append(formTab, jsonTab),
  );
  container.append(heading, fields, json.element);
  show(true);
  return {
    read() {
      if (json.element.css("display") !== "none") model.replace(json.read() ?? model.all());
      return model.all();
    },
    inherit(values) {
      model.inherited = values;
      if (fields.css("display") !== "none") render();
    },
    destroy: () => json.destroy(),
  };
}
