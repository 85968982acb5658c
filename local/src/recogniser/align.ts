/**
 * When each token is spoken, from the attention the decoder pays to the sound: the cheapest monotone path through the
 * (token, frame) plane, after each head's attention was made comparable and smoothed. The idea is that of Whisper's
 * word times (dynamic time warping over cross-attention).
 *
 * @param rows attention of each token, head after head [heads * frames]
 * @param frames frames of the encoder
 * @returns the frame each token begins at, never falling; one per row
 */
export function tokenStarts(rows: Float32Array[], frames: number): number[] {
  const count = rows.length;
  if (count === 0 || frames === 0) return rows.map(() => 0);
  const heads = (rows[0]?.length ?? 0) / frames;
  const score = rows.map(() => new Float32Array(frames));
  const column = new Float32Array(count);
  const smooth = rows.map(() => new Float32Array(frames));
  for (let head = 0; head < heads; head++) {
    const offset = head * frames;
    for (let frame = 0; frame < frames; frame++) {
      for (let token = 0; token < count; token++) column[token] = at(rows[token], offset + frame);
      const [mean, deviation] = moments(column);
      for (let token = 0; token < count; token++) {
        (smooth[token] as Float32Array)[frame] = (at(column, token) - mean) / (deviation + 1e-9);
      }
    }
    for (let token = 0; token < count; token++) addMedian(smooth[token] as Float32Array, score[token] as Float32Array);
  }
  return path(score, frames);
}

/** Half the width of the median filter, in frames. */
const REACH = 3;

/** Adds the running median of `values` to `sum`, both of one length. */
function addMedian(values: Float32Array, sum: Float32Array): void {
  const window = new Float32Array(2 * REACH + 1);
  const last = values.length - 1;
  for (let frame = 0; frame <= last; frame++) {
    for (let step = -REACH; step <= REACH; step++) {
      window[step + REACH] = at(values, Math.min(last, Math.max(0, frame + step)));
    }
    sum[frame] = at(sum, frame) + at(window.sort(), REACH);
  }
}

/** The path of the highest score from the first token's first frame to the last token's last frame. */
function path(score: Float32Array[], frames: number): number[] {
  const count = score.length;
  const total = Array.from({ length: count }, () => new Float64Array(frames));
  // 0: from the token before and the frame before, 1: from the token before, 2: from the frame before
  const from = Array.from({ length: count }, () => new Uint8Array(frames));
  for (let token = 0; token < count; token++) {
    for (let frame = 0; frame < frames; frame++) {
      const diagonal = token > 0 && frame > 0 ? at(total[token - 1], frame - 1) : Number.NEGATIVE_INFINITY;
      const above = token > 0 ? at(total[token - 1], frame) : Number.NEGATIVE_INFINITY;
      const left = frame > 0 ? at(total[token], frame - 1) : Number.NEGATIVE_INFINITY;
      const best = Math.max(diagonal, above, left);
      (from[token] as Uint8Array)[frame] = best === diagonal ? 0 : best === above ? 1 : 2;
      (total[token] as Float64Array)[frame] = at(score[token], frame) + (token + frame === 0 ? 0 : best);
    }
  }
  const starts = new Array<number>(count).fill(0);
  let token = count - 1;
  let frame = frames - 1;
  while (token > 0 || frame > 0) {
    starts[token] = frame;
    const step = at(from[token], frame);
    if (token > 0 && step !== 2) token--;
    if (frame > 0 && step !== 1) frame--;
  }
  starts[0] = 0;
  return starts;
}

function moments(values: Float32Array): [mean: number, deviation: number] {
  let sum = 0;
  let squares = 0;
  for (const value of values) {
    sum += value;
    squares += value * value;
  }
  const mean = sum / values.length;
  return [mean, Math.sqrt(Math.max(0, squares / values.length - mean * mean))];
}

function at(values: ArrayLike<number> | undefined, index: number): number {
  return values?.[index] ?? 0;
}
