const CATALOGUE = "@speechflows/node-red-gladia/gladia-sidebar:gladia-sidebar.";

/** A text of the sidebar's own catalogue. */
export function say(key: string, values?: Record<string, unknown>): string {
  return RED._(CATALOGUE + key, { ...values, interpolation: { escapeValue: false } });
}

/** Makes an element; texts in it are texts, whatever they hold. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export function icon(name: string): HTMLElement {
  return make("i", { class: `fa fa-${name}`, "aria-hidden": "true" });
}

/** A button with an icon, a text, or both; `title` is its name where it has no text. */
export function button(
  { icon: name, text, title }: { icon?: string; text?: string; title?: string },
  act: () => void,
): HTMLButtonElement {
  const attributes = { type: "button", class: "red-ui-button red-ui-button-small" };
  const element = make("button", { ...attributes, ...(title ? { title } : {}) });
  if (title && !text) element.setAttribute("aria-label", title);
  element.append(...[name ? icon(name) : "", name && text ? " " : "", text ?? ""].filter((part) => part !== ""));
  element.addEventListener("click", act);
  return element;
}

/** Seconds as people write them: `1:02:03` or `4:05`. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (n: number) => String(n).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];
let ages: Intl.RelativeTimeFormat | undefined;

/** How long ago something was, in the editor's language. */
export function age(since: number): string {
  ages ??= new Intl.RelativeTimeFormat(RED.i18n.lang(), { numeric: "auto", style: "short" });
  const seconds = Math.max(0, (Date.now() - since) / 1000);
  const [unit, size] = STEPS.find(([, least]) => seconds >= least) ?? (["second", 1] as const);
  return ages.format(-Math.floor(seconds / size), unit);
}
