import type { Options } from "../../src/options/merge";
import { setDefaults } from "./inputs";
import type { NodeForm } from "./options/node-form";
import { sharedOptions } from "./options/share";

/** Checks the options of a Wyoming node: those of a live session, or of a job. */
export function checkWyomingOptions(this: EditorNode, value: unknown, options: unknown): boolean | string {
  const shared = sharedOptions();
  const check = this["mode"] === "pre-recorded" ? shared?.checkNodeOptions : shared?.checkLiveOptions;
  return check?.call(this, value, options) ?? true;
}

/**
 * Makes the fields. A node that waits for a reply has an input, where it comes back. The options are those of what transcribes:
 * when that is changed, those that both have go along into the other form, and the others are there again when it is changed back.
 */
export function prepareWyoming(node: EditorNode): NodeForm {
  setDefaults(node);
  const reply = $("#node-input-reply");
  const show = () => {
    const waits = reply.is(":checked");
    $("#node-input-inputs").val(waits ? "1" : "0");
    $("#gladia-wyoming-timeout").css("display", waits ? "" : "none");
  };
  reply.on("change", show);
  show();

  const mode = $("#node-input-mode");
  const held = { options: node["options"], preset: node["preset"] } as unknown as EditorNode;
  let shown: unknown;
  let form: NodeForm | undefined;
  /** The options before they became others, and those as JSON. */
  let before: unknown;
  let became: string;
  const open = () => {
    if (mode.val() === shown) return;
    shown = mode.val();
    const isLive = shown !== "pre-recorded";
    const shared = sharedOptions();
    if (form) {
      form.save(held);
      form.destroy();
      const { options } = held;
      const isBack = JSON.stringify(options) === became;
      held["options"] = isBack ? before : shared?.convertOptions(options as Options, isLive);
      before = options;
      became = JSON.stringify(held["options"]);
    }
    const openForm = isLive ? shared?.openLiveOptions : shared?.openNodeOptions;
    form = openForm?.($("#gladia-options").empty(), held, $("#node-input-config"));
  };
  mode.on("change", open);
  open();
  return {
    save: (node) => form?.save(node),
    read: () => form?.read() ?? {},
    destroy: () => form?.destroy(),
  };
}
