import { text } from "./texts";

const SOURCES = ["msg", "flow", "global"];

/** Makes the fields for the sound and its file name, and keeps the fetch box to where it can matter. */
export function prepareAudio(): void {
  const written = { value: "str", label: text("type.path"), icon: "fa fa-link", placeholder: "recording.wav" };
  $("#node-input-audio").typedInput({
    default: "msg",
    types: [...SOURCES, written, "jsonata", "env"],
    typeField: "#node-input-audioType",
  });
  $("#node-input-filename").typedInput({
    default: "msg",
    types: [...SOURCES, "str", "jsonata", "env"],
    typeField: "#node-input-filenameType",
  });
}

/** Makes the field for the id of a job. */
export function prepareJob(): void {
  $("#node-input-job").typedInput({
    default: "msg",
    types: [...SOURCES, "str", "jsonata", "env"],
    typeField: "#node-input-jobType",
  });
}
