import { isAscii } from "node:buffer";
import { StringDecoder } from "node:string_decoder";
import { Redactor } from "./redact";

/** Characters that are parsed in one go: about 1 ms. */
const PIECE = 64 * 1024;
/** Levels of arrays and objects in one another. What comes of an answer is cloned by recursion further down the flow. */
const DEEPEST = 200;
/** Arrays and objects of one answer: a day of speech has about a million, and each takes up far more than its JSON. */
const MOST = 5_000_000;

const QUOTE = 34;
const COMMA = 44;
const OPEN_ARRAY = 91;
const BACKSLASH = 92;
const CLOSE_ARRAY = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

/** JSON that is refused although it may be well-formed. */
export class JsonLimit extends Error {
  constructor(readonly kind: "deep" | "many") {
    super(`The JSON is too ${kind === "deep" ? "deep" : "large"}`);
  }
}

/** An array or object that is not closed yet. Places are counted from the first character that is not parsed yet. */
interface Frame {
  isArray: boolean;
  open: number;
  /** Where that begins which is not in `made` yet. */
  from: number;
  /** The last comma of its own; -1 where there is none since `from`. */
  comma: number;
  /** Its first entries, when it is too long to be parsed as a whole. */
  made: unknown[] | Record<string, unknown> | undefined;
  /** `made` has entries. */
  isFilled: boolean;
  /** The field whose value is being made. */
  name: string;
}

/**
 * Parses an object or array as its bytes come, piece by piece, so that each call takes as long as its bytes are many and
 * no longer; secrets are taken out of it. What JSON.parse refuses is refused.
 */
export class JsonParser {
  readonly #redactor: Redactor;
  readonly #keepsLinks: boolean;
  readonly #decoder = new StringDecoder("utf8");
  #isAscii = true;
  /** What is not parsed yet. */
  #parts: string[] = [];
  #size = 0;
  /** Where it is worth it to parse what is there. */
  #next = PIECE;
  /** The first one is not of the text: what the text is stands in it. */
  readonly #frames: Frame[] = [frame(true, -1)];
  #isBegun = false;
  #count = 0;
  #inString = false;
  #isEscaped = false;
  /** Where the string begins that is being read, and the last escape in it. */
  #quote = 0;
  #escape = -1;
  /** The decoded beginning of a string that is too long to be parsed as a whole. */
  #long: { done: string; rest: string } | undefined;
  #value: object | undefined;

  /** @param keepsLinks leaves links as they are, for answers whose links are used */
  constructor(redactor = new Redactor(), keepsLinks = false) {
    this.#redactor = redactor;
    this.#keepsLinks = keepsLinks;
  }

  /** What was parsed, once `end` was called. */
  get value(): object | undefined {
    return this.#value;
  }

  /** @throws SyntaxError; JsonLimit */
  write(chunk: Buffer): undefined {
    for (let at = 0; at < chunk.length; at += PIECE) this.#take(this.#decode(chunk.subarray(at, at + PIECE)));
  }

  /** @throws SyntaxError */
  end(): this {
    this.#take(this.#decoder.end());
    const root = this.#frames[0] as Frame;
    if (!this.#isBegun || this.#inString || this.#frames.length > 1) throw new SyntaxError("Unexpected end of JSON");
    if (root.made) {
      if (!isBlank(this.#text())) throw new SyntaxError("More than one value");
      this.#value = (root.made as object[])[0] as object;
    } else {
      const text = this.#text();
      this.#value = this.#redactor.redactJson(JSON.parse(text) as object, text, this.#keepsLinks);
    }
    return this;
  }

  #decode(bytes: Buffer): string {
    if (this.#isAscii && isAscii(bytes)) return bytes.toString("latin1"); // the same text, and much faster
    this.#isAscii = false;
    return this.#decoder.write(bytes);
  }

  #text(): string {
    return this.#parts.join("");
  }

  #take(piece: string): void {
    let text = piece;
    for (let at = 0; at < text.length; at++) {
      if (this.#inString) {
        at = this.#skipString(text, at);
        if (!this.#inString && this.#long) {
          this.#endLong(text.slice(0, at));
          text = text.slice(at + 1);
          at = -1;
        }
        continue;
      }
      const code = text.charCodeAt(at);
      if (code > 44 && code < 91) continue;
      if (this.#frames.length === 1 && code > 32) this.#begin(code);
      if (code === QUOTE) {
        this.#inString = true;
        this.#quote = this.#size + at;
        this.#escape = -1;
      } else if (code === COMMA) {
        (this.#frames.at(-1) as Frame).comma = this.#size + at;
      } else if (code === OPEN_ARRAY || code === OPEN_OBJECT) {
        this.#open(code === OPEN_ARRAY, this.#size + at);
      } else if (code === CLOSE_ARRAY || code === CLOSE_OBJECT) {
        if (this.#close(code === CLOSE_ARRAY, text.slice(0, at + 1))) {
          text = text.slice(at + 1);
          at = -1;
        }
      }
    }
    this.#parts.push(text);
    this.#size += text.length;
    if (this.#size >= this.#next) this.#flush();
  }

  /** @returns where the string ends, or the text */
  #skipString(text: string, start: number): number {
    let at = start;
    if (this.#isEscaped) {
      this.#isEscaped = false;
      at++;
    }
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) {
        this.#inString = false;
        return at;
      }
      if (code === BACKSLASH) {
        this.#escape = this.#size + at;
        at++;
      }
    }
    this.#isEscaped = at > text.length;
    return at;
  }

  #begin(code: number): void {
    if (this.#isBegun || (code !== OPEN_ARRAY && code !== OPEN_OBJECT)) throw new SyntaxError("Not an object or array");
    this.#isBegun = true;
  }

  #open(isArray: boolean, at: number): void {
    if (this.#frames.length > DEEPEST) throw new JsonLimit("deep");
    if (++this.#count > MOST) throw new JsonLimit("many");
    this.#frames.push(frame(isArray, at));
  }

  /** @returns whether everything up to here is parsed now */
  #close(isArray: boolean, text: string): boolean {
    const closed = this.#frames.pop();
    if (!closed || this.#frames.length === 0 || closed.isArray !== isArray) throw new SyntaxError("Unexpected bracket");
    if (!closed.made) return false;
    this.#append(closed, (this.#text() + text).slice(closed.from, -1));
    this.#attach(closed.made);
    return true;
  }

  /** Puts a value that was made piece by piece where it belongs; everything up to its end is parsed then. */
  #attach(value: unknown): void {
    const parent = this.#frames.at(-1) as Frame;
    add(parent, parent.name, value);
    parent.isFilled = true;
    parent.from = 0;
    parent.comma = -1;
    this.#keep("");
  }

  /** Parses what can be parsed of the text so far. */
  #flush(): void {
    const text = this.#text();
    if (this.#long) {
      this.#decodeLong(text);
      return;
    }
    this.#frames.forEach((parent, i) => {
      const child = this.#frames[i + 1];
      if (child && !child.made) this.#lead(parent, text.slice(parent.from, child.open), parent.comma - parent.from);
    });
    const top = this.#frames.at(-1) as Frame;
    top.made ??= top.isArray ? [] : {};
    if (top.comma >= 0) {
      this.#append(top, text.slice(top.from, top.comma));
      top.from = top.comma;
    }
    let rest = top.from;
    if (this.#inString && text.length - this.#quote >= PIECE) {
      this.#lead(top, text.slice(top.from, this.#quote), top.comma - top.from);
      rest = this.#quote + 1;
      this.#long = { done: "", rest: "" };
    } else if (text.length - rest > 4 * PIECE) throw new SyntaxError("A number or gap without end");
    top.from = 0;
    top.comma = top.comma < 0 || this.#long ? -1 : 0;
    this.#quote -= rest;
    this.#escape -= rest;
    this.#keep(text.slice(rest));
    if (this.#long) this.#flush();
  }

  /** Nothing but this is left to be parsed. */
  #keep(text: string): void {
    this.#parts = [text];
    this.#size = text.length;
    this.#next = text.length + PIECE;
  }

  /** Takes what stands before a value that is made by itself: entries, a comma, the value's name. */
  #lead(parent: Frame, text: string, comma: number): void {
    parent.made ??= parent.isArray ? [] : {};
    if (comma >= 0) this.#append(parent, text.slice(0, comma));
    else if (parent.isFilled) throw new SyntaxError("Two values without a comma");
    const name = text.slice(comma < 0 ? 0 : comma + 1);
    if (parent.isArray) {
      if (!isBlank(name)) throw new SyntaxError("Text before a value");
    } else {
      const names = Object.keys(JSON.parse(`{${name}0}`) as object);
      if (names.length !== 1) throw new SyntaxError("A value without a name");
      parent.name = this.#redactor.mask(names[0] as string);
    }
    if (comma >= 0 && !parent.isFilled) throw new SyntaxError("A comma before the first value");
  }

  /** Adds entries; after the first ones a comma stands before them. */
  #append(parent: Frame, text: string): void {
    if (isBlank(text)) return;
    const comma = parent.isFilled ? /^[ \t\r\n]*,/.exec(text)?.[0].length : 0;
    const entries = text.slice(comma);
    if (comma === undefined || isBlank(entries)) throw new SyntaxError("Unexpected comma");
    const json = parent.isArray ? `[${entries}]` : `{${entries}}`;
    const parsed = this.#redactor.redactJson(JSON.parse(json) as object, json, this.#keepsLinks);
    if (Array.isArray(parsed)) for (const value of parsed) add(parent, "", value);
    else for (const [name, value] of Object.entries(parsed)) add(parent, name, value);
    parent.isFilled = true;
  }

  #decodeLong(raw: string): void {
    // An escape that is not complete waits for the rest of it.
    const cut = this.#escape >= 0 && raw.length - this.#escape < 6 ? this.#escape : raw.length;
    this.#addLong(raw.slice(0, cut), false);
    this.#keep(raw.slice(cut));
    this.#escape -= cut;
  }

  #endLong(text: string): void {
    this.#addLong(this.#text() + text, true);
    const { done } = this.#long as { done: string };
    this.#long = undefined;
    this.#attach(done);
  }

  /** Decodes a piece of a long string. A secret may begin in one piece and end in the next. */
  #addLong(raw: string, isLast: boolean): void {
    const long = this.#long as { done: string; rest: string };
    const text = long.rest + (JSON.parse(`"${raw}"`) as string);
    const spans = this.#redactor.find(text);
    let end = isLast ? text.length : Math.max(0, text.length - this.#redactor.reach);
    for (const [from, to] of spans) if (from < end && to > end) end = to;
    long.done += this.#redactor.mask(text.slice(0, end));
    long.rest = text.slice(end);
  }
}

function frame(isArray: boolean, open: number): Frame {
  return { isArray, open, from: open + 1, comma: -1, made: undefined, isFilled: false, name: "" };
}

/** Adds an entry as JSON.parse does, whatever its name is. */
function add({ made, isArray }: Frame, name: string, value: unknown): void {
  if (isArray) (made as unknown[]).push(value);
  else if (name !== "__proto__") (made as Record<string, unknown>)[name] = value;
  else Object.defineProperty(made, name, { value, writable: true, enumerable: true, configurable: true });
}

function isBlank(text: string): boolean {
  return /^[ \t\r\n]*$/.test(text);
}
