import { text } from "./texts";

const SOURCES = ["msg", "flow", "global"];

/**
 * Makes the fields for the sound and its file name, and shows what text in a message may do only where it can matter. A
 * node that was saved before these choices existed has their default.
 */
export function prepareAudio(node: EditorNode): void {
  const written = { value: "str", label: text("type.path"), icon: "fa fa-link", placeholder: "recording.wav" };
  typed("audio", written);
  typed("filename", "str");
  for (const name of ["paths", "lan"]) {
    if (node[name]) continue;
    node[name] = "auto"; // so that looking at it changes nothing
    $(`#node-input-${name}`).val("auto");
  }
  const [fetch, type] = [$("#node-input-fetch"), $("#node-input-audioType")];
  const show = () => {
    const isOwners = ["str", "env"].includes(String(type.val()));
    $("#gladia-paths-row").css("display", isOwners ? "none" : "");
    $("#gladia-lan-row").css("display", isOwners || !fetch.is(":checked") ? "none" : "");
  };
  fetch.on("change", show);
  $("#node-input-audio").on("change", show);
  show();
}

/** Makes the field for the id of a job. */
export function prepareJob(): void {
  typed("job", "str");
}

/** Makes the field for what tells one speaker from another. */
export function prepareSession(): void {
  typed("session", "str");
}

function typed(name: string, literal: string | TypedInputType): void {
  const field = $(`#node-input-${name}`).typedInput({
    default: "msg",
    types: [...SOURCES, literal, "jsonata", "env"],
    typeField: `#node-input-${name}Type`,
  });
  bindLabel(field, ".red-ui-typedInput-input");
}

/** Node-RED hides a typed field and shows another control, which gets its label. */
export function bindLabel(field: JQuery, control: string): void {
  const id = `${field.attr("id")}-shown`;
  field.next().find(control).attr("id", id);
  $(`label[for="${field.attr("id")}"]`).attr("for", id);
}
