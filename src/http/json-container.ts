import type { Redactor } from "./redact";

/** Takes secrets out of a value that was parsed from some JSON. */
export type Clean = <T extends object>(value: T, json: string) => T;

/** An array or object that is not closed yet. Places are counted from the first character that is not parsed yet. */
export class Container {
  readonly isArray: boolean;
  readonly open: number;
  /** Where that begins which is not in `made` yet. */
  from: number;
  /** The last comma of its own; -1 where there is none since `from`. */
  comma = -1;
  /** Its first entries, when it is too long to be parsed as a whole. */
  made: unknown[] | Record<string, unknown> | undefined;
  #isFilled = false;
  /** The field whose value is being made. */
  #name = "";

  constructor(isArray: boolean, open: number) {
    this.isArray = isArray;
    this.open = open;
    this.from = open + 1;
  }

  /** It is too long to be parsed as a whole. */
  make(): void {
    this.made ??= this.isArray ? [] : {};
  }

  /** Adds entries; after the first ones a comma stands before them. @throws SyntaxError */
  append(text: string, clean: Clean): void {
    if (isBlank(text)) return;
    const comma = this.#isFilled ? /^[ \t\r\n]*,/.exec(text)?.[0].length : 0;
    const entries = text.slice(comma);
    if (comma === undefined || isBlank(entries)) throw new SyntaxError("Unexpected comma");
    const json = this.isArray ? `[${entries}]` : `{${entries}}`;
    const parsed = clean(JSON.parse(json) as object, json);
    if (Array.isArray(parsed)) for (const value of parsed) this.#add("", value);
    else for (const [name, value] of Object.entries(parsed)) this.#add(name, value);
    this.#isFilled = true;
  }

  /** Takes what stands before a value that is made by itself: entries, a comma, the value's name. @throws SyntaxError */
  lead(text: string, clean: Clean): void {
    this.make();
    const comma = this.comma < 0 ? -1 : this.comma - this.from;
    if (comma >= 0) this.append(text.slice(0, comma), clean);
    const hasComma = comma >= 0;
    if (hasComma !== this.#isFilled) throw new SyntaxError("A comma that is missing or too much");
    const name = text.slice(comma + 1);
    if (this.isArray) {
      if (!isBlank(name)) throw new SyntaxError("Text before a value");
      return;
    }
    const json = `{${name}0}`;
    const names = Object.keys(clean(JSON.parse(json) as object, json));
    if (names.length !== 1) throw new SyntaxError("A value without a name");
    this.#name = names[0] as string;
  }

  /** Adds the value that `lead` was for; nothing is left to be parsed before its end. */
  attach(value: unknown): void {
    this.#add(this.#name, value);
    this.#isFilled = true;
    this.from = 0;
    this.comma = -1;
  }

  /** Adds an entry as JSON.parse does, whatever its name is. */
  #add(name: string, value: unknown): void {
    if (this.isArray) (this.made as unknown[]).push(value);
    else if (name !== "__proto__") (this.made as Record<string, unknown>)[name] = value;
    else Object.defineProperty(this.made, name, { value, writable: true, enumerable: true, configurable: true });
  }
}

/** A string that comes in pieces. A secret may begin in one of them and end in the next. */
export class LongString {
  readonly #redactor: Redactor;
  #done = "";
  /** Decoded, but perhaps within a secret. */
  #rest = "";

  constructor(redactor: Redactor) {
    this.#redactor = redactor;
  }

  /** @param raw what stands between the quotes, its escapes whole @throws SyntaxError */
  add(raw: string, isLast = false): void {
    const text = this.#rest + (JSON.parse(`"${raw}"`) as string);
    let end = isLast ? text.length : Math.max(0, text.length - this.#redactor.reach);
    for (const [from, to] of this.#redactor.find(text)) if (from < end && to > end) end = to;
    this.#done += this.#redactor.mask(text.slice(0, end));
    this.#rest = text.slice(end);
  }

  /** @param raw the last piece @returns the whole string @throws SyntaxError */
  end(raw: string): string {
    this.add(raw, true);
    return this.#done;
  }
}

export function isBlank(text: string): boolean {
  return /^[ \t\r\n]*$/.test(text);
}
