import { decode } from "./samples";
import type { SourceFormat } from "./source-format";

/** Seconds of equal sound after which several channels are taken for one. */
const ENOUGH = 0.5;
/** Seconds of silence that are held back until there is something to go by. */
const PATIENCE = 2;
/** Samples by which channels may differ and be equal: what a converter's rounding does to them. */
const ROUNDING = 2.5 / 0x8000;
/** Below this a sample says nothing: -54 dB. */
const SILENCE = 0.002;

/** A stretch of frames and how many channels they have: all, or the first alone. */
export interface Stretch {
  channels: number;
  bytes: Buffer;
}

/**
 * Finds out whether all channels of a source are the same, as those of many microphones are: each channel is billed.
 * Nothing is lost by it: where channels that were equal begin to differ, all of them go on from there.
 */
export class EqualChannels {
  readonly #format: SourceFormat;
  readonly #frame: number;
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** Seconds of sound that was equal. */
  #sound = 0;
  #verdict: "open" | "equal" | "different" = "open";

  constructor(format: SourceFormat) {
    this.#format = format;
    this.#frame = (format.bits / 8) * format.channels;
  }

  /** @param bytes whole frames, a short stretch of them */
  write(bytes: Buffer): Stretch[] {
    if (this.#verdict === "different") return [{ channels: this.#format.channels, bytes }];
    const { isEqual, sound } = this.#compare(bytes);
    if (!isEqual) {
      this.#verdict = "different";
      return [...this.#release(this.#format.channels), { channels: this.#format.channels, bytes }];
    }
    if (this.#verdict === "equal") return [{ channels: 1, bytes: this.#first(bytes) }];
    this.#sound += sound;
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
    if (this.#sound >= ENOUGH) this.#verdict = "equal";
    const isFull = this.#heldBytes >= PATIENCE * this.#format.rate * this.#frame;
    return this.#verdict === "equal" || isFull ? this.#release(1) : [];
  }

  /** A message is over: sound is not held back for what the next one brings. */
  settle(): Stretch[] {
    if (this.#sound === 0 || this.#verdict !== "open") return [];
    return this.#release(1);
  }

  /** Nothing more comes. */
  end(): Stretch[] {
    return this.#release(1);
  }

  #release(channels: number): Stretch[] {
    const held = this.#held;
    this.#held = [];
    this.#heldBytes = 0;
    return held.map((bytes) => ({ channels, bytes: channels === 1 ? this.#first(bytes) : bytes }));
  }

  #compare(bytes: Buffer): { isEqual: boolean; sound: number } {
    const [first = new Float32Array(0), ...others] = decode(bytes, this.#format);
    let sound = 0;
    for (let i = 0; i < first.length; i++) {
      const value = first[i] as number;
      if (Math.abs(value) > SILENCE) sound++;
      // Steps of A-law and mu-law are far greater than a rounding: equal ones are equal exactly.
      for (const other of others) {
        if (Math.abs((other[i] as number) - value) > ROUNDING) return { isEqual: false, sound: 0 };
      }
    }
    // Speech crosses zero all the time: where a tenth of the samples is loud, there is sound.
    const seconds = first.length / this.#format.rate;
    return { isEqual: true, sound: sound * 10 >= first.length ? seconds : 0 };
  }

  /** The first channel alone, as it is written. */
  #first(bytes: Buffer): Buffer {
    const width = this.#format.bits / 8;
    const only = Buffer.allocUnsafe((bytes.length / this.#frame) * width);
    for (let from = 0, to = 0; from < bytes.length; from += this.#frame) {
      for (let i = 0; i < width; i++) only[to++] = bytes[from + i] as number;
    }
    return only;
  }
}
