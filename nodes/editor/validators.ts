import { text } from "./texts";

interface Bounds {
  /** Key of the field's label among the shared texts, which opens the reason. */
  label: string;
  min: number;
  whole?: true;
  blank?: true;
}

/** Checks a number field; `blank` lets it stay empty. */
export function numberField({ label, min, whole, blank }: Bounds): Validator {
  return (value, _options) => {
    const written = String(value ?? "").trim();
    if (written === "" && blank) return true;
    const number = Number(written);
    if (written !== "" && number >= min && (!whole || Number.isInteger(number))) return true;
    return text(whole ? "invalid.whole" : "invalid.number", { field: text(label), min });
  };
}

/** Checks an http(s) address; `blank` lets it stay empty. */
export function addressField({ label, blank }: { label: string; blank?: true }): Validator {
  return (value, _options) => {
    const written = String(value ?? "").trim();
    if (written === "" && blank) return true;
    return /^https?:\/\/[^\s/?#]+/i.test(written) || text("invalid.address", { field: text(label) });
  };
}
