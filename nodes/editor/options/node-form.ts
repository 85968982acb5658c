import { recordedShape } from "../../../src/options/live";
import type { Options } from "../../../src/options/merge";
import { isObject } from "../../../src/options/merge";
import { text } from "../texts";
import { changeNode, presetsOf } from "./account-form";
import { checkOptions } from "./faults";
import { createOptionForm } from "./form";
import { LIVE, type OptionKind, RECORDED } from "./kind";
import { createPresetBar } from "./preset-bar";

export interface NodeForm {
  /** Puts what was changed into the node. */
  save(node: EditorNode): void;
  /** The node's options over those of its preset, as they stand. */
  read(): Options;
  destroy(): void;
}

const accountAt = (id: unknown) => (typeof id === "string" && id !== "" ? RED.nodes.node(id) : undefined);

/** What a node starts from: the options of its account, and those of its preset. */
function layersOf(id: unknown, preset: unknown): [Options, Options] {
  const account = accountAt(id);
  const options = account?.["options"];
  return [isObject(options) ? options : {}, presetsOf(account)[String(preset ?? "")] ?? {}];
}

/** Checks the options of a node over those of its account and its preset. */
export function checkNodeOptions(this: EditorNode, value: unknown, _options: unknown): boolean | string {
  return checkOptions(RECORDED, value, ...layersOf(this["config"], this["preset"]));
}

/** Checks the options of a live node so. */
export function checkLiveOptions(this: EditorNode, value: unknown, _options: unknown): boolean | string {
  return checkOptions(LIVE, value, ...layersOf(this["config"], this["preset"]));
}

/** A preset must be one of the account's. */
export function checkPreset(this: EditorNode, value: unknown, _options: unknown): boolean | string {
  const account = accountAt(this["config"]);
  const name = String(value ?? "");
  return !account || name === "" || name in presetsOf(account) || text("errors.config-preset", { name });
}

/** Lays one set over another and keeps what takes away: it may take away what the account sets. */
function combine(below: Options, above: Options): Options {
  const result = { ...below };
  for (const [name, value] of Object.entries(above)) {
    const under = result[name];
    result[name] = isObject(value) && isObject(under) ? combine(under, value) : value;
  }
  return result;
}

/** The options of one node over a preset of its account, which it may also make. */
export function openNodeOptions(container: JQuery, node: EditorNode, config: JQuery): NodeForm {
  return openOptions(container, node, config, RECORDED);
}

/** The options of a live node over a preset of its account. It makes none: what a live session has is not for recordings. */
export function openLiveOptions(container: JQuery, node: EditorNode, config: JQuery): NodeForm {
  return openOptions(container, node, config, LIVE);
}

/** Options as the other kind has them: what it has not is left out. @param isLive they become those of a live node */
export function convertOptions(options: Options, isLive: boolean): Options {
  return isLive ? LIVE.shape(options, true).options : recordedShape(options);
}

function openOptions(container: JQuery, node: EditorNode, config: JQuery, kind: OptionKind): NodeForm {
  const heading = $("<div>").appendTo(container);
  const body = $("<div>").appendTo(container);
  const account = () => accountAt(config.val());
  const create = (values: unknown) =>
    createOptionForm(body.empty(), values, ...layersOf(config.val(), bar.chosen()), kind);
  const inherit = () => form.inherit(...layersOf(config.val(), bar.chosen()));
  const offer = (chosen: string) => {
    bar.show(Object.keys(presetsOf(account())), chosen);
    save.prop("disabled", !account()).css("display", kind === LIVE ? "none" : "");
  };
  const bar = createPresetBar(heading, { id: "gladia-preset", none: text("preset.none"), changed: inherit });
  const save = bar.button("save", "fa-floppy-o", () =>
    bar.ask("", (name) => {
      const target = account();
      if (!target) return;
      const presets = presetsOf(target);
      const options = combine(presets[bar.chosen()] ?? {}, form.read());
      changeNode(target, "presets", { ...presets, [name]: options });
      offer(name);
      form.destroy();
      form = create({});
    }),
  );
  offer(String(node["preset"] ?? ""));
  let form = create(node["options"]);
  const follow = () => {
    offer(bar.chosen());
    inherit();
  };
  config.on("change", follow);
  return {
    save(node) {
      node["options"] = form.read();
      if (bar.chosen() !== String(node["preset"] ?? "")) node["preset"] = bar.chosen();
    },
    read: () => combine(layersOf(config.val(), bar.chosen())[1], form.read()),
    destroy() {
      config.off("change", follow);
      form.destroy();
    },
  };
}
