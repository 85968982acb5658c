import { bytesPerSecond, frameBytes } from "./format";
import type { LiveFormat } from "./input";

/** Seconds of audio in a frame, and the least that is sent while more is expected. */
const FRAME = 0.1;
const LEAST = 0.05;
/** Bytes of a frame at most; the server closes connections over 1 MiB. */
const LARGEST = 512 * 1024;
/** Below so many bytes a frame is not made smaller again. */
const SMALLEST = 256;

/** How audio of a format is cut into frames: whole samples of all channels, about 100 ms. */
export class Frames {
  readonly #sample: number;
  #size: number;
  /** Bytes of a second, and the fewest that are worth a frame while more is expected. */
  readonly rate: number;
  readonly least: number;

  constructor(format: LiveFormat) {
    this.rate = bytesPerSecond(format);
    this.least = this.rate * LEAST;
    this.#sample = frameBytes(format);
    this.#size = Math.min(this.whole(this.rate * FRAME), this.whole(LARGEST));
  }

  /** So many bytes without the part of a sample at their end. */
  whole(bytes: number): number {
    return Math.floor(bytes / this.#sample) * this.#sample;
  }

  /** So many bytes with the rest of a sample at their end. */
  filled(bytes: number): number {
    return Math.ceil(bytes / this.#sample) * this.#sample;
  }

  /** Bytes of the next frame when so many wait. */
  next(waiting: number): number {
    return waiting <= this.#size * 1.5 ? Math.min(waiting, this.whole(LARGEST)) : this.#size;
  }

  /** Makes frames smaller from now on; gives false when they are small already. */
  shrink(): boolean {
    const smaller = this.whole(this.#size / 2);
    if (smaller < Math.max(SMALLEST, this.#sample)) return false;
    this.#size = smaller;
    return true;
  }
}
