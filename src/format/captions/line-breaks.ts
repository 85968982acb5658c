import type { Atom, Widths } from "./atoms";

/** How much an uneven pair of lines costs for each character, on the scale of `breaks.ts`. */
const UNEVEN = 0.35;

/** Numbers for each atom of a row. Rows are made by the thousand: their memory is used again. */
export class Numbers {
  #values = new Float64Array(128);

  /** Room for so many; what stands in it is of no row. */
  of(count: number): Float64Array {
    if (this.#values.length < count) this.#values = new Float64Array(count * 2);
    return this.#values;
  }
}

/** Atoms that are set one after the other, and which of them fit into a line. */
export class Row {
  atoms: readonly Atom[] = [];
  readonly #widths: Widths;
  readonly #numbers = [new Numbers(), new Numbers(), new Numbers()] as const;
  /** Characters, with spaces, before each atom. */
  #before = this.#numbers[0].of(0);
  /** Atoms with Chinese characters, kana or hangul before each atom. */
  #cjk = this.#numbers[1].of(0);
  /** For each atom, the place after the last one that fits into a line with it at its start. */
  #reach = this.#numbers[2].of(0);

  constructor(widths: Widths) {
    this.#widths = widths;
  }

  /** Sets other atoms. */
  set(atoms: readonly Atom[]): void {
    const count = atoms.length;
    this.atoms = atoms;
    const [before, cjk, reach] = this.#numbers.map((numbers) => numbers.of(count + 1)) as [
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    [this.#before, this.#cjk, this.#reach] = [before, cjk, reach];
    before[0] = 0;
    cjk[0] = 0;
    for (let i = 0; i < count; i++) {
      const atom = atoms[i] as Atom;
      before[i + 1] = (before[i] as number) + atom.width + (atom.space ? 1 : 0);
      cjk[i + 1] = (cjk[i] as number) + (atom.cjk ? 1 : 0);
    }
    let to = 0;
    for (let i = 0; i < count; i++) {
      to = Math.max(to, i + 1);
      while (to < count && this.#fits(i, to + 1)) to++;
      reach[i] = to;
    }
    reach[count] = count;
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
    return this.width(from, to) <= (this.#hasCjk(from, to) ? cjk : most);
  }

  #hasCjk(from: number, to: number): boolean {
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
