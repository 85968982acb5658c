/** Bytes that are held of audio that comes faster than real time, such as whole files. */
const HELD = 64 * 1024 * 1024;

/**
 * How many bytes too many wait: for the network, which `most` may do, or at all.
 * @param late of those that wait, the ones that do since the connection is slow or lost
 */
export function excess(waiting: number, late: number, most: number): number {
  return Math.max(Math.min(waiting, late) - most, waiting - Math.max(most, HELD));
}

interface Piece {
  /** Position of its first byte. */
  at: number;
  bytes: Buffer;
}

/**
 * The audio of a recording that may have to be sent, once more or for the first time. Positions count bytes from the
 * recording's beginning. The pieces are kept as they came, without a copy.
 */
export class AudioBuffer {
  #pieces: Piece[] = [];
  /** Index of the first piece that is still needed. */
  #head = 0;
  #start = 0;
  #end = 0;

  /** Position of the first byte that is kept. */
  get start(): number {
    return this.#start;
  }

  /** Position after the last byte. */
  get end(): number {
    return this.#end;
  }

  push(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#pieces.push({ at: this.#end, bytes });
    this.#end += bytes.length;
  }

  /** Forgets what lies before a position. */
  forget(position: number): void {
    if (position <= this.#start) return;
    this.#start = Math.min(position, this.#end);
    while (this.#head < this.#pieces.length && this.#endOf(this.#head) <= this.#start) this.#head++;
    if (this.#head === this.#pieces.length) {
      this.#pieces = [];
      this.#head = 0;
    } else if (this.#head > 64 && this.#head * 2 > this.#pieces.length) {
      this.#pieces = this.#pieces.slice(this.#head);
      this.#head = 0;
    }
  }

  /** Forgets what lies behind a position, as if it had not come. */
  cut(position: number): void {
    if (position >= this.#end) return;
    this.#end = Math.max(position, this.#start);
    const last = this.#pieces.findLastIndex(({ at }) => at < this.#end);
    this.#pieces.length = Math.max(last + 1, this.#head);
    const piece = this.#pieces[last];
    if (piece) piece.bytes = piece.bytes.subarray(0, this.#end - piece.at);
  }

  /** The bytes from a position that is kept, `length` of them or as many as there are. */
  read(from: number, length: number): Buffer {
    const end = Math.min(from + length, this.#end);
    if (from < this.#start || end <= from) return Buffer.alloc(0);
    const first = this.#find(from);
    const { at, bytes } = this.#pieces[first] as Piece;
    if (at === from && at + bytes.length === end) return bytes;
    const parts: Buffer[] = [];
    for (let at = from, i = first; at < end; i++) {
      const { at: start, bytes } = this.#pieces[i] as Piece;
      const part = bytes.subarray(at - start, end - start);
      parts.push(part);
      at += part.length;
    }
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
  }

  #endOf(index: number): number {
    const { at, bytes } = this.#pieces[index] as Piece;
    return at + bytes.length;
  }

  /** Index of the piece that holds a position. */
  #find(position: number): number {
    let [low, high] = [this.#head, this.#pieces.length - 1];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#endOf(middle) <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
