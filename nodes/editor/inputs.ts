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

/** Makes a typed field: a place in a message or context, or what `literal` says, or what is worked out. */
export function typed(name: string, literal: string | TypedInputType, first = "msg"): void {
  const others = [...SOURCES, literal, "jsonata", "env"].filter((type) => type !== first);
  typedField(name, first === "msg" ? [...SOURCES, literal, "jsonata", "env"] : [first, ...others], first);
}

/** Makes a field for the place where something is put. */
export function place(name: string): void {
  typedField(name, SOURCES, "msg");
}

function typedField(name: string, types: (string | TypedInputType)[], first: string): void {
  const field = $(`#node-input-${name}`).typedInput({
    default: first,
    types,
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
