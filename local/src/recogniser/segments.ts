import { RATE, type Track } from "../audio/track";
import { WINDOW } from "./vad";

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
/** Speech begins at this probability, and goes on at that. */
const BEGINS = 0.45;
const STILL = 0.3;

/** Loudness of each frame in dB relative to full scale, without hum and offset (below some 80 Hz). */
export function loudness(track: Pick<Track, "read" | "length">): Float32Array {
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

/**
 * Which frames have speech in them: 1 or 0 each. It begins where speech is probable and ends where it no longer is.
 *
 * @param probabilities of speech in each window of the voice activity detector
 * @param count frames wanted
 */
export function voicedFrames(probabilities: ArrayLike<number>, count: number): Uint8Array {
  const voiced = new Uint8Array(count);
  let speaking = false;
  let window = -1;
  for (let frame = 0; frame < count; frame++) {
    const middle = Math.floor(((frame + 0.5) * FRAME) / WINDOW);
    for (; window < middle; window++) speaking = isSpeech(probabilities[window + 1] ?? 0, speaking);
    if (speaking) voiced[frame] = 1;
  }
  return voiced;
}

/**
 * Whether there is speech in a window.
 *
 * @param probability of speech in it
 * @param speaking whether there was in the one before
 */
export function isSpeech(probability: number, speaking: boolean): boolean {
  return probability >= (speaking ? STILL : BEGINS);
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
