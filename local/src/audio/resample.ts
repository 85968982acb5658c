/** Zero crossings of the sinc on each side: some 80 dB of stop band with the window below. */
const CROSSINGS = 16;
/** Shape of the Kaiser window. */
const BETA = 8;
/** Part of the narrower band that is kept; the rest is the filter's slope. */
const KEPT = 0.92;
/** More would take seconds to compute. */
const MOST_TAPS = 2_000_000;

/** Turns one channel of sound from one sample rate into another, piece by piece, with a windowed sinc. */
export class Resampler {
  private up: number;
  private down: number;
  /** Taps of every phase, one phase after the other. */
  private readonly taps: Float32Array;
  private readonly width: number;
  private kept: Float32Array;
  /** Position of the next output sample in `kept`: whole samples, and `up`ths of one. */
  private position = 0;
  private phase = 0;

  /**
   * @param from sample rate of what comes in, Hz, a whole number
   * @param to sample rate of what goes out, Hz, a whole number
   */
  constructor(
    private readonly from: number,
    private readonly to: number,
  ) {
    const divisor = greatestCommonDivisor(from, to);
    this.up = to / divisor;
    this.down = from / divisor;
    const stretch = Math.max(1, this.down / this.up);
    const half = Math.ceil(CROSSINGS * stretch);
    this.width = 2 * half;
    const most = Math.floor(MOST_TAPS / this.width);
    if (this.up > most) {
      // Rates that have no ratio of small numbers: off by less than a second in a day.
      this.up = most;
      this.down = Math.round((from * most) / to);
    }
    this.taps = this.up === this.down ? new Float32Array(0) : design(this.up, half, stretch);
    // The filter looks `half` samples back, where there was silence.
    this.kept = new Float32Array(half - 1);
  }

  /** Gives what can be computed so far. */
  push(samples: Float32Array): Float32Array {
    if (this.up === this.down) return samples;
    const input = new Float32Array(this.kept.length + samples.length);
    input.set(this.kept);
    input.set(samples, this.kept.length);
    const ready = Math.max(0, input.length - this.width + 1 - this.position);
    const output = new Float32Array(Math.ceil((ready * this.up + this.up) / this.down) + 1);
    let count = 0;
    while (this.position + this.width <= input.length) {
      const tap = this.phase * this.width;
      let sum = 0;
      for (let index = 0; index < this.width; index++) {
        sum += (input[this.position + index] as number) * (this.taps[tap + index] as number);
      }
      output[count++] = sum;
      this.phase += this.down;
      this.position += Math.floor(this.phase / this.up);
      this.phase %= this.up;
    }
    const done = Math.min(this.position, input.length);
    this.kept = input.slice(done);
    this.position -= done;
    return output.subarray(0, count);
  }

  /** A resampler that stands where this one stands. */
  copy(): Resampler {
    const copy = new Resampler(this.from, this.to);
    copy.kept = this.kept.slice();
    copy.position = this.position;
    copy.phase = this.phase;
    return copy;
  }

  /** Gives the rest, as if silence followed. */
  flush(): Float32Array {
    return this.up === this.down ? new Float32Array(0) : this.push(new Float32Array(this.width / 2));
  }
}

/** Taps for output positions that lie 0, 1/up, 2/up ... samples after an input sample. */
function design(up: number, half: number, stretch: number): Float32Array {
  const width = 2 * half;
  const taps = new Float32Array(up * width);
  const cutoff = KEPT / stretch;
  const whole = bessel(BETA);
  for (let phase = 0; phase < up; phase++) {
    let sum = 0;
    for (let index = 0; index < width; index++) {
      const distance = index - (half - 1) - phase / up;
      const place = distance / half;
      const window = Math.abs(place) >= 1 ? 0 : bessel(BETA * Math.sqrt(1 - place * place)) / whole;
      const angle = Math.PI * distance * cutoff;
      const value = window * (angle === 0 ? 1 : Math.sin(angle) / angle);
      taps[phase * width + index] = value;
      sum += value;
    }
    // Every phase passes a constant unchanged, or the sound would hum at the difference of the rates.
    for (let index = 0; index < width; index++) {
      taps[phase * width + index] = (taps[phase * width + index] as number) / sum;
    }
  }
  return taps;
}

/** Modified Bessel function of the first kind, order 0. */
function bessel(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
