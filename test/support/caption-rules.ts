import type { Caption } from "../../src/format/captions";
import type { Utterance } from "../../src/types";

/** The rules of subtitling, written down anew: lines and characters, seconds, and what begins no line. */
const RULES = { chars: 42, cjk: 16, lines: 2, min: 1, max: 7, gap: 0.083, shortest: 0.2 };

const CJK = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}。、「」！？ー]/u;
const NEVER_FIRST = /^[。、」！？ーぁぃぅぇぉっゃゅょァィゥェォッャュョ]/u;
const NEVER_LAST = /[「]$/u;
const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });

export const graphemes = (text: string): string[] => Array.from(segmenter.segment(text), ({ segment }) => segment);
const tight = (text: string) => text.replace(/\s+/g, "");
const sorted = (text: string) => graphemes(text).sort().join("");

/** Each rule that captions break, with the caption. */
export function brokenRules(captions: readonly Caption[], utterances: readonly Utterance[]): string[] {
  const broken: string[] = [];
  captions.forEach((caption, i) => {
    const { start, end, lines } = caption;
    const say = (rule: string) =>
      broken.push(`${rule}: caption ${i}, ${JSON.stringify({ ...caption, next: captions[i + 1] })}`);
    const before = captions[i - 1]?.end;
    const next = captions[i + 1]?.start;
    if (lines.length < 1 || lines.length > RULES.lines) say("number of lines");
    for (const [place, { text }] of lines.entries()) {
      const most = CJK.test(text) ? RULES.cjk : RULES.chars;
      if (graphemes(text).length > most) say("characters of a line");
      if (!/[^\s\p{C}-]/u.test(text) || text !== text.trim()) say("empty line");
      if (place < lines.length - 1 && NEVER_LAST.test(text)) say("what ends no line");
      if (place > 0 && NEVER_FIRST.test(text)) say("what begins no line");
    }
    for (const time of [start, end])
      if (Math.abs(time * 1000 - Math.round(time * 1000)) > 1e-3) say("whole milliseconds");
    if (end - start > RULES.max + 1e-6) say("longest time");
    if (end - start < RULES.shortest - 1e-6) say("shortest time of all");
    // What follows at once leaves no room.
    if (end - start < RULES.min - 1e-6 && !(next !== undefined && next - end < RULES.gap + 0.0011))
      say("shortest time");
    if (before !== undefined && start - before < RULES.gap - 1e-6) say("order and gap");
  });
  return [...broken, ...lostText(captions, utterances)];
}

/** What was said and is not shown, or the other way round, for each voice. */
function lostText(captions: readonly Caption[], utterances: readonly Utterance[]): string[] {
  const channels = new Set(utterances.map(({ channel }) => channel)).size;
  const voice = ({ speaker, channel }: Utterance) => speaker ?? (channels > 1 ? channel : undefined);
  const said = new Map<unknown, string>();
  for (const utterance of utterances) {
    const { words, text } = utterance;
    const whole = words?.length ? words.map(({ word }) => word).join("") : text;
    said.set(voice(utterance), (said.get(voice(utterance)) ?? "") + tight(whole));
  }
  const shown = new Map<unknown, string>();
  for (const { lines } of captions) {
    const isShared = lines.length > 1 && lines.every(({ text }) => text.startsWith("- "));
    for (const { who, text } of lines) {
      shown.set(who, (shown.get(who) ?? "") + tight(isShared ? text.slice(2) : text));
    }
  }
  return [...said]
    .filter(([who, text]) => sorted(text) !== sorted(shown.get(who) ?? ""))
    .map(([who, text]) => `text of ${who}: said ${text}, shown ${shown.get(who)}`);
}

/** For one voice whose words bring their spaces: lines that are not found in what was said, or cut a character. */
export function strangeLines(captions: readonly Caption[], said: string): string[] {
  const whole = said.replace(/\s+/g, " ");
  const borders = new Set([0]);
  for (const { index, segment } of segmenter.segment(tight(whole))) borders.add(index + segment.length);
  let at = 0;
  return captions
    .flatMap(({ lines }) => lines.map(({ text }) => text))
    .filter((text) => {
      at += tight(text).length;
      return !whole.includes(text) || !borders.has(at);
    });
}
