/** Zero crossings of the filter on each side, in samples of the slower of the two rates. */
const CROSSINGS = 32;
/** Where the filter has fallen to half, as a part of the slower rate; what lies above that half of it is gone. */
const CUTOFF = 0.46;
/** Kaiser's window: about 80 dB below what passes. */
const BETA = 8;
/** Coefficients of a filter at most; odd ratios are brought to the nearest phase that there is. */
const MOST = 128 * 1024;
/** Filters that are kept. */
const KEPT = 8;

interface Filter {
  taps: number;
  phases: number;
  /** The coefficients of each phase, one phase after another. */
  table: Float32Array;
}

const filters = new Map<string, Filter>();

function bessel(x: number): number {
  let [sum, term] = [1, 1];
  for (let k = 1; term > sum * 1e-10; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function filterFor(up: number, down: number): Filter {
  const key = `${up}/${down}`;
  const known = filters.get(key);
  if (known) return known;
  const scale = Math.min(1, up / down);
  const half = Math.ceil(CROSSINGS / scale);
  const taps = 2 * half;
  const phases = Math.min(up, Math.max(1, Math.floor(MOST / taps)));
  const table = new Float32Array(phases * taps);
  const frequency = 2 * CUTOFF * scale;
  const full = bessel(BETA);
  for (let phase = 0; phase < phases; phase++) {
    let sum = 0;
    for (let k = 0; k < taps; k++) {
      const x = k - half + 1 - phase / phases;
      const sinc = x === 0 ? 1 : Math.sin(Math.PI * frequency * x) / (Math.PI * frequency * x);
      const edge = x / half;
      const value = Math.abs(edge) >= 1 ? 0 : (sinc * bessel(BETA * Math.sqrt(1 - edge * edge))) / full;
      table[phase * taps + k] = value;
      sum += value;
    }
    for (let k = 0; k < taps; k++) table[phase * taps + k] = (table[phase * taps + k] as number) / sum;
  }
  if (filters.size >= KEPT) filters.delete(filters.keys().next().value as string);
  const filter = { taps, phases, table };
  filters.set(key, filter);
  return filter;
}

const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));

/**
 * Brings the samples of one channel to another rate, piece by piece: a low-pass of windowed sincs, one for each phase
 * (polyphase; Crochiere and Rabiner 1983, 3.3). Time 0 stays at time 0, and nothing is lost at the ends.
 */
export class Resampler {
  readonly #up: number;
  readonly #down: number;
  readonly #filter: Filter;
  /** Samples that are still needed. */
  #held: Float32Array;
  /** Place of the next sample within these, and the part of a sample beyond it, in 1 / up. */
  #index = 0;
  #part = 0;
  #given = 0;
  #taken = 0;

  /** @param from rate of what comes (Hz, whole) @param to rate of what is wanted (Hz, whole) */
  constructor(from: number, to: number) {
    const common = divisor(from, to);
    this.#up = to / common;
    this.#down = from / common;
    this.#filter = filterFor(this.#up, this.#down);
    this.#held = new Float32Array(this.#filter.taps / 2 - 1);
  }

  write(samples: Float32Array): Float32Array {
    this.#taken += samples.length;
    return this.#filterAll(samples, Number.POSITIVE_INFINITY);
  }

  /** What the filter still holds. */
  end(): Float32Array {
    const wanted = Math.ceil((this.#taken * this.#up) / this.#down) - this.#given;
    return this.#filterAll(new Float32Array(this.#filter.taps / 2 + 1), wanted);
  }

  #filterAll(samples: Float32Array, most: number): Float32Array {
    const { taps, phases, table } = this.#filter;
    const input = new Float32Array(this.#held.length + samples.length);
    input.set(this.#held);
    input.set(samples, this.#held.length);
    const room = Math.ceil((Math.max(0, input.length - taps - this.#index + 1) * this.#up) / this.#down) + 1;
    const output = new Float32Array(Math.max(0, Math.min(room, most)));
    let count = 0;
    for (; this.#index + taps <= input.length && count < output.length; count++) {
      const phase = phases === this.#up ? this.#part : Math.floor((this.#part * phases) / this.#up);
      const row = phase * taps;
      let sum = 0;
      for (let k = 0; k < taps; k++) sum += (input[this.#index + k] as number) * (table[row + k] as number);
      output[count] = sum;
      this.#part += this.#down;
      this.#index += Math.floor(this.#part / this.#up);
      this.#part %= this.#up;
    }
    const done = Math.min(this.#index, input.length);
    this.#held = input.slice(done);
    this.#index -= done;
    this.#given += count;
    return output.subarray(0, count);
  }
}
