import type { Options } from "../../../src/options/merge";
import { isObject } from "../../../src/options/merge";
import { text } from "../texts";

/** The options as JSON, to read, copy and edit. */
interface JsonEditor {
  element: JQuery;
  show(values: Options): void;
  /** Shows below what will be sent. */
  tell(sent: Options): void;
  /** What is written there, or nothing while it is no JSON object. */
  read(): Options | undefined;
  destroy(): void;
}

/**
 * Completion of the word being typed has nothing to offer here; it and folding, which waits for a worker, throw when the
 * editor is closed under them.
 */
const PLAIN = { minimap: { enabled: false }, inlineSuggest: { enabled: false }, folding: false };

/** Reads an object written as JSON; nothing at all counts as an empty one. */
function parseOptions(written: string): Options | undefined {
  if (written.trim() === "") return {};
  try {
    const value: unknown = JSON.parse(written);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Creates the JSON tab; the text editor itself is made when it is first shown. */
export function createJsonEditor(changed: (values: Options | undefined) => void): JsonEditor {
  let editor: TextEditor | undefined;
  const field = $("<div>", { class: "gladia-json node-text-editor" });
  const fault = $("<div>", { class: "gladia-error", role: "alert" });
  const hint = $("<div>", { class: "gladia-hint", text: text("form.json-hint") });
  const title = $("<div>", { class: "gladia-title", text: text("form.sent") });
  const sent = $("<pre>", { class: "gladia-sent", role: "region", tabindex: 0, "aria-label": text("form.sent") });
  const read = () => parseOptions(editor?.getValue() ?? "");
  const check = () => {
    const values = read();
    fault.text(values ? "" : text("invalid.json"));
    changed(values);
  };
  return {
    element: $("<div>").append(field, fault, hint, title, sent),
    tell: (values) => sent.text(JSON.stringify(values, null, 2)),
    show(values) {
      const value = JSON.stringify(values, null, 2);
      if (editor) editor.setValue(value);
      else if (field[0]) {
        editor = RED.editor.createEditor({ element: field[0], mode: "ace/mode/json", value, ...PLAIN });
        editor.getSession().on("change", check);
      }
      check();
    },
    read,
    destroy() {
      editor?.destroy();
      editor = undefined;
    },
  };
}
