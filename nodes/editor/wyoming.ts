import { bindLabel } from "./inputs";

const OPTIONS = "#gladia-wyoming-options";

/** Makes the fields. A node that waits for a reply has an input, where it comes back. */
export function prepareWyoming(node: EditorNode): void {
  const options = JSON.stringify(node["options"] ?? {});
  const field = $(OPTIONS)
    .val(options)
    .typedInput({ default: "json", types: ["json"] });
  bindLabel(field, ".red-ui-typedInput-input");
  const reply = $("#node-input-reply");
  const show = () => {
    const waits = reply.is(":checked");
    $("#node-input-inputs").val(waits ? "1" : "0");
    $("#gladia-wyoming-timeout").css("display", waits ? "" : "none");
  };
  reply.on("change", show);
  show();
}

/** Takes over the options; what is no object leaves them as they were. */
export function readWyoming(node: EditorNode): void {
  const written = String($(OPTIONS).val() ?? "").trim() || "{}";
  try {
    const options: unknown = JSON.parse(written);
    const isObject = typeof options === "object" && options !== null && !Array.isArray(options);
    if (isObject && written !== JSON.stringify(node["options"] ?? {})) node["options"] = options;
  } catch {
    // the field shows that it is no JSON
  }
}
