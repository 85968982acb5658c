import { distinctChannels } from "../audio/channels";
import { decodeFile } from "../audio/decode";
import type { Ffmpeg } from "../audio/ffmpeg";
import { readHeaders } from "../audio/probe";
import { RATE, type Track } from "../audio/track";
import { tokenStarts } from "./align";
import { FRAME as ENCODER_FRAME, type Heard, hear } from "./decode-text";
import type { Model } from "./model";
import { FRAME, loudness, quietest, type Segment, segments, voicedFrames } from "./segments";
import type { Recognition, Utterance, Word } from "./types";

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

/** What {@link transcribe} needs from its surroundings. */
interface Surroundings {
  model: () => Promise<Model>;
  ffmpeg: Ffmpeg;
  signal: AbortSignal;
  onStage: (stage: string) => void;
}

/** One channel with what is known about its loudness. */
interface Channel {
  index: number;
  track: Track;
  levels: Float32Array;
  voiced: Uint8Array;
}

/**
 * Recognises the speech in a file.
 *
 * @throws UnreadableAudio for files without sound, the signal's reason when it is aborted
 */
export async function transcribe(file: string, { model, ffmpeg, signal, onStage }: Surroundings): Promise<Recognition> {
  onStage("decoding");
  const headers = await readHeaders(file, ffmpeg);
  const { declared = 0 } = headers;
  const tracks = await decodeFile(file, headers, ffmpeg, signal);
  const distinct = distinctChannels(tracks);
  const duration = Math.max(...tracks.map((track) => track.length)) / RATE;
  const warnings: string[] = [];
  if (declared - duration > Math.max(0.5, declared * 0.02)) {
    warnings.push(`The file ends early: it should last ${declared.toFixed(1)} s, ${duration.toFixed(1)} s are there.`);
  }
  const work = distinct.flatMap((index) => {
    const track = tracks[index] as Track;
    const levels = loudness(track);
    const channel: Channel = { index, track, levels, voiced: voicedFrames(levels) };
    return segments(levels, channel.voiced).map((segment) => ({ channel, segment }));
  });
  const total = work.reduce((sum, { segment }) => sum + segment.to - segment.from, 0);

  const utterances: Utterance[] = [];
  let dropped = 0;
  let done = 0;
  const loaded = work.length > 0 ? await model() : undefined;
  for (const { channel, segment } of loaded ? work : []) {
    onStage(`transcribing ${Math.floor((100 * done) / total)} %`);
    // Between segments other messages, such as one to stop, have their turn.
    await new Promise(setImmediate);
    signal.throwIfAborted();
    for (const utterance of await recognise(loaded as Model, channel, segment)) {
      const gate = utterance.words.length > FEW ? CERTAIN : CERTAIN_OF_FEW;
      if (utterance.confidence < gate) dropped++;
      else utterances.push(utterance);
    }
    done += segment.to - segment.from;
  }
  if (dropped > 0) {
    warnings.push(`${dropped} ${dropped > 1 ? "segments" : "segment"} dropped: not English, or not speech.`);
  }
  utterances.sort((a, b) => a.start - b.start || a.channel - b.channel);
  return { duration, distinctChannels: distinct.length, utterances, warnings };
}

/** A segment's words: none if the model hears nothing in it, two utterances if it could only do the halves. */
async function recognise(model: Model, channel: Channel, segment: Segment): Promise<Utterance[]> {
  const from = segment.from * FRAME;
  const samples = channel.track.read(from, segment.to * FRAME);
  let heard = await hear(model, samples);
  let begin = from;
  if (heard.ids.length === 0) {
    const padded = new Float32Array(samples.length + 2 * PADDING);
    padded.set(samples, PADDING);
    heard = await hear(model, padded);
    begin = from - PADDING;
  }
  const length = segment.to - segment.from;
  if (heard.lost && length >= HALVED) {
    const cut = quietest(channel.levels, segment.from + length / 4, segment.to - length / 4);
    return [
      ...(await recognise(model, channel, { from: segment.from, to: cut })),
      ...(await recognise(model, channel, { from: cut, to: segment.to })),
    ];
  }
  const words = timedWords(model, heard, begin, channel, segment);
  const [first] = words;
  if (!first) return [];
  return [
    {
      text: model.decodeText(heard.ids).trim(),
      start: first.start,
      end: words.at(-1)?.end ?? first.end,
      confidence: geometricMean(heard.probabilities),
      channel: channel.index,
      words,
    },
  ];
}

/** Words of a segment with their times, `begin` being the sample at which the model's sound begins. */
function timedWords(model: Model, heard: Heard, begin: number, channel: Channel, segment: Segment): Word[] {
  const starts = tokenStarts(heard.attention, heard.frames);
  const second = (token: number) => (begin + (starts[token] ?? heard.frames) * ENCODER_FRAME) / RATE;
  const words: Word[] = [];
  for (let token = 0; token < heard.ids.length; ) {
    const first = token++;
    while (token < heard.ids.length && !model.beginsWord(heard.ids[token] as number)) token++;
    const text = model.decodeText(heard.ids.slice(first, token)).trim();
    if (text === "") continue;
    const [start, end] = tighten(second(first), second(token), channel.voiced, segment);
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
