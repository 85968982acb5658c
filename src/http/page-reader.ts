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
/** The fields that are kept, by the length of their names: few names are worth a look. */
const KEPT = ["", "", "id", "", "next", "items", "status"];

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
  /** What the chunks before this one had of the string that goes on. */
  #begun: Buffer | undefined;
  /** Whether the next string is a field's name. */
  #isName = false;
  #name = "";
  #hasItems = false;
  #inItems = false;
  #id = "";
  #status = "";

  /** @throws SyntaxError when this cannot be an object, or a string in it */
  write(chunk: Buffer): void {
    let at = this.#inString ? this.#string(chunk, 0) : 0;
    while (at < chunk.length) {
      const byte = chunk[at++] as number;
      if (byte === QUOTE) at = this.#string(chunk, at);
      else if (byte === COMMA) this.#isName = true;
      else if (byte === COLON) this.#isName = false;
      else if (byte === OPEN_OBJECT || byte === OPEN_LIST) this.#open(byte === OPEN_LIST);
      else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) this.#close();
      else if (this.#depth === 0 && byte > SPACE) throw new SyntaxError("Not an object");
    }
  }

  /** @throws SyntaxError when the page is incomplete, or has no `items` */
  end(): this {
    if (!this.#isDone || !this.#hasItems) throw new SyntaxError("Not a whole page of jobs");
    return this;
  }

  #open(isList: boolean): void {
    if (this.#isDone) throw new SyntaxError("More than an object");
    if (this.#depth === PAGE && this.#name === "items" && isList) {
      this.#hasItems = true;
      this.#inItems = true;
    } else if (this.#depth === LIST) {
      this.#id = "";
      this.#status = "";
    }
    this.#depth++;
    this.#isName = true;
  }

  #close(): void {
    this.#depth--;
    if (this.#depth === LIST && this.#inItems && this.#id) this.items.push({ id: this.#id, status: this.#status });
    else if (this.#depth === PAGE) this.#inItems = false;
    else if (this.#depth === 0) this.#isDone = true;
    else if (this.#depth < 0) throw new SyntaxError("Not an object");
  }

  /** Goes to the end of a string. @returns where to go on */
  #string(chunk: Buffer, start: number): number {
    const { length } = chunk;
    let end = this.#isEscaped ? start + 1 : start;
    for (; end < length; end++) {
      const byte = chunk[end];
      if (byte === QUOTE) break;
      if (byte === BACKSLASH) end++;
    }
    this.#inString = end >= length;
    this.#isEscaped = end > length;
    const matters = this.#depth === PAGE || (this.#depth === JOB && this.#inItems);
    if (!matters) return end + 1;
    if (this.#inString) {
      this.#begun = Buffer.concat([this.#begun ?? Buffer.alloc(0), chunk.subarray(start)]);
      return length;
    }
    if (this.#begun) {
      const whole = Buffer.concat([this.#begun, chunk.subarray(start, end)]);
      this.#begun = undefined;
      this.#take(whole, 0, whole.length);
    } else this.#take(chunk, start, end);
    return end + 1;
  }

  /** A name or a value of the page or of a job, without its quotes. */
  #take(bytes: Buffer, start: number, end: number): void {
    if (this.#isName) {
      const name = KEPT[end - start];
      this.#name = name && bytes.toString("latin1", start, end) === name ? name : "";
      return;
    }
    if (this.#name === "") return;
    const text = bytes.toString("utf8", start, end);
    const value = text.includes("\\") ? (JSON.parse(`"${text}"`) as string) : text;
    if (this.#depth === PAGE) {
      if (this.#name === "next") this.next = value;
    } else if (this.#name === "id") this.#id = value;
    else if (this.#name === "status") this.#status = value;
  }
}
