/** Bytes that the field `payload` may have to be kept: live messages are told as they are. */
export const MAX_PAYLOAD_BYTES = 4 * 1024 * 1024;
/** Bytes that any other field may have to be kept. */
const MAX_FIELD_BYTES = 64 * 1024;
/** Bytes of everything but the payload. */
const MAX_FRAME_BYTES = 256 * 1024;
/** Arrays and objects within each other. */
export const MAX_DEPTH = 100;

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const NULL = Buffer.from("null");

/** What a filter has kept of an object. */
export interface FilteredBody {
  /** The fields that are small; the others, and `payload`, are null. */
  fields: unknown;
  /** The JSON of `payload`; undefined when there was none, or more than can be kept. */
  payload: Buffer | undefined;
  /** There was a payload of more than MAX_PAYLOAD_BYTES. */
  isPayloadLost: boolean;
}

/**
 * Reads a JSON object as it comes and leaves large fields out: a callback brings a whole transcript, which is read again
 * by the job's id, so that its bytes need not be held, nor parsed in one go. What is kept is copied, so that it holds no
 * chunk of the network, and each byte is looked at once.
 */
export class LargeFieldFilter {
  readonly #frame = new Bytes();
  #payload = new Bytes();
  #isPayloadLost = false;
  #hasPayload = false;
  /** Where the name of the present field begins in the frame, and where its value does. */
  #nameAt = 0;
  #valueAt = 0;
  #inField: "no" | "kept" | "payload" | "dropped" = "no";
  #inString = false;
  #escaped = false;
  #depth = 0;

  /** Bytes of memory that are held. */
  get held(): number {
    return this.#frame.held + this.#payload.held;
  }

  /** @throws SyntaxError as soon as it can be told that this is no object of ours */
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
        if (++this.#depth > MAX_DEPTH) throw new SyntaxError("nested too deeply");
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
        this.#depth--;
        if (this.#depth === 0) from = this.#endField(chunk, from, i);
      } else if (this.#depth === 1 && byte === COMMA) {
        from = this.#endField(chunk, from, i);
      } else if (this.#depth === 1 && byte === COLON && this.#inField === "no") {
        from = this.#beginField(chunk, from, i + 1);
      }
    }
    this.#keep(chunk, from, chunk.length);
  }

  /** What was written, without its large fields. @throws SyntaxError */
  end(): FilteredBody {
    return {
      fields: JSON.parse(this.#frame.text()),
      payload: this.#hasPayload && !this.#isPayloadLost ? this.#payload.bytes() : undefined,
      isPayloadLost: this.#isPayloadLost,
    };
  }

  #beginField(chunk: Buffer, from: number, to: number): number {
    this.#keep(chunk, from, to);
    this.#valueAt = this.#frame.size;
    const isPayload = /"payload"\s*:$/.test(this.#frame.text(Math.max(this.#nameAt, this.#valueAt - 64)));
    this.#inField = isPayload ? "payload" : "kept";
    if (isPayload) {
      this.#payload = new Bytes(); // of two with the same name the last one counts
      this.#isPayloadLost = false;
      this.#hasPayload = true;
      this.#frame.append(NULL, 0, NULL.length);
    }
    return to;
  }

  #endField(chunk: Buffer, from: number, to: number): number {
    if (this.#inField === "no") return from;
    this.#keep(chunk, from, to);
    this.#inField = "no";
    this.#nameAt = this.#frame.size;
    return to;
  }

  #keep(chunk: Buffer, from: number, to: number): void {
    if (this.#inField === "dropped") return;
    if (this.#inField === "payload") {
      if (this.#payload.size + to - from > MAX_PAYLOAD_BYTES) {
        this.#isPayloadLost = true;
        this.#payload = new Bytes();
        this.#inField = "dropped";
      } else this.#payload.append(chunk, from, to);
      return;
    }
    if (this.#inField === "kept" && this.#frame.size - this.#valueAt + to - from > MAX_FIELD_BYTES) {
      this.#frame.cut(this.#valueAt);
      this.#frame.append(NULL, 0, NULL.length);
      this.#inField = "dropped";
    } else if (this.#frame.size + to - from > MAX_FRAME_BYTES) {
      throw new SyntaxError("not an object of a few fields");
    } else this.#frame.append(chunk, from, to);
  }
}

/** Bytes that grow; their room doubles, so that adding stays cheap. */
class Bytes {
  #room = Buffer.alloc(0);
  size = 0;

  get held(): number {
    return this.#room.length;
  }

  append(chunk: Buffer, from: number, to: number): void {
    const size = this.size + to - from;
    if (size > this.#room.length) {
      const room = Buffer.allocUnsafe(Math.max(1024, 2 * this.#room.length, size));
      this.bytes().copy(room);
      this.#room = room;
    }
    chunk.copy(this.#room, this.size, from, to);
    this.size = size;
  }

  cut(size: number): void {
    this.size = size;
  }

  bytes(): Buffer {
    return this.#room.subarray(0, this.size);
  }

  text(from = 0): string {
    return this.#room.toString("utf8", from, this.size);
  }
}
