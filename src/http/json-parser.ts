import { isAscii } from "node:buffer";
import { StringDecoder } from "node:string_decoder";
import { type Clean, Container, isBlank, LongString } from "./json-container";
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

/**
 * Parses an object or array as its bytes come, piece by piece, so that each call takes as long as its bytes are many and
 * no longer; secrets are taken out of it. What JSON.parse refuses is refused.
 */
export class JsonParser {
  readonly #redactor: Redactor;
  readonly #clean: Clean;
  /** Once there was something beyond ASCII. */
  #decoder: StringDecoder | undefined;
  /** What is not parsed yet. */
  #parts: string[] = [];
  #size = 0;
  /** Where it is worth it to parse what is there. */
  #next = PIECE;
  /** The first one is not of the text: what the text is stands in it. */
  readonly #frames: [Container, ...Container[]] = [new Container(true, -1)];
  #isBegun = false;
  #count = 0;
  #inString = false;
  #isEscaped = false;
  /** Where the string begins that is being read, and the last escape in it. */
  #quote = 0;
  #escape = -1;
  /** A string that is too long to be parsed as a whole. */
  #long: LongString | undefined;
  #value: object | undefined;

  /** @param keepsLinks leaves links as they are, for answers whose links are used */
  constructor(redactor = new Redactor(), keepsLinks = false) {
    this.#redactor = redactor;
    this.#clean = (value, json) => redactor.redactJson(value, json, keepsLinks);
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
    this.#take(this.#decoder?.end() ?? "");
    const [root] = this.#frames;
    if (!this.#isBegun || this.#inString || this.#frames.length > 1) throw new SyntaxError("Unexpected end of JSON");
    if (root.made) {
      if (!isBlank(this.#text())) throw new SyntaxError("More than one value");
      this.#value = (root.made as object[])[0] as object;
    } else {
      const text = this.#text();
      this.#value = this.#clean(JSON.parse(text) as object, text);
    }
    return this;
  }

  #decode(bytes: Buffer): string {
    if (!this.#decoder && isAscii(bytes)) return bytes.toString("latin1"); // the same text, and much faster
    this.#decoder ??= new StringDecoder("utf8");
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
    this.#frames.push(new Container(isArray, at));
  }

  /** @returns whether everything up to here is parsed now */
  #close(isArray: boolean, text: string): boolean {
    const closed = this.#frames.pop();
    if (!closed || this.#frames.length === 0 || closed.isArray !== isArray) throw new SyntaxError("Unexpected bracket");
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
      this.#decodeLong(text);
      return;
    }
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
    if (this.#long) this.#flush();
  }

  /** Nothing but this is left to be parsed. */
  #keep(text: string): void {
    this.#parts = [text];
    this.#size = text.length;
    this.#next = text.length + PIECE;
  }

  #decodeLong(raw: string): void {
    // An escape that is not complete waits for the rest of it.
    const cut = this.#escape >= 0 && raw.length - this.#escape < 6 ? this.#escape : raw.length;
    this.#long?.add(raw.slice(0, cut));
    this.#keep(raw.slice(cut));
    this.#escape -= cut;
  }

  #endLong(text: string): void {
    const value = this.#long?.end(this.#text() + text);
    this.#long = undefined;
    this.#attach(value);
  }
}
