import type { Atom } from "./atoms";
import type { Voice } from "./voices";

/** A line of a caption, what is in it, and who says it. */
export interface Line {
  text: string;
  who: Voice;
  /** Whether it holds Chinese characters, kana or hangul. */
  cjk: boolean;
  /** Where each word begins in the text and when it is said (milliseconds), in turn, where that was asked for. */
  marks?: number[];
}

/** What stands on the screen at a time; seconds. */
export interface Caption {
  start: number;
  end: number;
  /** Characters that are read. */
  width: number;
  lines: Line[];
}

/** A line of atoms. Its text is joined, so that its parts can be forgotten. @param lead stands before it */
export function lineOf(
  who: Voice,
  atoms: readonly Atom[],
  {
    from = 0,
    to = atoms.length,
    lead = "",
    keepTimes,
  }: { from?: number; to?: number; lead?: string; keepTimes: boolean },
): Line {
  const parts = [lead];
  const marks: number[] = [];
  let length = lead.length;
  let cjk = false;
  for (let i = from; i < to; i++) {
    const atom = atoms[i] as Atom;
    if (atom.space && i > from) {
      parts.push(" ");
      length++;
    }
    if (keepTimes) marks.push(length, Math.round(atom.start * 1000));
    parts.push(atom.text);
    length += atom.text.length;
    if (atom.cjk) cjk = true;
  }
  const text = parts.join("");
  return keepTimes ? { text, who, cjk, marks } : { text, who, cjk };
}
