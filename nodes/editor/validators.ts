import { text } from "./texts";

interface Bounds {
  /** Key of the field's label, which opens the reason: among the shared texts, or the node's own. */
  label?: string;
  own?: string;
  min: number;
  whole?: true;
}

/** Checks a number field. It may be empty: a default holds then. */
export function numberField({ label = "", own, min, whole }: Bounds): Validator {
  return function (this: EditorNode, value, _options) {
    const written = String(value ?? "").trim();
    const number = Number(written);
    if (written === "" || (number >= min && (!whole || Number.isInteger(number)))) return true;
    return text(whole ? "invalid.whole" : "invalid.number", { field: own ? this._(own) : text(label), min });
  };
}

/** Checks an http(s) address. It may be empty, or begin with a variable. */
export function addressField({ label }: { label: string }): Validator {
  return (value, _options) =>
    /^$|^\$\{|^https?:\/\/[^\s/?#]/i.test(String(value ?? "").trim()) ||
    text("invalid.address", { field: text(label) });
}
