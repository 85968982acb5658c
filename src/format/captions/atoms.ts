import type { Pace } from "../../turns";
import type { Utterance, Word } from "../../types";
import { breakCost, CLAUSE, endOf, kindOf, SENTENCE, WITHIN } from "./break-costs";
import { countGraphemes, graphemesOf, isCjk, isUnspaced, NO_START, unspacedCost, unspacedPieces } from "./script";
import { spacesOf } from "./spaces";
import { mendTimes } from "./times";

/** What is never broken by a line's end: a word, or a piece of one that is longer than a line. */
export interface Atom {
  text: string;
  /** Seconds. */
  start: number;
  end: number;
  /** Characters as somebody counts them. */
  width: number;
  /** Whether it holds Chinese characters, kana or hangul. */
  cjk: boolean;
  /** Whether a space stands between it and the atom before. */
  space: boolean;
  /** How bad a break after it is, see `breaks.ts`. */
  cut: number;
  /** 2: a sentence ends with it; 1: a clause; 0: neither. */
  closes: 0 | 1 | 2;
  /** What it does to its neighbours, see `breaks.ts`. */
  kind: number;
}

/** The most characters of a line: of most scripts, and of Chinese, Japanese and Korean. */
export interface Widths {
  most: number;
  cjk: number;
}

type Timed = Pick<Word, "word" | "start" | "end">;

/** Controls, and what shows nothing by itself: none of it belongs into a line. */
const UNSEEN = /[\p{Cc}\u200b\u2028\u2029\u2060\ufeff\ud800-\udfff]/gu;
const SEEN = /[^\p{C}\p{Z}\p{M}\p{Default_Ignorable_Code_Point}]/u;
const PLAIN = /^[!-~]+$/;

/** The atoms of an utterance, in the order of its words, and their times in order, too. */
export async function atomsOf(utterance: Utterance, widths: Widths, pace: Pace): Promise<Atom[]> {
  const { words, text, start, end } = utterance;
  const spoken = words?.length ? words : [{ word: text ?? "", start, end }];
  const timed = await mendTimes(spoken, pace);
  const atoms: Atom[] = [];
  const builder = new Builder(atoms, widths);
  const spaces = spacesOf(spoken, text ?? "");
  for (let i = 0; i < timed.length; i++) {
    const word = timed[i] as Timed;
    if (builder.addPlain(word, spaces?.[i] === true)) {
      if (pace.isDue()) await pace.turn();
    } else {
      for (const steps of builder.add(word, spaces?.[i] === true)) if (pace.isDue(steps)) await pace.turn();
    }
  }
  for (const steps of builder.flush()) if (pace.isDue(steps)) await pace.turn();
  return atoms;
}

/** Puts together what stands without a space between, and takes apart what may be broken nevertheless. */
class Builder {
  readonly #atoms: Atom[];
  readonly #widths: Widths;
  /** What was added and no space ended yet. */
  #text = "";
  #start = 0;
  #end = 0;
  #last: Atom | undefined;
  /** Where its parts begin, if it has several. */
  #parts: { from: number; start: number; end: number }[] | undefined;
  #space = false;
  /** Whether a space came after it. */
  #isOver = false;

  constructor(atoms: Atom[], widths: Widths) {
    this.#atoms = atoms;
    this.#widths = widths;
  }

  /** Adds a word of ASCII where that needs no further thought; gives false where it does. */
  addPlain({ word, start, end }: Timed, space: boolean): boolean {
    const text = word.charCodeAt(0) === 0x20 ? word.slice(1) : word;
    if (!PLAIN.test(text) || text.length > this.#widths.most) return false;
    if (space || this.#isOver || text !== word) {
      if (!this.#flushPlain()) return false;
      this.#begin();
    }
    this.#put(text, start, end);
    return true;
  }

  /** Adds any word. Gives how much work was done, now and then. */
  *add({ word, start, end }: Timed, space: boolean): Generator<number> {
    if (space) this.#isOver = true;
    let at = 0;
    const each = (end - start) / Math.max(1, word.length);
    for (const [i, piece] of word.split(/\s+/).entries()) {
      if (i > 0) this.#isOver = true;
      const clean = piece.replace(UNSEEN, "");
      const from = start + at * each;
      at += piece.length + 1;
      if (!clean) continue;
      if (this.#isOver) {
        yield* this.flush();
        this.#begin();
      }
      this.#put(clean, from, Math.min(end, from + piece.length * each));
      yield 1;
    }
  }

  /** Ends what is under way. */
  *flush(): Generator<number> {
    if (this.#flushPlain()) return;
    if (SEEN.test(this.#text)) yield* this.#write(this.#text);
    this.#clear();
  }

  /** Ends what is under way where it is a word of ASCII that fits into a line, or nothing. */
  #flushPlain(): boolean {
    const text = this.#text;
    if (text === "") return true;
    if (text.length > this.#widths.most || !PLAIN.test(text)) return false;
    this.#push(text, this.#start, this.#end, text.length, false, false);
    this.#clear();
    return true;
  }

  #clear(): void {
    this.#text = "";
    this.#parts = undefined;
  }

  /** A space came. */
  #begin(): void {
    this.#space = true;
    this.#isOver = false;
  }

  #put(text: string, start: number, end: number): void {
    if (this.#text === "") {
      this.#start = start;
    } else {
      this.#parts ??= [{ from: 0, start: this.#start, end: this.#end }];
      this.#parts.push({ from: this.#text.length, start, end });
    }
    this.#end = end;
    this.#text += text;
  }

  *#write(text: string): Generator<number> {
    const width = isUnspaced(text) ? Number.POSITIVE_INFINITY : countGraphemes(text);
    if (width <= this.#limit(text)) {
      this.#push(text, this.#start, this.#end, width, isCjk(text), false);
      return;
    }
    const time = this.#clock(text.length);
    let at = 0;
    for (const piece of isUnspaced(text) ? unspacedPieces(text) : [text]) {
      let isWithin = false;
      for (const part of splitLong(piece, this.#limit(piece))) {
        const from = time(at);
        at += part.length;
        this.#push(part, from, Math.max(from, time(at)), countGraphemes(part), isCjk(part), isWithin);
        isWithin = true;
        yield 4 + part.length / 4; // a look into a dictionary takes its time
      }
    }
  }

  #limit(text: string): number {
    return isCjk(text) ? this.#widths.cjk : this.#widths.most;
  }

  #push(text: string, start: number, end: number, width: number, cjk: boolean, isWithin: boolean): void {
    const last = this.#last;
    const kind = kindOf(text);
    const space = this.#space && last !== undefined;
    if (last) last.cut = space ? breakCost(last.closes, last.kind, kind) : tightCost(last, text, isWithin);
    this.#last = { text, start, end, width, cjk, space, cut: 0, closes: endOf(text), kind };
    this.#atoms.push(this.#last);
    this.#space = false;
  }

  /** The time at a character of what is under way: between the parts' own times. */
  #clock(length: number): (at: number) => number {
    const parts = this.#parts ?? [{ from: 0, start: this.#start, end: this.#end }];
    let i = 0;
    return (at) => {
      while (i + 1 < parts.length && (parts[i + 1]?.from ?? 0) <= at) i++;
      const { from, start, end } = parts[i] as { from: number; start: number; end: number };
      const to = parts[i + 1]?.from ?? length;
      return at >= to ? end : start + ((end - start) * (at - from)) / Math.max(1, to - from);
    };
  }
}

/** How bad a break is where no space stands. */
function tightCost(before: Atom, after: string, isWithin: boolean): number {
  if (isWithin) return WITHIN;
  if (before.closes > 0) return before.closes === 2 ? SENTENCE : CLAUSE;
  return unspacedCost(before.text, after);
}

/** A word that is longer than a line, in pieces that are not. */
function* splitLong(text: string, limit: number): Generator<string> {
  if (text.length <= limit || countGraphemes(text) <= limit) {
    yield text;
    return;
  }
  const characters = graphemesOf(text);
  for (let from = 0; from < characters.length; ) {
    let to = from + limit;
    while (to < characters.length && to > from + limit / 2 && NO_START.test(characters[to] as string)) to--;
    yield characters.slice(from, to).join("");
    from = to;
  }
}
