import { text } from "./texts";

const SOURCES = ["msg", "flow", "global"];

/**
 * Makes the fields for the sound and its file name, and shows what text in a message may do only where it can matter.
 */
export function prepareAudio(node: EditorNode): void {
  const written = { value: "str", label: text("type.path"), icon: "fa fa-link", placeholder: "recording.wav" };
  setDefaults(node);
  typed("audio", written);
  typed("filename", "str");
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

/**
 * Gives a node that was saved without some of its properties, by an earlier version or by hand, their defaults, in the dialog,
 * too: looking at it changes nothing. What cannot be empty has its default also where it is.
 */
export function setDefaults(node: EditorNode): void {
  for (const [name, { value }] of Object.entries(node._def.defaults)) {
    if (node[name] !== undefined && (node[name] !== "" || !value)) continue;
    node[name] = structuredClone(value);
    const field = $(`#node-input-${name}`);
    if (typeof value === "boolean") field.prop("checked", value);
    else if (typeof value === "string") field.val(value);
  }
}

/** Shows the rows that are for the chosen value: a row lists the values it is for in `data-<list>`. */
export function showRowsFor(choice: string, list: string): void {
  const chosen = $(`#node-input-${choice}`);
  const show = () => {
    for (const row of document.querySelectorAll<HTMLElement>(`.gladia-form [data-${list}]`)) {
      row.style.display = row.dataset[list]?.split(" ").includes(String(chosen.val())) ? "" : "none";
    }
  };
  chosen.on("change", show);
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

/** Makes a typed field: a place in a message or context, or what `literal` says, or what is worked out. */
export function typed(name: string, literal: string | TypedInputType, first = "msg"): void {
  const others = [...SOURCES, literal, "jsonata", "env"].filter((type) => type !== first);
  typedField(name, first === "msg" ? [...SOURCES, literal, "jsonata", "env"] : [first, ...others], first);
}

/** Adds a field for the place where the result is put, under the row of another field. */
export function addPlace(node: EditorNode, after: string): void {
  setDefaults(node);
  const label = $('<label for="node-input-property">').append('<i class="fa fa-sign-in"></i> ', text("label.property"));
  const field = $(
    '<div><input type="text" id="node-input-property" style="width: 100%"><input type="hidden" id="node-input-propertyType"></div>',
  );
  $('<div class="form-row">').append(label, field).insertAfter($(after).closest(".form-row"));
  for (const name of ["property", "propertyType"]) $(`#node-input-${name}`).val(String(node[name]));
  place("property");
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
