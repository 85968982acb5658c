import { CAPTIONS, type Caption } from "../../src/output/captions";
import type { Utterance, Word } from "../../src/types";

/**
 * Captions written down as the rules say them, without a thought of speed: each word joins the caption unless the text
 * with it is too much. What the package makes must be the same.
 */
export function captionsByHand(utterances: Utterance[]): Caption[] {
  const captions = [...utterances].sort((a, b) => a.start - b.start).flatMap(ofUtterance);
  captions.forEach((caption, i) => {
    const next = captions[i + 1];
    const wished = Math.max(caption.end, caption.start + CAPTIONS.minSeconds);
    caption.end = next && next.start >= caption.end ? Math.min(wished, next.start) : wished;
  });
  return captions;
}

function ofUtterance({ words, text, start, end }: Utterance): Caption[] {
  const parts = text.split(/\s+/).filter(Boolean);
  const each = (end - start) / Math.max(1, parts.length);
  const spread = parts.map((word, i) => ({ word: ` ${word}`, start: start + i * each, end: start + (i + 1) * each }));
  const captions: Caption[] = [];
  let taken: Pick<Word, "word" | "start" | "end">[] = [];
  const flush = () => {
    const [first] = taken;
    const last = taken.at(-1);
    if (first && last) captions.push({ start: first.start, end: last.end, lines: wrap(join(taken)) });
    taken = [];
  };
  for (const word of words?.length ? words : spread) {
    const [first] = taken;
    const last = taken.at(-1);
    if (first && last) {
      const isFull = wrap(join([...taken, word])).length > CAPTIONS.maxLines;
      const tooLong = word.end - first.start > CAPTIONS.maxSeconds;
      const sentenceEnds = /[.!?…。！？]["'”»)]?$/.test(last.word.trim()) && join(taken).length > CAPTIONS.maxChars / 2;
      if (isFull || tooLong || word.start - last.end > 1 || sentenceEnds) flush();
    }
    taken.push(word);
  }
  flush();
  return captions;
}

function join(words: { word: string }[]): string {
  const spaced = words.some(({ word }) => /^\s/.test(word));
  const text = words.map(({ word }) => word).join(spaced ? "" : " ");
  return text.replace(/\s+/g, " ").trim();
}

function wrap(text: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line && line.length + 1 + word.length > CAPTIONS.maxChars) {
      lines.push(line);
      line = word;
    } else {
      line = line ? `${line} ${word}` : word;
    }
  }
  return line ? [...lines, line] : lines;
}
