import type { OptionSchema } from "../../../src/options/schema";
import { text } from "../texts";
import { fitsLines, readLines } from "./lines";
import { type OptionModel, schemaAt } from "./model";
import { choicesOf, fallbackName, optionText, valueName } from "./names";
import { createPicker } from "./picker";
import { FORMATS, fitsRows, type RowFormat } from "./rows";
import { createTable } from "./table";

/** What a control needs to know: which option it sets, and whom to tell. */
interface Control {
  path: string;
  id: string;
  schema: OptionSchema;
  model: OptionModel;
  changed(): void;
}

interface Kind {
  fits(value: unknown, schema: OptionSchema): boolean;
  create(control: Control): JQuery;
}

const MANY = 5;

const isList = (value: unknown, values?: readonly string[]) =>
  Array.isArray(value) && value.every((item) => typeof item === "string" && (values?.includes(item) ?? true));

/** On, off, or whatever holds without this node; and the same for a choice of one value. */
const select: Kind = {
  fits: (value, { type, enum: values }) =>
    type === "boolean" ? typeof value === "boolean" : (values?.includes(String(value)) ?? false),
  create({ path, id, schema, model, changed }) {
    const values = schema.type === "boolean" ? [true, false] : (schema.enum ?? []);
    const own = model.get(path);
    const element = $("<select>", { id }).append(new Option(fallbackName(path, model), ""));
    element.append(...values.map((value) => new Option(valueName(path, value), String(value))));
    return element.val(own === undefined ? "" : String(own)).on("change", () => {
      model.set(
        path,
        values.find((value) => String(value) === element.val()),
      );
      changed();
    });
  },
};

const written: Kind = {
  fits: (value) => typeof value === "string" && !value.includes("\n"),
  create({ path, id, schema, model, changed }) {
    const placeholder = fallbackName(path, model);
    const element = $("<input>", { id, type: "text", dir: "auto", placeholder, value: model.get(path) });
    element.on("input", () => {
      model.set(path, String(element.val()).trim() || undefined);
      changed();
    });
    if (!schema.enum) return element;
    const suggestions = $("<datalist>", { id: `${id}-list` }).append(...schema.enum.map((value) => new Option(value)));
    return $("<div>").append(element.attr("list", `${id}-list`), suggestions);
  },
};

const number: Kind = {
  fits: (value) => typeof value === "number",
  create({ path, id, schema, model, changed }) {
    const element = $("<input>", {
      id,
      type: "number",
      min: schema.min,
      max: schema.max,
      step: schema.type === "integer" ? 1 : "any",
      placeholder: fallbackName(path, model),
      value: model.get(path),
    });
    return element.on("input", () => {
      model.set(path, element.val() === "" ? undefined : Number(element.val()));
      changed();
    });
  },
};

const picker: Kind = {
  fits: (value, schema) => isList(value, schema.items?.[0]?.enum),
  create: ({ path, id, model, changed }) =>
    createPicker({
      id,
      choices: () => choicesOf(path),
      label: (value) => valueName(path, value),
      chosen: (model.get(path) as string[] | undefined) ?? [],
      placeholder: fallbackName(path, model),
      changed(chosen) {
        model.set(path, chosen.length > 0 ? chosen : undefined);
        changed();
      },
    }),
};

const checkboxes: Kind = {
  fits: picker.fits,
  create({ path, id, schema, model, changed }) {
    const values = schema.items?.[0]?.enum ?? [];
    const chosen = (model.get(path) ?? model.effective(path) ?? schema.default ?? []) as string[];
    const boxes = values.map((value) =>
      $("<input>", { type: "checkbox", value }).prop("checked", chosen.includes(value)),
    );
    const read = () => {
      const checked = values.filter((_value, index) => boxes[index]?.prop("checked"));
      model.set(path, checked.length > 0 ? checked : undefined);
      changed();
    };
    const choices = boxes.map((box, index) =>
      $("<label>", { class: "gladia-check" }).append(box.on("change", read), valueName(path, values[index])),
    );
    return $("<div>", { class: "gladia-choices", id, role: "group", "aria-labelledby": `${id}-label` }).append(
      ...choices,
    );
  },
};

const lines: Kind = {
  fits: fitsLines,
  create({ path, id, model, changed }) {
    const own = (model.get(path) ?? []) as string[];
    const rows = Math.min(8, Math.max(3, own.length + 1));
    const element = $("<textarea>", { id, rows, dir: "auto", placeholder: fallbackName(path, model) });
    return element.val(own.join("\n")).on("input", () => {
      model.set(path, readLines(String(element.val())));
      changed();
    });
  },
};

const table = (format: RowFormat): Kind => ({
  fits: (value) => fitsRows(value, format),
  create: ({ path, id, model, changed }) =>
    createTable({
      id,
      format,
      value: model.get(path),
      placeholder: fallbackName(path, model),
      changed(value) {
        model.set(path, value);
        changed();
      },
    }),
});
const vocabulary = table(FORMATS.vocabulary);
const spelling = table(FORMATS.spelling);
const metadata = table(FORMATS.metadata);

function kindOf(schema: OptionSchema): Kind {
  const values = schema.items?.[0]?.enum;
  if (schema.type === "map") return spelling;
  if (schema.free) return metadata;
  if (schema.type === "array") {
    if ((schema.items?.length ?? 0) > 1) return vocabulary;
    return values ? (values.length < MANY ? checkboxes : picker) : lines;
  }
  if (schema.type === "number" || schema.type === "integer") return number;
  return schema.type === "boolean" || (schema.enum && !schema.open) ? select : written;
}

/** A field that was changed and left alone again takes nothing away any more. */
function showFallback(element: JQuery, name: string): void {
  if (element.is("select")) element.children().first().text(name);
  else element.attr("placeholder", name);
}

/** The row of one option: its name, its control and what it is good for. */
export function createField(path: string, id: string, model: OptionModel, changed: () => void): JQuery {
  const schema = schemaAt(path);
  const kind = kindOf(schema);
  const own = model.get(path);
  const row = $("<div>", { class: "gladia-field", "data-option": path });
  const label = $("<label>", { for: id, id: `${id}-label`, text: optionText(path, "label") }).appendTo(row);
  if (schema.billed) label.append($("<small>", { class: "gladia-billed", text: text("form.billed") }));
  const control = $("<div>").appendTo(row);
  const wasRemoved = model.removes(path);
  const tell = () => {
    if (wasRemoved && model.get(path) === undefined) showFallback(row.find(`#${id}`), fallbackName(path, model));
    changed();
  };
  if (own === undefined || kind.fits(own, schema)) {
    control.append(kind.create({ path, id, schema, model, changed: tell }));
  } else {
    control.append($("<input>", { id, type: "text", disabled: true, value: text("form.in-json") }));
  }
  control.find(`#${id}`).attr("aria-describedby", `${id}-hint`);
  return row.append(
    control.append(
      $("<div>", { class: "gladia-error", role: "alert" }),
      $("<div>", { class: "gladia-advice", role: "status" }),
      $("<div>", { class: "gladia-hint", id: `${id}-hint`, text: optionText(path, "hint") }),
    ),
  );
}
