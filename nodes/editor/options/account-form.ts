import type { Options } from "../../../src/options/merge";
import { isObject } from "../../../src/options/merge";
import { text } from "../texts";
import { checkOptions } from "./faults";
import { createOptionForm, type OptionForm } from "./form";
import { RECORDED } from "./kind";
import { createPresetBar } from "./preset-bar";

export interface AccountForm {
  /** Puts what was changed into the account, and a new name of a preset into the nodes that use it. */
  save(node: EditorNode): void;
  destroy(): void;
}

/** The presets of an account by name; whatever is no option set is left out. */
export function presetsOf(account: EditorNode | null | undefined): Record<string, Options> {
  const presets = account?.["presets"];
  const entries = Object.entries(isObject(presets) ? presets : {});
  return Object.fromEntries(entries.filter((entry): entry is [string, Options] => isObject(entry[1])));
}

/** Checks the presets of an account, each over the account's own options. */
export function checkPresets(this: EditorNode, value: unknown, _options: unknown): boolean | string {
  const own = isObject(this["options"]) ? this["options"] : {};
  const reasons = Object.entries(isObject(value) ? value : {}).flatMap(([name, options]) => {
    const checked = checkOptions(RECORDED, options, own);
    return checked === true ? [] : [text("form.pair", { label: name, value: checked })];
  });
  return reasons.length === 0 || reasons.join("; ");
}

/** The options that an account gives to all its nodes, and its presets, one at a time. */
export function openAccountOptions(container: JQuery, account: EditorNode): AccountForm {
  let own = isObject(account["options"]) ? account["options"] : {};
  let presets = new Map(Object.entries(presetsOf(account)));
  const renamed = new Map<string, string>();
  let chosen = "";
  let form: OptionForm | undefined;

  const keep = () => {
    const options = form?.read() ?? {};
    if (chosen) presets.set(chosen, options);
    else own = options;
    return options;
  };
  const show = (name: string) => {
    form?.destroy();
    chosen = name;
    form = createOptionForm(body.empty(), name ? presets.get(name) : own, name ? own : {});
    bar.show([...presets.keys()], name);
    change.prop("disabled", name === "");
  };
  const bar = createPresetBar(container, {
    id: "gladia-account-preset",
    none: text("preset.own"),
    changed(name) {
      keep();
      show(name);
    },
  });
  bar.button("add", "fa-plus", () =>
    bar.ask("", (name) => {
      presets.set(name, keep());
      show(name);
    }),
  );
  const rename = bar.button("rename", "fa-pencil", () =>
    bar.ask(chosen, (name) => {
      keep();
      presets = new Map([...presets].map(([key, options]) => [key === chosen ? name : key, options]));
      renamed.set(chosen, name);
      show(name);
    }),
  );
  const remove = bar.button("remove", "fa-trash", () => {
    presets.delete(chosen);
    show("");
  });
  const change = rename.add(remove);
  const body = $("<div>").appendTo(container);
  show("");

  return {
    save(node) {
      keep();
      node["options"] = own;
      if (presets.size > 0 || node["presets"] !== undefined) node["presets"] = Object.fromEntries(presets);
      follow(node, renamed, presets);
    },
    destroy: () => form?.destroy(),
  };
}

/** Nodes that use a preset keep it when its name changes; undo gives them the old name back. */
function follow(account: EditorNode, renamed: Map<string, string>, presets: ReadonlyMap<string, Options>): void {
  for (const user of (account["users"] as EditorNode[] | undefined) ?? []) {
    const before = String(user["preset"] ?? "");
    let name = before;
    for (let next = renamed.get(name); next !== undefined && !presets.has(name); next = renamed.get(name)) name = next;
    if (name !== before) changeNode(user, "preset", name);
  }
}

/** Changes a node as its dialog would: deploy knows of it, and it can be undone. */
export function changeNode(node: EditorNode, property: string, value: unknown): void {
  RED.history.push({
    t: "edit",
    node,
    changes: { [property]: node[property] },
    changed: node["changed"],
    dirty: RED.nodes.dirty(),
  });
  node[property] = value;
  node["changed"] = true;
  node["dirty"] = true;
  RED.nodes.dirty(true);
  RED.editor.validateNode(node);
  RED.events.emit("nodes:change", node);
}
