import type { Options } from "../../../src/options/merge";
import { text } from "../texts";
import { createGroup } from "./group";
import { createJsonEditor } from "./json";
import { GROUPS } from "./layout";
import { OptionModel } from "./model";

export interface OptionForm {
  /** The options as they stand, to be kept in the flow. */
  read(): Options;
  /** Shows other defaults: the account was changed. */
  inherit(values: Options): void;
  destroy(): void;
}

let forms = 0;

/** Builds the options part of a dialog: fields in groups that open, and the same as JSON beside. */
export function createOptionForm(container: JQuery, values: unknown, inherited: Options): OptionForm {
  const prefix = `gladia-options-${++forms}`;
  const model = new OptionModel(values, inherited);
  const opened = new Map<string, boolean>();
  let asFields = true;

  const fields = $("<div>");
  const json = createJsonEditor((valid) => {
    const ok = container.closest(".red-ui-tray").find("#node-dialog-ok, #node-config-dialog-ok");
    ok.add(fieldsTab).prop("disabled", !valid).toggleClass("disabled", !valid);
  });
  const tab = (key: string, shows: boolean) =>
    $("<button>", { type: "button", class: "red-ui-button toggle", role: "tab", text: text(`form.${key}`) }).on(
      "click",
      () => show(shows),
    );
  const fieldsTab = tab("fields", true);
  const jsonTab = tab("json", false);

  /** Takes over what was written as JSON; while that is no object, what was there before stays. */
  const takeJson = () => {
    if (!asFields) model.replace(json.read() ?? model.all());
  };
  const render = () => {
    fields.empty();
    for (const group of GROUPS) {
      const used = group.paths.some((path) => model.get(path) !== undefined);
      const details = createGroup(group, prefix, model).prop("open", opened.get(group.group) ?? used);
      fields.append(details.on("toggle", () => opened.set(group.group, details.prop("open"))));
    }
  };
  const show = (withFields: boolean) => {
    takeJson();
    asFields = withFields;
    if (asFields) render();
    else json.show(model.all());
    fields.toggle(asFields);
    json.element.toggle(!asFields);
    fieldsTab.toggleClass("selected", asFields).attr("aria-selected", String(asFields));
    jsonTab.toggleClass("selected", !asFields).attr("aria-selected", String(!asFields));
  };

  const tabs = $("<span>", { class: "button-group", role: "tablist" }).append(fieldsTab, jsonTab);
  const heading = $("<div>", { class: "gladia-heading" }).append($("<b>", { text: text("form.options") }), tabs);
  container.append(heading, fields, json.element);
  show(true);
  return {
    read() {
      takeJson();
      return model.all();
    },
    inherit(values) {
      model.inherited = values;
      if (asFields) render();
    },
    destroy: () => json.destroy(),
  };
}
