import type { Pace } from "../../turns";
import type { Word } from "../../types";

type Timed = Pick<Word, "word" | "start" | "end">;

/**
 * Words whose times go forward: none is negative, none begins before the word before it or ends before it begins. Those that
 * contradict most of the others lie between their neighbours instead. Gives the same words where they are right.
 */
export async function mendTimes(words: readonly Timed[], pace: Pace): Promise<readonly Timed[]> {
  if (isForward(words)) return words;
  const kept = await longestForward(words, pace);
  const mended: Timed[] = [];
  let next = 0;
  for (const [i, { word, start, end }] of words.entries()) {
    if (kept[next] === i) next++;
    const last = mended.at(-1);
    const isKept = kept[next - 1] === i;
    const after = words[kept[next] ?? -1]?.start;
    const begin = isKept ? start : between(last, after, (kept[next] ?? words.length) - i);
    const finish = isKept && end >= begin ? end : Math.max(begin, Math.min(after ?? begin, begin));
    mended.push({ word, start: begin, end: finish });
    if (pace.isDue()) await pace.turn();
  }
  return mended;
}

/** A time for a word between the last one and one that comes so many words later. */
function between(last: Timed | undefined, after: number | undefined, steps: number): number {
  const from = last ? Math.max(last.start, Math.min(last.end, after ?? last.end)) : (after ?? 0);
  return after === undefined ? from : from + (Math.max(from, after) - from) / (steps + 1);
}

function isForward(words: readonly Timed[]): boolean {
  let before = 0;
  for (const { start, end } of words) {
    if (!(start >= before && end >= start)) return false;
    before = start;
  }
  return true;
}

/** The places of the most words whose times never go back. */
async function longestForward(words: readonly Timed[], pace: Pace): Promise<number[]> {
  const ends: number[] = []; // the place of the last word of the best row of each length
  const previous: number[] = [];
  for (const [i, { start }] of words.entries()) {
    previous.push(-1);
    if (!(start >= 0)) continue;
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((words[ends[middle] as number] as Timed).start <= start) low = middle + 1;
      else high = middle;
    }
    previous[i] = ends[low - 1] ?? -1;
    ends[low] = i;
    if (pace.isDue()) await pace.turn();
  }
  const kept: number[] = [];
  for (let i = ends.at(-1) ?? -1; i >= 0; i = previous[i] as number) kept.push(i);
  return kept.reverse();
}
