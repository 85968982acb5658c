import { RATE, type Track } from "../audio/track";

/** Samples per frame: 20 ms. */
export const FRAME = RATE / 50;

/** Frames `from` to before `to` of a track, with speech in them. */
export interface Segment {
  from: number;
  to: number;
}

const second = 50;
/** A shorter pause stays within an utterance. */
const PAUSE = 0.5 * second;
/** Longer segments make the model drop words. */
const LONGEST = 14 * second;
/** A cut that must fall into running speech leaves at least this much before it. */
const SHORTEST = 6 * second;
/** A click is shorter than the shortest speech sound worth hearing. */
const CLICK = 0.08 * second;
/** Sounds at the edges of words are softer than the threshold. */
const MARGIN = 0.2 * second;
/** The loudness that counts as silence is that of the surroundings, so many frames wide. */
const SURROUNDINGS = 20 * second;

/** Loudness of each frame in dB relative to full scale, without hum and offset (below some 80 Hz). */
export function loudness(track: Track): Float32Array {
  const frames = new Float32Array(Math.ceil(track.length / FRAME));
  let before = 0;
  let filtered = 0;
  for (let frame = 0; frame < frames.length; frame++) {
    let sum = 0;
    for (const sample of track.read(frame * FRAME, (frame + 1) * FRAME)) {
      filtered = sample - before + 0.97 * filtered;
      before = sample;
      sum += filtered * filtered;
    }
    frames[frame] = 10 * Math.log10(sum / FRAME + 1e-10);
  }
  return frames;
}

/** Which frames are loud enough, compared with their surroundings, to be speech: 1 or 0 each. */
export function voicedFrames(levels: Float32Array): Uint8Array {
  const voiced = new Uint8Array(levels.length);
  for (let from = 0; from < levels.length; from += second) {
    const middle = from + second / 2;
    const start = Math.max(0, Math.min(middle - SURROUNDINGS / 2, levels.length - SURROUNDINGS));
    // Frames of zeros, put in by a telephone or an editor, say nothing about the noise of the room.
    const around = levels
      .slice(start, start + SURROUNDINGS)
      .filter((level) => level > -90)
      .sort();
    if (around.length === 0) continue;
    const floor = Math.max(-75, around[Math.floor(around.length * 0.1)] as number);
    const peak = around[Math.floor(around.length * 0.95)] as number;
    // Steady noise and tones rise and fall by less than 4 dB; speech does by 20 and more.
    if (peak < -60 || peak - floor < 4) continue;
    const threshold = floor + Math.min(12, Math.max(2.5, 0.3 * (peak - floor)));
    for (let frame = from; frame < Math.min(from + second, levels.length); frame++) {
      if ((levels[frame] as number) >= threshold) voiced[frame] = 1;
    }
  }
  return voiced;
}

/**
 * Stretches of speech between pauses, at most 14 s each; a longer one is cut where 100 ms are quietest.
 *
 * @param levels loudness of each frame, dB
 * @param voiced 1 for each frame that may be speech
 */
export function segments(levels: Float32Array, voiced: Uint8Array): Segment[] {
  const runs: Segment[] = [];
  for (let frame = 0; frame < voiced.length; frame++) {
    if (!voiced[frame]) continue;
    const from = frame;
    while (frame < voiced.length && voiced[frame]) frame++;
    if (frame - from >= CLICK) runs.push({ from, to: frame });
  }
  const joined: Segment[] = [];
  for (const run of runs) {
    const last = joined.at(-1);
    if (last && run.from - last.to < PAUSE) last.to = run.to;
    else joined.push({ ...run });
  }
  return joined
    .map(({ from, to }, index) => ({
      from: Math.max(0, from - MARGIN, joined[index - 1]?.to ?? 0),
      to: Math.min(levels.length, to + MARGIN, joined[index + 1]?.from ?? levels.length),
    }))
    .flatMap((segment) => shorten(segment, levels));
}

function shorten(segment: Segment, levels: Float32Array): Segment[] {
  const pieces: Segment[] = [];
  let from = segment.from;
  while (segment.to - from > LONGEST) {
    const cut = quietest(levels, from + SHORTEST, Math.min(from + LONGEST, segment.to - second));
    pieces.push({ from, to: cut });
    from = cut;
  }
  pieces.push({ from, to: segment.to });
  return pieces;
}

/** Middle of the quietest 100 ms between two frames. */
export function quietest(levels: Float32Array, from: number, to: number): number {
  let best = from;
  let least = Number.POSITIVE_INFINITY;
  for (let frame = from; frame + 5 <= to; frame++) {
    let sum = 0;
    for (let index = frame; index < frame + 5; index++) sum += levels[index] as number;
    if (sum < least) {
      least = sum;
      best = frame + 2;
    }
  }
  return best;
}
