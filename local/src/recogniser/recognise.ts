import { RATE, type Track } from "../audio/track";
import { tokenStarts } from "./align";
import { decodeGreedy, FRAME as ENCODER_FRAME, type Heard } from "./decode-text";
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
/** Zeros around a segment the model had no text for, in samples: 0.2 s. */
const PADDING = 0.2 * RATE;
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

/** A segment's words: none if the model hears nothing in it, two utterances if it could only do the halves. */
export async function recognise(model: Model, sound: Sound, segment: Segment, pause: Pause): Promise<Said[]> {
  const from = segment.from * FRAME;
  const samples = sound.read(from, segment.to * FRAME);
  let heard = await decodeGreedy(model, samples, pause);
  let begin = from;
  if (heard.ids.length === 0) {
    const padded = new Float32Array(samples.length + 2 * PADDING);
    padded.set(samples, PADDING);
    heard = await decodeGreedy(model, padded, pause);
    begin = from - PADDING;
  }
  const length = segment.to - segment.from;
  if (heard.lost && length >= HALVED) {
    const cut = quietest(sound.levels, segment.from + length / 4, segment.to - length / 4);
    return [
      ...(await recognise(model, sound, { from: segment.from, to: cut }, pause)),
      ...(await recognise(model, sound, { from: cut, to: segment.to }, pause)),
    ];
  }
  const words = timedWords(model, heard, begin, sound, segment);
  const [first] = words;
  if (!first) return [];
  return [
    {
      text: model.decodeText(heard.ids).trim(),
      start: first.start,
      end: words.at(-1)?.end ?? first.end,
      confidence: geometricMean(heard.probabilities),
      words,
    },
  ];
}

/** Words of a segment with their times, `begin` being the sample at which the model's sound begins. */
function timedWords(model: Model, heard: Heard, begin: number, sound: Sound, segment: Segment): Word[] {
  const starts = tokenStarts(heard.attention, heard.frames);
  const second = (token: number) => (begin + (starts[token] ?? heard.frames) * ENCODER_FRAME) / RATE;
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

function geometricMean(values: number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / (values.length || 1));
}
