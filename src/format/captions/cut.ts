import type { Pace } from "../../turns";
import type { Atom } from "./atoms";
import type { CaptionLayout } from "./layout";
import { Numbers, type Row } from "./line-breaks";

/** What each caption costs, so that they are well filled; on the scale of `breaks.ts`. */
const CAPTION = 12;
/** A caption that cannot be shown for the shortest time. */
const FLASH = 40;
/** A caption of a word or two. */
const SCRAP = 4;
const SCRAP_WIDTH = 12;
/** For each time that a caption is to be read faster than people read. */
const HASTE = 10;
/** A sentence that ends within a caption: a long one had better end it. */
const INNER = 16;
const INNER_SHORT = 3;
const LONG_SENTENCE = 24;
/** A pause within a caption, for each second. */
const PAUSE = 14;
/** A pause of this many seconds makes a break after it nearly free. */
const FREE = 0.8;
/** Atoms of one caption at most, whatever the layout: what is far from common practice stays quick, too. */
const MOST = 400;

/** Finds where captions end best, row by row. */
export class Cutter {
  readonly #layout: CaptionLayout;
  readonly #pace: Pace;
  readonly #numbers = [new Numbers(), new Numbers(), new Numbers(), new Numbers()] as const;

  constructor(layout: CaptionLayout, pace: Pace) {
    this.#layout = layout;
    this.#pace = pace;
  }

  /**
   * The places in a row of atoms where captions end, the last of them its end. Looks at all ways to cut the row (dynamic
   * programming), so that no early cut spoils a later one.
   * @param until when something else is said, in seconds
   */
  async cut(row: Row, until: number): Promise<number[]> {
    const { atoms } = row;
    const { maxLines, minSeconds, maxSeconds, charsPerSecond } = this.#layout;
    const count = atoms.length;
    const [best, from, reach, inner] = this.#numbers.map((numbers) => numbers.of(count + 1)) as Float64Array[] as [
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    writeInnerCosts(atoms, inner);
    for (let i = 0; i < count; i++) reach[i] = row.reach(i, maxLines);
    best[0] = 0;
    for (let to = 1; to <= count; to++) {
      const last = atoms[to - 1] as Atom;
      const next = to < count ? (atoms[to] as Atom).start : until;
      const pause = to < count ? Math.min(1, Math.max(0, next - last.end) / FREE) : 1;
      const end = CAPTION + last.cut * (1 - 0.8 * pause) + (inner[to - 1] as number);
      let least = Number.POSITIVE_INFINITY;
      let begin = to - 1;
      for (let at = to - 1; at >= 0 && at > to - MOST && (reach[at] as number) >= to; at--) {
        const { start } = atoms[at] as Atom;
        if (at < to - 1 && last.end - start > maxSeconds) break;
        const width = row.width(at, to);
        const shown = Math.max(0.001, Math.min(next - start, maxSeconds));
        let cost = (best[at] as number) + end - (inner[at] as number);
        if (shown < minSeconds) cost += (FLASH * (minSeconds - shown)) / minSeconds;
        if (width < SCRAP_WIDTH) cost += SCRAP;
        const haste = width / (shown * charsPerSecond) - 1;
        if (haste > 0) cost += HASTE * Math.min(haste, 2);
        if (cost < least) {
          least = cost;
          begin = at;
        }
      }
      best[to] = least;
      from[to] = begin;
      if (this.#pace.isDue()) await this.#pace.turn();
    }
    const ends: number[] = [];
    for (let to = count; to > 0; to = from[to] as number) ends.push(to);
    return ends.reverse();
  }
}

/** What it costs to go on after each atom instead of ending a caption, summed up before each. */
function writeInnerCosts(atoms: readonly Atom[], sums: Float64Array): void {
  sums[0] = 0;
  let width = 0;
  for (let i = 0; i < atoms.length; i++) {
    const atom = atoms[i] as Atom;
    const pause = (atoms[i + 1]?.start ?? atom.end) - atom.end;
    width += atom.width + 1;
    let cost = pause > 0.3 ? pause * PAUSE : 0;
    if (atom.closes === 2) {
      cost += width > LONG_SENTENCE ? INNER : INNER_SHORT;
      width = 0;
    }
    sums[i + 1] = (sums[i] as number) + cost;
  }
}
