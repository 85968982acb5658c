import FFT = require("fft.js");

import type { Track } from "../audio/track";

/** Samples of a frame, 32 ms, and from one to the next. */
const SIZE = 512;
const HOP = 128;
const BINS = SIZE / 2 + 1;
/** The lowest bins hold hum, which is steady in every recording. */
const FIRST = 8;
/** Frames in which steady noise is looked for, over the whole of a track. */
const MOST_FRAMES = 1500;
/** Noise is steady where half of a bin's frames are at most so many dB above its quietest tenth: 8 for white noise, 12 to 16 for babble, above 18 in quiet. */
const STEADY = 10.5;
/** Power of a bin that is nothing but rounding: noise of some -80 dB. */
const INAUDIBLE = 1e-6;
/** Speech so many dB above the noise is understood as it is. */
const CLEAR = 30;
/** A bin's noise is so many times its quietest fifth, if its power is that of noise, which spreads as an exponential does. Half more is taken away. */
const OF_QUIET = 1.6;
const TAKEN = 1.5;
/** How much of a bin stays at least, in amplitude, and how much of the frame before counts. */
const LEAST = 0.15;
const SMOOTH = 0.92;

const WINDOW = Float64Array.from({ length: SIZE }, (_, i) => Math.sqrt(0.5 - 0.5 * Math.cos((2 * Math.PI * i) / SIZE)));

/** Power of each bin of a noise. */
export type Noise = Float64Array;

/**
 * The steady noise of a track, such as a fan's or a bad line's; undefined where there is none that matters.
 *
 * @param track 16 kHz
 */
export function steadyNoise(track: Pick<Track, "read" | "length">): Noise | undefined {
  const count = Math.min(MOST_FRAMES, Math.floor((track.length - SIZE) / (SIZE / 2)));
  if (count < 20) return undefined;
  const fft = new FFT(SIZE);
  const spectrum = fft.createComplexArray();
  const bins = Array.from({ length: BINS }, () => new Float64Array(count));
  const step = (track.length - SIZE) / count;
  for (let n = 0; n < count; n++) {
    const from = Math.floor(n * step);
    fft.realTransform(spectrum, windowed(track.read(from, from + SIZE), 0));
    for (let k = 0; k < BINS; k++) (bins[k] as Float64Array)[n] = power(spectrum, k);
  }
  for (const bin of bins) bin.sort();
  const at = (bin: Float64Array, part: number) => bin[Math.floor(count * part)] as number;
  const spread = bins.slice(FIRST).map((bin) => decibels(at(bin, 0.5) / at(bin, 0.1)));
  if (!(median(spread) < STEADY)) return undefined;
  const noise = Float64Array.from(bins, (bin) => OF_QUIET * at(bin, 0.2));
  if (sum(noise) < BINS * INAUDIBLE) return undefined;
  const loud = bins.reduce((sum, bin) => sum + at(bin, 0.95), 0);
  return decibels(loud / sum(noise)) < CLEAR ? noise : undefined;
}

/**
 * Sound without most of a steady noise: each bin of a spectrum is lowered by what of it is noise (decision-directed Wiener
 * filter; Ephraim and Malah 1984, Scalart and Filho 1996).
 *
 * @param samples 16 kHz
 * @returns as many samples
 */
export function withoutNoise(samples: Float32Array, noise: Noise): Float32Array {
  const fft = new FFT(SIZE);
  const [spectrum, frame] = [fft.createComplexArray(), fft.createComplexArray()];
  const clean = new Float32Array(samples.length);
  const weight = new Float32Array(samples.length);
  const before = new Float64Array(BINS).fill(1);
  for (let from = HOP - SIZE; from < samples.length; from += HOP) {
    fft.realTransform(spectrum, windowed(samples, from));
    for (let k = 0; k < BINS; k++) {
      const posterior = power(spectrum, k) / (TAKEN * (noise[k] as number) + 1e-12);
      const prior = SMOOTH * (before[k] as number) + (1 - SMOOTH) * Math.max(posterior - 1, 0);
      const gain = Math.max(LEAST, prior / (1 + prior));
      before[k] = gain * gain * posterior;
      spectrum[2 * k] = (spectrum[2 * k] as number) * gain;
      spectrum[2 * k + 1] = (spectrum[2 * k + 1] as number) * gain;
    }
    fft.completeSpectrum(spectrum);
    fft.inverseTransform(frame, spectrum);
    for (let i = Math.max(0, -from); i < SIZE && from + i < samples.length; i++) {
      const shape = WINDOW[i] as number;
      clean[from + i] = (clean[from + i] as number) + (frame[2 * i] as number) * shape;
      weight[from + i] = (weight[from + i] as number) + shape * shape;
    }
  }
  return clean.map((value, i) => value / (weight[i] || 1));
}

/** A frame of samples from a place on, which may lie before or behind them, shaped by the window. */
function windowed(samples: Float32Array, from: number): Float64Array {
  const frame = new Float64Array(SIZE);
  for (let i = 0; i < SIZE; i++) frame[i] = (samples[from + i] ?? 0) * (WINDOW[i] as number);
  return frame;
}

function power(spectrum: number[], bin: number): number {
  return (spectrum[2 * bin] as number) ** 2 + (spectrum[2 * bin + 1] as number) ** 2 + 1e-12;
}

function decibels(ratio: number): number {
  return 10 * Math.log10(ratio);
}

function sum(numbers: Float64Array): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function median(numbers: number[]): number {
  return numbers.sort((a, b) => a - b)[numbers.length >> 1] as number;
}
