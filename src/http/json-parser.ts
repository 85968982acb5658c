import { type Clean, Container, isBlank, LongString } from "./json-container";
import { JsonLimit, MAX_CONTAINERS, MAX_DEPTH, type ParserOptions } from "./json-limit";
import { Redactor } from "./redact";
import { Utf8Decoder } from "./utf8";

/** Characters that are parsed in one go: about 1 ms. */
const PIECE = 64 * 1024;

const QUOTE = 34;
const COMMA = 44;
const OPEN_ARRAY = 91;
const BACKSLASH = 92;
const CLOSE_ARRAY = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

/** Characters of an object whose large values are left out. */
const MAX_SMALL = 4 * PIECE;

/**
 * Parses an object or array as its bytes come, piece by piece, so that each call takes as long as its bytes are many and
 * no longer; secrets are taken out of it. What JSON.parse refuses is refused.
 */
export class JsonParser {
  readonly #redactor: Redactor;
  readonly #options: ParserOptions;
  readonly #clean: Clean;
  readonly #decoder = new Utf8Decoder();
  /** What is not parsed yet. */
  #parts: string[] = [];
  #size = 0;
  /** Where it is worth it to parse what is there. */
  #next = PIECE;
  /** The first one is not of the text: what the text is stands in it. */
  readonly #frames: [Container, ...Container[]] = [new Container(true, -1)];
  #isBegun = false;
  #containers = 0;
  #values = 0;
  #inString = false;
  #isEscaped = false;
  /** Where the string begins that is being read, and the last escape in it. */
  #quote = 0;
  #escape = -1;
  /** A string that is too long to be parsed as a whole. */
  #long: LongString | undefined;
  /** Within a value that is left out: what comes is not kept. */
  #isSkipping = false;
  /** Characters that were parsed piece by piece. */
  #parsed = 0;
  /** What was parsed, once `end` was called. */
  value: object | undefined;

  constructor(redactor = new Redactor(), options: ParserOptions = {}) {
    this.#options = options;
    this.#redactor = redactor;
    this.#clean = (value, json) => redactor.redactJson(value, json, options.keepsLinks ?? false);
  }

  /** Characters that it holds, parsed or not. */
  get held(): number {
    return this.#size + this.#parsed;
  }

  /** @throws SyntaxError; JsonLimit */
  write(chunk: Buffer): undefined {
    for (let at = 0; at < chunk.length; at += PIECE) this.#take(this.#decoder.write(chunk.subarray(at, at + PIECE)));
  }

  /** @throws SyntaxError */
  end(): this {
    this.#take(this.#decoder.end());
    const [root] = this.#frames;
    if (!this.#isBegun || this.#inString || this.#frames.length > 1) throw new SyntaxError("Unexpected end of JSON");
    if (root.made) {
      if (!isBlank(this.#text())) throw new SyntaxError("More than one value");
      this.value = (root.made as object[])[0] as object;
    } else {
      const text = this.#text();
      this.value = this.#clean(JSON.parse(text) as object, text);
    }
    return this;
  }

  #text(): string {
    return this.#parts.join("");
  }

  #take(piece: string): void {
    let text = piece;
    for (let at = 0; at < text.length; at++) {
      if (this.#inString) {
        at = this.#skipString(text, at);
        if (!this.#inString && this.#endString(text.slice(0, at))) {
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
        this.#countValue();
        (this.#frames.at(-1) as Container).comma = this.#size + at;
      } else if (code === OPEN_ARRAY || code === OPEN_OBJECT) {
        this.#open(code === OPEN_ARRAY, this.#size + at);
      } else if (code === CLOSE_ARRAY || code === CLOSE_OBJECT) {
        if (this.#close(code === CLOSE_ARRAY, text.slice(0, at + 1))) {
          text = text.slice(at + 1);
          at = -1;
        }
      }
    }
    if (this.#isSkipping) return;
    this.#parts.push(text);
    this.#size += text.length;
    const isWhole = this.#isBegun && this.#frames.length === 1; // it is parsed at the end
    if (this.#size >= this.#next && !isWhole) this.#flush();
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

  /** @param text the end of the string @returns whether everything up to here is parsed now */
  #endString(text: string): boolean {
    const isSkipped = this.#isSkipping && this.#frames.length === 2;
    if (!this.#long && !isSkipped) return false;
    const value = this.#long ? this.#long.end(this.#text() + text) : null;
    this.#long = undefined;
    this.#isSkipping = false;
    this.#attach(value);
    return true;
  }

  #begin(code: number): void {
    if (this.#isBegun || (code !== OPEN_ARRAY && code !== OPEN_OBJECT)) throw new SyntaxError("Not an object or array");
    this.#isBegun = true;
  }

  #countValue(): void {
    if (++this.#values > (this.#options.maxValues ?? Number.POSITIVE_INFINITY)) throw new JsonLimit("many");
  }

  #open(isArray: boolean, at: number): void {
    if (this.#frames.length > MAX_DEPTH) throw new JsonLimit("deep");
    if (!this.#isSkipping && ++this.#containers > MAX_CONTAINERS) throw new JsonLimit("many");
    this.#countValue();
    this.#frames.push(new Container(isArray, at));
  }

  /** @returns whether everything up to here is parsed now */
  #close(isArray: boolean, text: string): boolean {
    const closed = this.#frames.pop();
    if (!closed || this.#frames.length === 0 || closed.isArray !== isArray) throw new SyntaxError("Unexpected bracket");
    if (this.#isSkipping) return this.#frames.length === 2 && this.#endString("");
    if (!closed.made) return false;
    closed.append((this.#text() + text).slice(closed.from, -1), this.#clean);
    this.#attach(closed.made);
    return true;
  }

  /** Puts a value that was made piece by piece where it belongs; everything up to its end is parsed then. */
  #attach(value: unknown): void {
    (this.#frames.at(-1) as Container).attach(value);
    this.#keep("");
  }

  /** Parses what can be parsed of the text so far. */
  #flush(): void {
    const text = this.#text();
    if (this.#long) {
      // An escape that is not complete waits for the rest of it.
      const cut = this.#escape >= 0 && text.length - this.#escape < 6 ? this.#escape : text.length;
      this.#long.add(text.slice(0, cut));
      this.#keep(text.slice(cut));
      this.#escape -= cut;
      return;
    }
    if (this.#options.skipsLarge && this.#skip(text)) return;
    this.#frames.forEach((parent, i) => {
      const child = this.#frames[i + 1];
      if (child && !child.made) parent.lead(text.slice(parent.from, child.open), this.#clean);
    });
    const top = this.#frames.at(-1) as Container;
    top.make();
    if (top.comma >= 0) {
      top.append(text.slice(top.from, top.comma), this.#clean);
      top.from = top.comma;
    }
    let rest = top.from;
    if (this.#inString && text.length - this.#quote >= PIECE) {
      top.lead(text.slice(top.from, this.#quote), this.#clean);
      rest = this.#quote + 1;
      this.#long = new LongString(this.#redactor);
    } else if (text.length - rest > 4 * PIECE) throw new SyntaxError("A number or gap without end");
    top.from = 0;
    top.comma = top.comma < 0 || this.#long ? -1 : 0;
    this.#quote -= rest;
    this.#escape -= rest;
    this.#keep(text.slice(rest));
    this.#parsed += rest;
    if (this.#options.skipsLarge && this.#parsed > MAX_SMALL) throw new JsonLimit("many");
    if (this.#long) this.#flush();
  }

  /** Begins to leave out the present value of the outermost object. @returns whether nothing is to be parsed now */
  #skip(text: string): boolean {
    const [root, top, child] = this.#frames;
    const start = child?.open ?? (this.#inString ? this.#quote : text.length);
    if (top && text.length - start >= PIECE) {
      if (!top.made) root.lead(text.slice(root.from, top.open), this.#clean);
      top.lead(text.slice(top.from, start), this.#clean);
      this.#isSkipping = true;
      this.#keep("");
      return true;
    }
    this.#next = text.length + PIECE; // it may be as large before long
    return child !== undefined;
  }

  /** Nothing but this is left to be parsed. */
  #keep(text: string): void {
    this.#parts = [text];
    this.#size = text.length;
    this.#next = text.length + PIECE;
  }
}
