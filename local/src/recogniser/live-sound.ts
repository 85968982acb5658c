import { RATE } from "../audio/track";
import type { Sound } from "./recognise";
import { FRAME, loudness, quietest, type Segment, voicedFrames } from "./segments";
import { WINDOW } from "./vad";

/** Seconds into the sound at which a window begins. */
export function secondsAt(window: number): number {
  return (window * WINDOW) / RATE;
}

/** How many windows last at least so many seconds. */
export function windowsIn(seconds: number): number {
  return Math.ceil((seconds * RATE) / WINDOW - 1e-6);
}

/** A stretch of a sound, ready to be recognised; times in it count from its own beginning. */
export interface Stretch {
  sound: Sound;
  segment: Segment;
}

/** What is still needed of a sound that goes on and on, in windows of the voice activity detector. */
export class RecentSound {
  readonly #windows: { samples: Float32Array; probability: number }[] = [];
  /** Windows forgotten. */
  #first = 0;

  /** Windows heard so far. */
  get length(): number {
    return this.#first + this.#windows.length;
  }

  /** First window that is still known. */
  get first(): number {
    return this.#first;
  }

  push(samples: Float32Array, probability: number): void {
    this.#windows.push({ samples, probability });
  }

  /** Forgets what came before a window. */
  forget(window: number): void {
    const count = Math.min(this.#windows.length, window - this.#first);
    if (count <= 0) return;
    this.#windows.splice(0, count);
    this.#first += count;
  }

  /** Windows `from` to before `to`, which must not have been forgotten. */
  stretch(from: number, to: number): Stretch {
    const windows = this.#windows.slice(from - this.#first, to - this.#first);
    const length = windows.length * WINDOW;
    const samples = new Float32Array(length + FRAME);
    windows.forEach((window, index) => {
      samples.set(window.samples, index * WINDOW);
    });
    const read = (start: number, end: number) => samples.slice(start, end);
    const levels = loudness({ read, length });
    const voiced = voicedFrames(
      windows.map(({ probability }) => probability),
      levels.length,
    );
    return { sound: { read, levels, voiced }, segment: { from: 0, to: levels.length } };
  }

  /** The window in whose neighbourhood 100 ms are quietest, from one to before another. */
  quietest(from: number, to: number): number {
    const { sound, segment } = this.stretch(from, to);
    const frame = quietest(sound.levels, segment.from, segment.to);
    return from + Math.round((frame * FRAME) / WINDOW);
  }
}
