import { Pace, sortBy, TextParts } from "../turns";
import type { Utterance, Word } from "../types";

/** How captions are laid out; lengths in characters, times in seconds. */
interface CaptionLayout {
  maxChars: number;
  maxLines: number;
  minSeconds: number;
  maxSeconds: number;
}

/** Common practice of subtitling: two lines of 42 characters, 1 to 7 s (BBC and Netflix style guides). */
export const CAPTIONS: CaptionLayout = { maxChars: 42, maxLines: 2, minSeconds: 1, maxSeconds: 7 };

/** A pause longer than this (seconds) ends a caption. */
const PAUSE = 1;

export interface Caption {
  start: number;
  end: number;
  lines: string[];
}

/**
 * Captions from the words of a transcript, each within one utterance and in the order they are spoken. Takes time that
 * grows with the words, and the event loop turns meanwhile.
 */
export async function makeCaptions(utterances: Utterance[], layout: CaptionLayout = CAPTIONS): Promise<Caption[]> {
  const pace = new Pace();
  const captions: Caption[] = [];
  for (const utterance of await sortBy(utterances, ({ start }) => start, pace)) {
    await split(await wordsOf(utterance, pace), layout, captions, pace);
    if (pace.isDue()) await pace.turn();
  }
  for (const [i, caption] of captions.entries()) {
    const next = captions[i + 1];
    const wished = Math.max(caption.end, caption.start + layout.minSeconds);
    caption.end = next && next.start >= caption.end ? Math.min(wished, next.start) : wished;
    if (pace.isDue()) await pace.turn();
  }
  return captions;
}

/** An utterance without word times counts as words spread evenly over it. */
async function wordsOf({ words, text, start, end }: Utterance, pace: Pace): Promise<Word[]> {
  if (words?.length) return words;
  const parts: string[] = [];
  for (const [part] of (text ?? "").matchAll(/\S+/g)) {
    parts.push(part);
    if (pace.isDue()) await pace.turn();
  }
  const each = (end - start) / Math.max(1, parts.length);
  const spread: Word[] = [];
  for (const [i, word] of parts.entries()) {
    spread.push({ word: ` ${word}`, start: start + i * each, end: start + (i + 1) * each, confidence: 1 });
    if (pace.isDue()) await pace.turn();
  }
  return spread;
}

async function split(words: Word[], layout: CaptionLayout, captions: Caption[], pace: Pace): Promise<void> {
  let taken: Word[] = [];
  let text = new WrappedText(layout.maxChars);
  const flush = () => {
    const [first] = taken;
    const last = taken.at(-1);
    if (first && last) captions.push({ start: first.start, end: last.end, lines: text.lines() });
    taken = [];
    text = new WrappedText(layout.maxChars);
  };
  for (const word of words) {
    const last = taken.at(-1);
    let longer = extend(text, taken, word);
    if (last) {
      const tooLong = word.end - (taken[0] as Word).start > layout.maxSeconds;
      const sentenceEnds = /[.!?…。！？]["'”»)]?$/.test(last.word.trim()) && text.length > layout.maxChars / 2;
      if (longer.lineCount > layout.maxLines || tooLong || word.start - last.end > PAUSE || sentenceEnds) {
        flush();
        longer = extend(text, taken, word);
      }
    }
    taken.push(word);
    text = longer;
    if (pace.isDue()) await pace.turn();
  }
  flush();
}

/** The text of these words and one more. Words carry their own leading space; where none does, one is put between. */
function extend(text: WrappedText, words: Word[], { word }: Word): WrappedText {
  const spaced = /^\s/.test(word);
  if (text.spaced || !spaced) return text.with(text.spaced || words.length === 0 ? word : ` ${word}`, text.spaced);
  const before = words.map((one) => one.word).join("");
  return new WrappedText(text.width).with(before + word, true);
}

/** A text in lines of some width, white space collapsed, that can be made longer without a look at all of it again. */
class WrappedText {
  /** Whether the words in it bring their own spaces. */
  spaced = false;
  readonly width: number;
  #full: string[] = [];
  /** The line before the last word. */
  #line = "";
  /** The last word, which may go on. */
  #last = "";
  #isLastOver = false;
  #characters = 0;

  constructor(width: number) {
    this.width = width;
  }

  /** Characters, spaces between the words included. */
  get length(): number {
    return this.#characters;
  }

  get lineCount(): number {
    return this.#full.length + (this.#breaks() ? 1 : 0) + (this.#last ? 1 : 0);
  }

  lines(): string[] {
    if (!this.#last) return [...this.#full];
    if (this.#breaks()) return [...this.#full, this.#line, this.#last];
    return [...this.#full, this.#line ? `${this.#line} ${this.#last}` : this.#last];
  }

  /** A text with more at its end; this one stays as it is. */
  with(more: string, spaced: boolean): WrappedText {
    const longer = new WrappedText(this.width);
    longer.spaced = spaced;
    longer.#full = [...this.#full];
    longer.#line = this.#line;
    longer.#last = this.#last;
    longer.#isLastOver = this.#isLastOver;
    longer.#characters = this.#characters;
    for (const [i, part] of more.split(/\s+/).entries()) {
      if (i > 0) longer.#isLastOver = true;
      if (part) longer.#add(part);
    }
    return longer;
  }

  #add(part: string): void {
    if (this.#last && !this.#isLastOver) {
      this.#last += part;
      this.#characters += part.length;
      return;
    }
    if (this.#breaks()) {
      this.#full.push(this.#line);
      this.#line = this.#last;
    } else if (this.#last) {
      this.#line = this.#line ? `${this.#line} ${this.#last}` : this.#last;
    }
    this.#characters += (this.#last ? 1 : 0) + part.length;
    this.#last = part;
    this.#isLastOver = false;
  }

  /** Whether the last word stands on a line of its own. */
  #breaks(): boolean {
    return this.#last !== "" && this.#line !== "" && this.#line.length + 1 + this.#last.length > this.width;
  }
}

/** SubRip, as players read it: numbered, comma before the milliseconds. */
export async function toSrt(captions: Caption[]): Promise<string> {
  return write(
    captions,
    "",
    ({ start, end, lines }, i) => `${i + 1}\n${time(start, ",")} --> ${time(end, ",")}\n${lines.join("\n")}\n`,
  );
}

/** WebVTT (W3C): a header, a dot before the milliseconds, and no `-->`, `<` or `&` in the text. */
export async function toVtt(captions: Caption[]): Promise<string> {
  const escaped = (line: string) => line.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/-->/g, "--&gt;");
  return write(
    captions,
    "WEBVTT\n",
    ({ start, end, lines }) => `${time(start, ".")} --> ${time(end, ".")}\n${lines.map(escaped).join("\n")}\n`,
  );
}

/** A cue for each caption, an empty line between them. */
async function write(captions: Caption[], head: string, cue: (caption: Caption, i: number) => string): Promise<string> {
  const pace = new Pace();
  const text = new TextParts();
  text.add(head);
  for (const [i, caption] of captions.entries()) {
    text.add(`${i > 0 || head ? "\n" : ""}${cue(caption, i)}`);
    if (pace.isDue(10)) await pace.turn(); // a cue has about ten words
  }
  return text.end();
}

function time(seconds: number, dot: string): string {
  const milliseconds = Math.max(0, Math.round(seconds * 1000));
  const two = (n: number) => String(Math.floor(n)).padStart(2, "0");
  const hours = two(milliseconds / 3_600_000);
  const minutes = two((milliseconds / 60_000) % 60);
  return `${hours}:${minutes}:${two((milliseconds / 1000) % 60)}${dot}${String(milliseconds % 1000).padStart(3, "0")}`;
}
