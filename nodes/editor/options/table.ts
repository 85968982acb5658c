import { text } from "../texts";
import { type RowFormat, readCells, writeCells } from "./rows";

interface TableOptions {
  id: string;
  format: RowFormat;
  value: unknown;
  placeholder: string;
  changed(value: unknown): void;
}

/** So many rows are shown as a table; more of them as text, which stays quick. */
const MOST = 200;

/** A table to type into, or to paste into from a spreadsheet; the same as text with tabs for many rows. */
export function createTable({ id, format, value, placeholder, changed }: TableOptions): JQuery {
  const titles = format.columns.map((column) => text(`form.column.${column}`));
  const root = $("<div>", { class: "gladia-table" });
  let rows = value === undefined ? [] : format.rows(value);
  let asText = false;

  const filled = () => rows.filter((row) => row.some((cell) => cell));
  const refresh = () => {
    const { length } = filled();
    count.text(text("form.rows", { number: length }));
    toggle.text(text(asText ? "form.as-table" : "form.as-text")).prop("disabled", asText && length > MOST);
  };
  const tell = () => {
    refresh();
    const all = filled();
    changed(all.length > 0 ? format.value(all) : undefined);
  };
  const count = $("<span>", { class: "gladia-hint" });
  const toggle = $("<button>", { type: "button", class: "red-ui-button red-ui-button-small" }).on("click", () => {
    show(!asText);
    toggle.trigger("focus");
  });

  const line = (row: string[]): JQuery => {
    const cells = titles.map((title, column) => {
      const input = $("<input>", { type: "text", "aria-label": title, dir: "auto", value: row[column] ?? "" });
      return $("<td>").append(input);
    });
    const remove = $("<button>", { type: "button", class: "gladia-remove", title: text("form.remove-row"), text: "×" });
    return $("<tr>").append(...cells, $("<td>").append(remove));
  };
  const place = (element: Element): [number, number] => {
    const cell = $(element).closest("td");
    return [cell.parent().index(), cell.index()];
  };
  const put = (row: number, column: number, cells: readonly string[]) => {
    const under = rows[row] ?? [];
    while (under.length < column) under.push("");
    under.splice(column, cells.length, ...cells);
    rows[row] = under;
  };
  const table = (): JQuery => {
    const head = $("<tr>").append(...titles.map((title) => $("<th>", { scope: "col", text: title })), $("<td>"));
    const body = $("<tbody>").append(...rows.map(line));
    body.find("input").first().attr({ id, placeholder });
    body.on("input", "input", ({ target }) => {
      const [row, column] = place(target);
      put(row, column, [String($(target).val())]);
      if (row === rows.length - 1) {
        rows.push([]);
        body.append(line([]));
      }
      tell();
    });
    body.on("keydown", "input", (event) => {
      if (event.key !== "Enter" || event.ctrlKey || event.metaKey) return;
      const [row, column] = place(event.target);
      body
        .children()
        .eq(row + 1)
        .children()
        .eq(column)
        .find("input")
        .trigger("focus");
    });
    body.on("paste", "input", (event) => {
      const pasted = (event.originalEvent as ClipboardEvent).clipboardData?.getData("text/plain") ?? "";
      if (!/[\t\n]/.test(pasted)) return;
      event.preventDefault();
      const [row, column] = place(event.target);
      const cells = readCells(pasted);
      // Whole rows come before what is there; a column is filled downwards.
      if (column === 0) rows.splice(row, 0, ...cells);
      else for (const [i, added] of cells.entries()) put(row + i, column, added);
      show(false);
      root.find("tr:last-child input, textarea").first().trigger("focus");
      tell();
    });
    body.on("click", "button", ({ target }) => {
      const [row] = place(target);
      rows.splice(row, 1);
      show(false);
      root
        .find("tr")
        .eq(row + 1)
        .find("input")
        .first()
        .trigger("focus");
      tell();
    });
    return $("<table>").append($("<thead>").append(head), body);
  };
  const area = (): JQuery => {
    const element = $("<textarea>", {
      id,
      rows: 10,
      wrap: "off",
      spellcheck: false,
      dir: "auto",
      "aria-label": titles.join(),
    });
    return element.val(writeCells(rows)).on("input", () => {
      rows = readCells(String(element.val()));
      tell();
    });
  };
  const show = (written: boolean) => {
    rows = filled();
    asText = written || rows.length > MOST;
    if (!asText) rows.push([]);
    const hint = $("<div>", { class: "gladia-hint", text: text("form.tabs", { columns: titles.join(" ⇥ ") }) });
    root
      .empty()
      .append(...(asText ? [area(), hint] : [table()]), $("<div>", { class: "gladia-bar" }).append(toggle, count));
    refresh();
  };
  show(false);
  return root;
}
