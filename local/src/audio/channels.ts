import { RATE, type Track } from "./track";

/** Below this mean square (-60 dB) a channel counts as silent. */
const SILENT = 1e-6;
/** Two channels are the same sound when, the one's loudness fitted to the other's, they correlate this much. */
const SAME = 0.98;

/**
 * Which channels carry a sound of their own. Stereo files often hold one microphone twice; to recognise it twice would
 * give every word twice.
 *
 * @returns indices of the first channel of each distinct sound; [0] if all are silent
 */
export function distinctChannels(tracks: Track[]): number[] {
  const distinct: number[] = [];
  tracks.forEach((track, index) => {
    const [power] = products(track, track);
    if (power < SILENT) return;
    const known = distinct.some((other) => {
      const [own, cross, theirs] = products(track, tracks[other] as Track);
      return cross / Math.sqrt(own * theirs) >= SAME;
    });
    if (!known) distinct.push(index);
  });
  return distinct.length > 0 ? distinct : [0];
}

/** Mean of a², a·b and b². */
function products(a: Track, b: Track): [aa: number, ab: number, bb: number] {
  let aa = 0;
  let ab = 0;
  let bb = 0;
  const length = Math.max(a.length, b.length);
  for (let from = 0; from < length; from += RATE) {
    const x = a.read(from, from + RATE);
    const y = b.read(from, from + RATE);
    for (let index = 0; index < RATE; index++) {
      const left = x[index] as number;
      const right = y[index] as number;
      aa += left * left;
      ab += left * right;
      bb += right * right;
    }
  }
  return [aa / (length || 1), ab / (length || 1), bb / (length || 1)];
}
