/** What a list says of a job. */
export interface Listed {
  id: string;
  status: string;
}

const SPACE = 32;
const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const OPEN_LIST = 91;
const BACKSLASH = 92;
const CLOSE_LIST = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

/** Depths of a page's own fields, of its list of jobs, and of a job's fields. */
const PAGE = 1;
const LIST = 2;
const JOB = 3;
/** Bytes that a value may have that is kept. */
const LONGEST = 16 * 1024;
/** The fields that are kept, by the length of their names, and the values that most of them have. */
const KEPT = ["", "", "id", "", "next", "items", "status"];
const STATUSES = ["queued", "processing"];

/**
 * Reads a page of jobs as its bytes come, and keeps each job's `id` and `status` and the address of the next page. A page
 * has about a kilobyte for each job that is pending, and is read once a second as long as one is: making objects of all
 * the rest would be most of what waiting costs.
 */
export class PageReader {
  readonly items: Listed[] = [];
  next: string | null = null;
  #depth = 0;
  #isDone = false;
  #inString = false;
  #isEscaped = false;
  /** What the chunks before this one had of the string that goes on, as far as it is of use, and its length. */
  #begun: Buffer[] = [];
  #length = 0;
  /** Whether the next string is a field's name. */
  #isName = false;
  #name = "";
  #hasItems = false;
  #inItems = false;
  #id = "";
  #status = "";

  /** @throws SyntaxError when this cannot be an object, or a string in it */
  write(chunk: Buffer): undefined {
    const { length } = chunk;
    let depth = this.#depth;
    let isName = this.#isName;
    let matters = depth === PAGE || (depth === JOB && this.#inItems);
    let inString = this.#inString;
    for (let at = 0; at < length; at++) {
      if (inString) {
        const start = at;
        if (this.#isEscaped) at++;
        let byte = 0;
        for (; at < length; at++) {
          byte = chunk[at] as number;
          if (byte === QUOTE) break;
          if (byte === BACKSLASH) at++;
        }
        inString = at >= length;
        this.#isEscaped = at > length;
        if (matters) this.#string(chunk, start, at, isName);
        continue;
      }
      const byte = chunk[at] as number;
      if (byte === QUOTE) inString = true;
      else if (byte === COMMA) isName = true;
      else if (byte === COLON) isName = false;
      else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
        this.#open(depth++, byte === OPEN_LIST);
        matters = depth === PAGE || (depth === JOB && this.#inItems);
        isName = true;
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
        this.#close(--depth);
        matters = depth === PAGE || (depth === JOB && this.#inItems);
      } else if (depth === 0 && byte > SPACE) throw new SyntaxError("Not an object");
    }
    this.#depth = depth;
    this.#isName = isName;
    this.#inString = inString;
  }

  /** @throws SyntaxError when the page is incomplete, or has no `items` */
  end(): this {
    if (!this.#isDone || !this.#hasItems) throw new SyntaxError("Not a whole page of jobs");
    return this;
  }

  /** @param depth where it is opened */
  #open(depth: number, isList: boolean): void {
    if (this.#isDone) throw new SyntaxError("More than an object");
    if (depth === PAGE && this.#name === "items" && isList) {
      this.#hasItems = true;
      this.#inItems = true;
    } else if (depth === LIST) {
      this.#id = "";
      this.#status = "";
    }
  }

  /** @param depth where it was opened */
  #close(depth: number): void {
    if (depth === LIST && this.#inItems && this.#id) this.items.push({ id: this.#id, status: this.#status });
    else if (depth === PAGE) this.#inItems = false;
    else if (depth === 0) this.#isDone = true;
    else if (depth < 0) throw new SyntaxError("Not an object");
  }

  /** Whether this is a page of jobs, as far as it has come. */
  get isPage(): boolean {
    return this.#hasItems;
  }

  /** Whether the object of the page has come to its end. */
  get isWhole(): boolean {
    return this.#isDone;
  }

  /** A string that matters, or a piece of it. @param end its closing quote, or where the chunk ends */
  #string(chunk: Buffer, start: number, end: number, isName: boolean): void {
    if (end < chunk.length && this.#length === 0) {
      this.#take(chunk, start, end, isName);
      return;
    }
    const piece = chunk.subarray(start, end);
    this.#length += piece.length;
    const isOfUse = isName ? this.#length < KEPT.length : this.#name !== "";
    if (!isOfUse) this.#begun = [];
    else if (this.#length > LONGEST) throw new SyntaxError("An id, status or address without end");
    else this.#begun.push(piece);
    if (end >= chunk.length) return;
    const whole = Buffer.concat(this.#begun);
    if (isOfUse) this.#take(whole, 0, whole.length, isName);
    else if (isName) this.#name = "";
    this.#begun = [];
    this.#length = 0;
  }

  /** A name or a value of the page or of a job, without its quotes. */
  #take(bytes: Buffer, start: number, end: number, isName: boolean): void {
    if (isName) {
      const name = KEPT[end - start];
      this.#name = name && isText(bytes, start, name) ? name : "";
    } else if (this.#name === "id") this.#id = parse(bytes, start, end);
    else if (this.#name === "next" && !this.#inItems) this.next = parse(bytes, start, end);
    else if (this.#name === "status") {
      const usual = STATUSES.find((status) => status.length === end - start && isText(bytes, start, status));
      this.#status = usual ?? parse(bytes, start, end);
    }
  }
}

/** Whether these ASCII letters are at a place; comparing them is cheaper than making a string. */
function isText(bytes: Buffer, start: number, text: string): boolean {
  for (let n = 0; n < text.length; n++) if (bytes[start + n] !== text.charCodeAt(n)) return false;
  return true;
}

/** @throws SyntaxError for an escape that is none */
function parse(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString("utf8", start, end);
  return text.includes("\\") ? (JSON.parse(`"${text}"`) as string) : text;
}
