import { text } from "./texts";

interface Bounds {
  /** Key of the field's label among the shared texts, which opens the reason. */
  label: string;
  min: number;
  whole?: true;
}

/** Checks a number field. It may be empty: a default holds then. */
export function numberField({ label, min, whole }: Bounds): Validator {
  return (value, _options) => {
    const written = String(value ?? "").trim();
    const number = Number(written);
    if (written === "" || (number >= min && (!whole || Number.isInteger(number)))) return true;
    return text(whole ? "invalid.whole" : "invalid.number", { field: text(label), min });
  };
}

/** Checks an http(s) address. It may be empty, or begin with a variable. */
export function addressField({ label }: { label: string }): Validator {
  return (value, _options) =>
    /^$|^\$\{|^https?:\/\/[^\s/?#]/i.test(String(value ?? "").trim()) ||
    text("invalid.address", { field: text(label) });
}
