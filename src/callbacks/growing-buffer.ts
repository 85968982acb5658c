/** Bytes that grow; they are copied, so that no chunk of the network is held, and their room doubles, so that adding stays cheap. */
export class GrowingBuffer {
  #room = Buffer.alloc(0);
  #size = 0;

  /** Bytes of memory that it takes up. */
  get held(): number {
    return this.#room.length;
  }

  get bytes(): Buffer {
    return this.#room.subarray(0, this.#size);
  }

  append(chunk: Buffer): void {
    const size = this.#size + chunk.length;
    if (size > this.#room.length) {
      const room = Buffer.allocUnsafe(Math.max(1024, 2 * this.#room.length, size));
      this.bytes.copy(room);
      this.#room = room;
    }
    chunk.copy(this.#room, this.#size);
    this.#size = size;
  }
}
