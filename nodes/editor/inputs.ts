import { text } from "./texts";

const SOURCES = ["msg", "flow", "global"];

/** Makes the fields for the sound and its file name, and keeps the fetch box to where it can matter. */
export function prepareAudio(): void {
  const written = { value: "str", label: text("type.path"), icon: "fa fa-link", placeholder: "recording.wav" };
  typed("audio", written);
  typed("filename", "str");
}

/** Makes the field for the id of a job. */
export function prepareJob(): void {
  typed("job", "str");
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
