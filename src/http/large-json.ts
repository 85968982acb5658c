import { setImmediate as nextTurn } from "node:timers/promises";

/** Characters that JSON.parse takes in one go: about 1 ms. */
const PIECE = 128 * 1024;
/** What a value costs beside its characters, in characters. */
const VALUE = 40;
/** Shorter texts are not worth the detour. */
const LARGE = 4 * 1024 * 1024;

const QUOTE = 34;
const BACKSLASH = 92;

/**
 * Parses JSON without holding the event loop: a text of many megabytes is parsed piece by piece, with a turn of the loop
 * in between.
 * @param large characters from which on the detour is worth it
 * @throws SyntaxError as JSON.parse does
 */
export async function parseLargeJson(text: string, large = LARGE): Promise<unknown> {
  if (text.length < large) return JSON.parse(text);
  const reader = new Reader(text);
  const value = await reader.value();
  reader.end();
  return value;
}

class Reader {
  readonly #text: string;
  #at = 0;
  #sinceTurn = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The value that begins here: parsed as a whole when it is small, else its parts one by one. */
  async value(): Promise<unknown> {
    this.#space();
    const start = this.#at;
    const end = this.#extent(start);
    if (end !== undefined) {
      this.#at = end;
      await this.#spend(end - start + VALUE);
      return JSON.parse(this.#text.slice(start, end));
    }
    return this.#text[start] === "[" ? this.#array() : this.#object();
  }

  end(): void {
    this.#space();
    if (this.#at < this.#text.length) throw this.#fault();
  }

  async #array(): Promise<unknown[]> {
    const items: unknown[] = [];
    this.#at++;
    if (this.#takes("]")) return items;
    for (;;) {
      items.push(await this.value());
      if (this.#takes("]")) return items;
      if (!this.#takes(",")) throw this.#fault();
    }
  }

  async #object(): Promise<Record<string, unknown>> {
    const fields: [string, unknown][] = [];
    this.#at++;
    if (this.#takes("}")) return {};
    for (;;) {
      const name = await this.value();
      if (typeof name !== "string" || !this.#takes(":")) throw this.#fault();
      fields.push([name, await this.value()]);
      if (this.#takes("}")) return Object.fromEntries(fields);
      if (!this.#takes(",")) throw this.#fault();
    }
  }

  /** Where the value that begins at `start` ends; undefined for an array or object longer than a piece. */
  #extent(start: number): number | undefined {
    const text = this.#text;
    const first = text[start];
    if (first === '"') return this.#afterString(start);
    if (first !== "[" && first !== "{") {
      let end = start;
      while (end < text.length && !",]}: \t\r\n".includes(text[end] as string)) end++;
      if (end === start) throw this.#fault();
      return end;
    }
    let depth = 0;
    for (let i = start; i < text.length && i - start < PIECE; i++) {
      const code = text.charCodeAt(i);
      if (code === QUOTE) i = this.#afterString(i) - 1;
      else if (code === 91 || code === 123) depth++;
      else if ((code === 93 || code === 125) && --depth === 0) return i + 1;
    }
    return undefined;
  }

  #afterString(start: number): number {
    for (let i = this.#text.indexOf('"', start + 1); i >= 0; i = this.#text.indexOf('"', i + 1)) {
      let escapes = 0;
      while (this.#text.charCodeAt(i - 1 - escapes) === BACKSLASH) escapes++;
      if (escapes % 2 === 0) return i + 1;
    }
    throw this.#fault();
  }

  #space(): void {
    while (this.#at < this.#text.length && " \t\r\n".includes(this.#text[this.#at] as string)) this.#at++;
  }

  #takes(character: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  async #spend(characters: number): Promise<void> {
    this.#sinceTurn += characters;
    if (this.#sinceTurn < PIECE) return;
    this.#sinceTurn = 0;
    await nextTurn();
  }

  #fault(): SyntaxError {
    return new SyntaxError(`Unexpected text at position ${this.#at} of the JSON`);
  }
}
