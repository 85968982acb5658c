import type { Options } from "../../../src/options/merge";
import { text } from "../texts";
import { examine, remarks } from "./faults";
import { createGroup, type GroupView } from "./group";
import { createJsonEditor } from "./json";
import { type OptionKind, RECORDED } from "./kind";
import { OptionModel } from "./model";

export interface OptionForm {
  /** The options as they stand, to be kept in the flow. */
  read(): Options;
  /** Shows other options to start from: the account or the preset was changed. */
  inherit(account: Options, preset: Options): void;
  destroy(): void;
}

const NO_FIELDS: ReadonlySet<string> = new Set();
/** So many groups are opened at once; those below them are out of sight, and come one by one after the first paint. */
const SEEN = 3;
/** Milliseconds: the dialog has begun to slide in by then, and has not come to rest. */
const SOON = 100;
let forms = 0;

/** Builds the options part of a dialog: fields in groups that open, and the same as JSON beside. */
export function createOptionForm(
  container: JQuery,
  values: unknown,
  account: Options = {},
  preset: Options = {},
  kind: OptionKind = RECORDED,
): OptionForm {
  const prefix = `gladia-options-${++forms}`;
  const { groups: layout } = kind;
  const known: ReadonlySet<string> = new Set(layout.flatMap(({ paths }) => paths));
  const model = new OptionModel(values, account, preset, kind);
  const opened = new Map<string, boolean>();
  let asFields = true;
  let groups: GroupView[] = [];
  let later: ReturnType<typeof setTimeout> | undefined;
  let pause = 0;

  const fields = $("<div>");
  const faults = $("<div>", { class: "gladia-error", role: "alert" });
  const notes = $("<div>", { class: "gladia-hint", role: "status" });
  const refresh = () => {
    later = undefined;
    const begun = performance.now();
    const sent = model.sent();
    const findings = examine(sent, kind);
    if (asFields) for (const group of groups) group.update(findings);
    else json.tell(sent);
    const [wrong, told] = remarks(model, findings, asFields ? known : NO_FIELDS);
    faults.text(wrong.join("; "));
    notes.text(told.join(" "));
    pause = (performance.now() - begun) * 3;
  };
  /** At once while that is quick; thousands of words wait until the typing rests. */
  const changed = () => {
    clearTimeout(later);
    if (pause < 100) refresh();
    else later = setTimeout(refresh, pause);
  };
  const json = createJsonEditor((written) => {
    const ok = container.closest(".red-ui-tray").find("#node-dialog-ok, #node-config-dialog-ok");
    ok.add(fieldsTab).prop("disabled", !written).toggleClass("disabled", !written);
    if (!written || asFields) return;
    model.replace(written);
    changed();
  });
  const tab = (key: string, shows: boolean) =>
    $("<button>", { type: "button", class: "red-ui-button toggle", role: "tab", text: text(`form.${key}`) }).on(
      "click",
      () => show(shows),
    );
  const fieldsTab = tab("fields", true);
  const jsonTab = tab("json", false);

  const render = () => {
    const below: GroupView["open"][] = [];
    groups = layout.map((group) => createGroup(group, prefix, model, changed));
    groups.forEach(({ element, open }, i) => {
      const { group = "", paths = [] } = layout[i] ?? {};
      const isOpen = opened.get(group) ?? paths.some((path) => model.isOwn(path));
      if (isOpen && i >= SEEN) below.push(open);
      else open(isOpen);
      element.on("toggle", () => opened.set(group, element.prop("open")));
    });
    fields.empty().append(...groups.map(({ element }) => element));
    const openBelow = () => {
      below.shift()?.(true);
      if (below.length > 0) requestAnimationFrame(openBelow);
    };
    requestAnimationFrame(() => setTimeout(openBelow, SOON));
  };
  /** Takes over what was written as JSON; while that is no object, what was there before stays. */
  const takeJson = () => {
    if (!asFields) model.replace(json.read() ?? model.all());
  };
  const show = (withFields: boolean) => {
    takeJson();
    asFields = withFields;
    if (asFields) render();
    else json.show(model.all());
    fields.css("display", asFields ? "" : "none");
    json.element.css("display", asFields ? "none" : "");
    fieldsTab.toggleClass("selected", asFields).attr("aria-selected", String(asFields));
    jsonTab.toggleClass("selected", !asFields).attr("aria-selected", String(!asFields));
    refresh();
  };

  const tabs = $("<span>", { class: "button-group", role: "tablist" }).append(fieldsTab, jsonTab);
  const heading = $("<div>", { class: "gladia-heading" }).append($("<b>", { text: text("form.options") }), tabs);
  container.append(heading, fields, json.element, faults, notes);
  show(true);
  return {
    read() {
      takeJson();
      return model.all();
    },
    inherit(account, preset) {
      if (!model.inherit(account, preset)) return;
      if (asFields) render();
      refresh();
    },
    destroy() {
      clearTimeout(later);
      json.destroy();
    },
  };
}
