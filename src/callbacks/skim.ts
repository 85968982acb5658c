/** Bytes that a field may have to be kept; larger ones are left out, but for those of live events. */
const FIELD = 2 * 1024 * 1024;
/** Bytes of everything else: names, commas, fields that never end. */
const FRAME = 256 * 1024;

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Reads a JSON object as it comes and leaves large fields out (they become null): a callback brings a whole transcript,
 * which is read again by the job's id, so that its bytes need not be held, nor parsed in one go.
 */
export class Skimmer {
  readonly #kept: Buffer[] = [];
  #field: Buffer[] = [];
  #fieldSize = 0;
  #frameSize = 0;
  #name = "";
  #inField = false;
  #inString = false;
  #escaped = false;
  #depth = 0;
  #live = false;

  write(chunk: Buffer): void {
    let from = 0;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i];
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (byte === BACKSLASH) this.#escaped = true;
        else if (byte === QUOTE) this.#inString = false;
        continue;
      }
      if (byte === QUOTE) {
        this.#inString = true;
      } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        this.#depth++;
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
        this.#depth--;
        if (this.#depth === 0) from = this.#endField(chunk, from, i);
      } else if (this.#depth === 1 && byte === COMMA) {
        from = this.#endField(chunk, from, i);
      } else if (this.#depth === 1 && byte === COLON && !this.#inField) {
        this.#keep(chunk.subarray(from, i + 1));
        from = i + 1;
        this.#inField = true;
      }
    }
    this.#keep(chunk.subarray(from));
  }

  /** What was written, without its large fields. @throws SyntaxError */
  end(): unknown {
    if (this.#frameSize > FRAME) throw new SyntaxError("not an object");
    return JSON.parse(Buffer.concat([...this.#kept, ...this.#field]).toString("utf8"));
  }

  #keep(bytes: Buffer): void {
    if (!this.#inField) {
      this.#frameSize += bytes.length;
      if (this.#frameSize <= FRAME) this.#kept.push(bytes);
      this.#name = (this.#name + bytes.toString("latin1")).slice(-64);
      return;
    }
    this.#fieldSize += bytes.length;
    if (this.#fieldSize <= FIELD || this.#live) this.#field.push(bytes);
    else this.#field = [];
  }

  #endField(chunk: Buffer, from: number, to: number): number {
    if (!this.#inField) return from;
    this.#keep(chunk.subarray(from, to));
    const whole = this.#fieldSize <= FIELD || this.#live;
    if (/"event"\s*:$/.test(this.#name) && this.#fieldSize < 100) {
      this.#live = /^\s*"live\./.test(Buffer.concat(this.#field).toString("latin1"));
    }
    if (whole) this.#kept.push(...this.#field);
    else this.#kept.push(Buffer.from("null"));
    this.#inField = false;
    this.#field = [];
    this.#fieldSize = 0;
    this.#name = "";
    return to;
  }
}
