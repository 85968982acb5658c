import { RATE, type Track } from "../audio/track";
import { tokenStarts } from "./align";
import { FRAME as ENCODER_FRAME, type Heard } from "./decode-text";
import { type Again, geometricMean, type Hearing, hear } from "./hear";
import type { Model } from "./model";
import { FRAME, quietest, type Segment } from "./segments";
import type { Pause } from "./turns";
import type { Utterance, Word } from "./types";

/**
 * Below this confidence the model invents English for what is another language or no speech: measured 0.2 to 0.5 for
 * French, German, Spanish and Russian, above 0.6 for English.
 */
const CERTAIN = 0.5;
/** A few words say less about the language, and an odd one lowers their mean: two human ones in eight fell below 0.6. */
const CERTAIN_OF_FEW = 0.4;
const FEW = 3;
/** A segment the model got lost in is halved unless it is shorter than this, in frames. */
const HALVED = 4 * 50;

/** Sound with what is known about each of its frames. */
export interface Sound {
  read: Track["read"];
  /** loudness, dB */
  levels: Float32Array;
  /** 1 for speech, else 0 */
  voiced: Uint8Array;
}

/** What was said, whichever the channel. */
export type Said = Omit<Utterance, "channel">;

/** Whether the model was as sure of this as it is of English speech. */
export function isCertain({ words, confidence }: Said): boolean {
  return confidence >= (words.length > FEW ? CERTAIN : CERTAIN_OF_FEW);
}

/**
 * A segment's words: none if the model hears nothing in it, two utterances if it could only do the halves.
 *
 * @param again when and how the segment is heard again, if the model is not sure of it
 */
export async function recognise(
  model: Model,
  sound: Sound,
  segment: Segment,
  again: Again,
  pause: Pause,
): Promise<Said[]> {
  const hearing = await hear(model, sound.read(segment.from * FRAME, segment.to * FRAME), again, pause);
  const { heard } = hearing;
  const length = segment.to - segment.from;
  if (heard.lost && length >= HALVED) {
    const cut = quietest(sound.levels, segment.from + length / 4, segment.to - length / 4);
    return [
      ...(await recognise(model, sound, { from: segment.from, to: cut }, again, pause)),
      ...(await recognise(model, sound, { from: cut, to: segment.to }, again, pause)),
    ];
  }
  const words = timedWords(model, hearing, sound, segment);
  const [first] = words;
  if (!first) return [];
  return [
    {
      text: model.decodeText(heard.ids).trim(),
      start: first.start,
      end: words.at(-1)?.end ?? first.end,
      confidence: hearing.confidence,
      words,
    },
  ];
}

/** Words of a segment with their times. */
function timedWords(model: Model, { heard, place }: Hearing, sound: Sound, segment: Segment): Word[] {
  const starts = tokenStarts(heard.attention, heard.frames);
  const begin = segment.from * FRAME;
  const second = (token: number) => (begin + place((starts[token] ?? heard.frames) * ENCODER_FRAME)) / RATE;
  const words: Word[] = [];
  for (let token = 0; token < heard.ids.length; ) {
    const first = token++;
    while (token < heard.ids.length && !model.beginsWord(heard.ids[token] as number)) token++;
    const text = model.decodeText(heard.ids.slice(first, token)).trim();
    if (text === "") continue;
    const [start, end] = tighten(second(first), second(token), sound.voiced, segment);
    words.push({ word: ` ${text}`, start, end, confidence: wordConfidence(model, heard, first, token) });
  }
  return words;
}

/** Whether the word was said; that a comma follows it is often less sure. */
function wordConfidence(model: Model, { ids, probabilities }: Heard, first: number, end: number): number {
  const all = probabilities.slice(first, end);
  const letters = all.filter((_, index) => /[\p{L}\p{N}]/u.test(model.decodeText([ids[first + index] as number])));
  return geometricMean(letters.length > 0 ? letters : all);
}

/** A word's time without the pauses at its ends, in seconds rounded to milliseconds. */
function tighten(start: number, end: number, voiced: Uint8Array, segment: Segment): [start: number, end: number] {
  const frames = RATE / FRAME;
  const from = Math.max(segment.from, Math.floor(start * frames));
  const to = Math.min(segment.to, Math.ceil(end * frames));
  let first = from;
  while (first < to && !voiced[first]) first++;
  let last = to;
  while (last > first && !voiced[last - 1]) last--;
  if (first === last) [first, last] = [from, to];
  const begin = Math.max(start, first / frames, segment.from / frames);
  const finish = Math.max(begin, Math.min(end, last / frames));
  return [Math.round(begin * 1000) / 1000, Math.round(finish * 1000) / 1000];
}
