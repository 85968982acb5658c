import { text } from "../texts";

export interface Choice {
  value: string;
  label: string;
  /** Said beside the label in the list, and searched too. */
  detail?: string;
}

interface PickerOptions {
  id: string;
  /** Asked for when the list is first open: there are a hundred languages to name and sort. */
  choices(): readonly Choice[];
  label(value: string): string;
  chosen: readonly string[];
  placeholder: string;
  changed(chosen: string[]): void;
}

const plain = (written: string): string => written.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** A list to choose several things from by typing a part of their name; what is chosen stands above as chips. */
export function createPicker({ id, choices, label: labelOf, chosen, placeholder, changed }: PickerOptions): JQuery {
  const picked = [...chosen];
  const search = () =>
    choices().map((choice) => ({
      ...choice,
      terms: plain(`${choice.label} ${choice.detail ?? ""}`).split(/[\s·_()]+/),
    }));
  let searchable: ReturnType<typeof search> | undefined;
  const root = $("<div>", { class: "gladia-picker" });
  const chips = $("<div>", { class: "gladia-chips" }).appendTo(root);
  const input = $("<input>", { id, type: "text" });
  input.attr({ role: "combobox", "aria-expanded": "false", autocomplete: "off" });
  const list = $("<ul>", { class: "gladia-list", role: "listbox" }).hide();
  root.append(input, list);

  const close = () => {
    list.hide();
    input.attr("aria-expanded", "false").val("");
  };
  const update = () => {
    input.attr("placeholder", picked.length > 0 ? text("form.add") : placeholder);
    chips.empty().append(...picked.map(chip));
    changed([...picked]);
  };
  const chip = (value: string): JQuery => {
    const label = labelOf(value);
    const remove = $("<button>", { type: "button", title: text("form.remove", { name: label }), text: "×" });
    remove.on("click", () => {
      picked.splice(picked.indexOf(value), 1);
      update();
      input.trigger("focus");
    });
    return $("<span>", { class: "gladia-chip", "data-value": value, text: label }).append(remove);
  };
  const take = (value: string) => {
    picked.push(value);
    update();
    close();
  };
  const select = (item: JQuery) => {
    list.children().attr("aria-selected", "false");
    item.attr("aria-selected", "true");
    item[0]?.scrollIntoView({ block: "nearest" });
  };
  const open = () => {
    const words = plain(String(input.val()))
      .trim()
      .split(/[\s_]+/);
    searchable ??= search();
    const found = searchable.filter(
      ({ value, terms }) =>
        !picked.includes(value) && words.every((word) => terms.some((term) => term.startsWith(word))),
    );
    const exact = found.findIndex(({ value }) => value === words[0]);
    if (exact > 0) found.unshift(...found.splice(exact, 1));
    list.empty().append(
      ...found.map(({ value, label, detail = "" }) =>
        $("<li>", { role: "option", "data-value": value })
          .append($("<span>", { text: label }), $("<small>", { text: detail }))
          .on("mousedown", (event) => {
            event.preventDefault();
            take(value);
          }),
      ),
    );
    list.toggle(found.length > 0);
    input.attr("aria-expanded", String(found.length > 0));
    select(list.children().first());
  };

  input.on("focus click input", open).on("blur", close);
  input.on("keydown", (event) => {
    const selected = list.children("[aria-selected=true]");
    if (event.key === "ArrowDown" && selected.next().length > 0) select(selected.next());
    else if (event.key === "ArrowUp" && selected.prev().length > 0) select(selected.prev());
    else if (event.key === "Enter" && list.is(":visible") && !event.ctrlKey && !event.metaKey) {
      take(String(selected.attr("data-value")));
    } else if (event.key === "Escape" && list.is(":visible")) close();
    else if (event.key === "Backspace" && input.val() === "" && picked.length > 0) {
      picked.pop();
      update();
      open();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });

  input.attr("placeholder", picked.length > 0 ? text("form.add") : placeholder);
  chips.append(...picked.map(chip));
  return root;
}
