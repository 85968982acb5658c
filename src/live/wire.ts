import type { LiveSocket } from "./socket";

/** Bytes that may wait for the network before we wait for it. */
const FULL = 256 * 1024;
/** Milliseconds of silence after which a connection is kept alive. */
const SILENCE = 20_000;

const EMPTY = JSON.stringify({ type: "audio_chunk", data: { chunk: "" } });
const STOP = JSON.stringify({ type: "stop_recording" });

/** What a client says on one connection. */
export class Wire {
  readonly #socket: LiveSocket;
  readonly #onFree: () => void;
  #isFull = false;
  #lastSent = performance.now();

  /** @param onFree told when the network has taken what it was full of */
  constructor(socket: LiveSocket, onFree: () => void) {
    this.#socket = socket;
    this.#onFree = onFree;
  }

  /** Whether the network has to take some of it first. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** Whether so little was said that the server may think that nobody is there. */
  get isSilent(): boolean {
    return performance.now() - this.#lastSent >= SILENCE;
  }

  audio(bytes: Buffer): void {
    this.#isFull = this.#socket.waiting + bytes.length > FULL;
    this.#socket.send(bytes, this.#isFull ? () => this.#free() : undefined);
    this.#lastSent = performance.now();
  }

  /** An empty chunk: its answer tells where the server stands. */
  question(): void {
    this.#socket.send(EMPTY);
    this.#lastSent = performance.now();
  }

  stop(): void {
    this.#socket.send(STOP);
  }

  #free(): void {
    this.#isFull = false;
    this.#onFree();
  }
}
