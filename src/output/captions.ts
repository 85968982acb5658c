import type { Utterance, Word } from "../types";

/** How captions are laid out; lengths in characters, times in seconds. */
export interface CaptionLayout {
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

/** Captions from the words of a transcript, each within one utterance and in the order they are spoken. */
export function makeCaptions(utterances: Utterance[], layout: CaptionLayout = CAPTIONS): Caption[] {
  const captions = [...utterances]
    .sort((a, b) => a.start - b.start)
    .flatMap((utterance) => split(wordsOf(utterance), layout));
  captions.forEach((caption, i) => {
    const next = captions[i + 1];
    const wished = Math.max(caption.end, caption.start + layout.minSeconds);
    caption.end = next && next.start >= caption.end ? Math.min(wished, next.start) : wished;
  });
  return captions;
}

/** An utterance without word times counts as words spread evenly over it. */
function wordsOf({ words, text, start, end }: Utterance): Word[] {
  if (words?.length) return words;
  const parts = (text ?? "").split(/\s+/).filter(Boolean);
  const each = (end - start) / Math.max(1, parts.length);
  return parts.map((word, i) => ({
    word: ` ${word}`,
    start: start + i * each,
    end: start + (i + 1) * each,
    confidence: 1,
  }));
}

function split(words: Word[], layout: CaptionLayout): Caption[] {
  const captions: Caption[] = [];
  let taken: Word[] = [];
  const flush = () => {
    const [first] = taken;
    const last = taken.at(-1);
    if (first && last) captions.push({ start: first.start, end: last.end, lines: wrap(join(taken), layout.maxChars) });
    taken = [];
  };
  for (const word of words) {
    const last = taken.at(-1);
    if (last) {
      const lines = wrap(join([...taken, word]), layout.maxChars);
      const tooLong = word.end - (taken[0] as Word).start > layout.maxSeconds;
      const sentenceEnds = /[.!?…。！？]["'”»)]?$/.test(last.word.trim()) && join(taken).length > layout.maxChars / 2;
      if (lines.length > layout.maxLines || tooLong || word.start - last.end > PAUSE || sentenceEnds) flush();
    }
    taken.push(word);
  }
  flush();
  return captions;
}

/** Words carry their own leading space; where none does, one is put between. */
function join(words: Word[]): string {
  const spaced = words.some(({ word }) => /^\s/.test(word));
  return words
    .map(({ word }) => word)
    .join(spaced ? "" : " ")
    .replace(/\s+/g, " ")
    .trim();
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line ? `${line} ${word}` : word;
    }
  }
  return line ? [...lines, line] : lines;
}

/** SubRip, as players read it: numbered, comma before the milliseconds. */
export function toSrt(captions: Caption[]): string {
  return captions
    .map(({ start, end, lines }, i) => `${i + 1}\n${time(start, ",")} --> ${time(end, ",")}\n${lines.join("\n")}\n`)
    .join("\n");
}

/** WebVTT (W3C): a header, a dot before the milliseconds, and no `-->`, `<` or `&` in the text. */
export function toVtt(captions: Caption[]): string {
  const escaped = (line: string) => line.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/-->/g, "--&gt;");
  const cues = captions.map(
    ({ start, end, lines }) => `${time(start, ".")} --> ${time(end, ".")}\n${lines.map(escaped).join("\n")}\n`,
  );
  return ["WEBVTT\n", ...cues].join("\n");
}

function time(seconds: number, dot: string): string {
  const milliseconds = Math.max(0, Math.round(seconds * 1000));
  const two = (n: number) => String(Math.floor(n)).padStart(2, "0");
  const hours = two(milliseconds / 3_600_000);
  const minutes = two((milliseconds / 60_000) % 60);
  return `${hours}:${minutes}:${two((milliseconds / 1000) % 60)}${dot}${String(milliseconds % 1000).padStart(3, "0")}`;
}
