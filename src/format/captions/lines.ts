import type { Atom, Widths } from "./atoms";

/** How much an uneven pair of lines costs for each character, on the scale of `breaks.ts`. */
const UNEVEN = 0.35;

/**
 * Atoms that are set one after the other, and which of them fit into a line. Plain arrays: of few numbers, typed ones cost more than they save.
 */
export class Row {
  readonly atoms: readonly Atom[];
  readonly #widths: Widths;
  /** Characters, with spaces, before each atom. */
  readonly #before: number[] = [0];
  readonly #cjk: number[] = [0];
  /** For each atom, the place after the last one that fits into a line with it at its start. */
  readonly #reach: number[] = [];

  constructor(atoms: readonly Atom[], widths: Widths) {
    const count = atoms.length;
    this.atoms = atoms;
    this.#widths = widths;
    for (let i = 0; i < count; i++) {
      const { width, space, cjk } = atoms[i] as Atom;
      this.#before.push((this.#before[i] as number) + width + (space ? 1 : 0));
      this.#cjk.push((this.#cjk[i] as number) + (cjk ? 1 : 0));
    }
    let to = 0;
    for (let i = 0; i < count; i++) {
      to = Math.max(to, i + 1);
      while (to < count && this.#fits(i, to + 1)) to++;
      this.#reach.push(to);
    }
    this.#reach.push(count);
  }

  /** Characters of the atoms from one place to before another, in a line. */
  width(from: number, to: number): number {
    const lead = this.atoms[from]?.space ? 1 : 0;
    return (this.#before[to] as number) - (this.#before[from] as number) - lead;
  }

  /** The place after the last atom that fits into so many lines, from one on. */
  reach(from: number, lines: number): number {
    let to = from;
    for (let line = 0; line < lines; line++) to = this.#reach[to] as number;
    return to;
  }

  #fits(from: number, to: number): boolean {
    const { most, cjk } = this.#widths;
    return this.width(from, to) <= (this.hasCjk(from, to) ? cjk : most);
  }

  hasCjk(from: number, to: number): boolean {
    return (this.#cjk[to] as number) > (this.#cjk[from] as number);
  }

  /** The places where lines end: as few lines as can be, broken where it is least bad, and of about the same length. */
  breaks(from: number, to: number): number[] {
    const ends: number[] = [];
    let at = from;
    for (let left = this.#lines(from, to); left > 1; left--) {
      const even = this.width(at, to) / left;
      let [best, bestCost] = [this.#reach[at] as number, Number.POSITIVE_INFINITY];
      for (let end = this.#reach[at] as number; end > at; end--) {
        if (this.reach(end, left - 1) < to) break;
        const width = this.width(at, end);
        // The lower line may well be the longer one.
        const cost = (this.atoms[end - 1] as Atom).cut + Math.abs(width - even) * UNEVEN + (width > even ? 0.5 : 0);
        if (cost < bestCost) [best, bestCost] = [end, cost];
      }
      ends.push(best);
      at = best;
    }
    ends.push(to);
    return ends;
  }

  #lines(from: number, to: number): number {
    let [lines, at] = [0, from];
    while (at < to) {
      at = this.#reach[at] as number;
      lines++;
    }
    return lines;
  }
}

/** The text of a line; joined, so that its parts can be forgotten. */
export function textOf(atoms: readonly Atom[]): string {
  const parts: string[] = [];
  for (const { space, text } of atoms) {
    if (space && parts.length > 0) parts.push(" ");
    parts.push(text);
  }
  return parts.join("");
}
