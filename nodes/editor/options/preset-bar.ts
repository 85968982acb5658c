import { text } from "../texts";

interface BarOptions {
  id: string;
  /** What stands for no preset at all. */
  none: string;
  changed(name: string): void;
}

interface PresetBar {
  /** Offers these names; one that is chosen but not among them is marked as missing. */
  show(names: readonly string[], chosen: string): void;
  /** Adds a button; `named` asks for a name first, which must be new. */
  button(key: string, icon: string, act: () => void): JQuery;
  ask(proposal: string, named: (name: string) => void): void;
  chosen(): string;
}

/** A row to choose an option set of the account, with buttons beside and a place to name one. */
export function createPresetBar(container: JQuery, { id, none, changed }: BarOptions): PresetBar {
  const select = $("<select>", { id }).on("change", () => changed(String(select.val())));
  const name = $("<input>", { type: "text", class: "gladia-name", "aria-label": text("preset.name"), dir: "auto" });
  const take = $("<button>", { type: "button", class: "red-ui-button", text: text("preset.take") });
  const fault = $("<div>", { class: "gladia-error", role: "alert" });
  const asking = name.add(take);
  const bar = $("<div>", { class: "gladia-bar" }).append(select, name, take);
  const row = $("<div>", { class: "gladia-field", "data-preset": "" });
  row.append($("<label>", { for: id, text: text("preset.label") }), $("<div>").append(bar, fault));
  container.append(row);
  let taken: readonly string[] = [];
  let use: (name: string) => void = () => {};

  const ask = (asks: boolean) => {
    asking.css("display", asks ? "" : "none");
    bar
      .children()
      .not(asking)
      .css("display", asks ? "none" : "");
    fault.text("");
  };
  const done = () => {
    const written = String(name.val()).trim();
    if (written === "" || taken.includes(written)) {
      fault.text(text(written === "" ? "preset.nameless" : "preset.taken"));
      return;
    }
    ask(false);
    use(written);
    select.trigger("focus");
  };
  take.on("click", done);
  name.on("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Enter") done();
    else {
      ask(false);
      select.trigger("focus");
    }
  });
  ask(false);
  return {
    show(names, chosen) {
      taken = names;
      select.empty().append(new Option(none, ""), ...names.map((preset) => new Option(preset)));
      if (chosen && !names.includes(chosen))
        select.append(new Option(text("preset.missing", { name: chosen }), chosen));
      select.val(chosen);
    },
    button(key, icon, act) {
      const title = text(`preset.${key}`);
      const button = $("<button>", { type: "button", class: "red-ui-button", title, "aria-label": title });
      return button
        .append($("<i>", { class: `fa ${icon}` }))
        .on("click", act)
        .appendTo(bar);
    },
    ask(proposal, named) {
      use = named;
      ask(true);
      name.val(proposal).trigger("focus").trigger("select");
    },
    chosen: () => String(select.val()),
  };
}
