import { distinctChannels } from "../audio/channels";
import { decodeFile } from "../audio/decode";
import type { Ffmpeg } from "../audio/ffmpeg";
import { readHeaders } from "../audio/probe";
import { RATE, type Track } from "../audio/track";
import { IN_FILES } from "./hear";
import type { Model } from "./model";
import { steadyNoise, withoutNoise } from "./noise";
import { isCertain, recognise, type Sound } from "./recognise";
import { loudness, type Segment, segments, voicedFrames } from "./segments";
import { type Pause, type Turns, USUAL } from "./turns";
import type { Recognition, Utterance } from "./types";
import { type Vad, VoiceActivity, WINDOW } from "./vad";

/** Steps of the voice activity detector between two pauses: some 20 ms of work. */
const STEPS = 32;

/** What {@link transcribe} needs from its surroundings. */
interface Surroundings {
  model: () => Promise<Model>;
  vad: () => Promise<Vad>;
  turns: Turns;
  ffmpeg: Ffmpeg;
  signal: AbortSignal;
  onStage: (stage: string) => void;
}

/** A stretch of speech in one of the channels. */
interface Work {
  channel: number;
  sound: Sound;
  segment: Segment;
}

/**
 * Recognises the speech in a file.
 *
 * @throws UnreadableAudio for files without sound, the signal's reason when it is aborted
 */
export async function transcribe(file: string, surroundings: Surroundings): Promise<Recognition> {
  const { model, ffmpeg, turns, signal, onStage } = surroundings;
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
  const work: Work[] = [];
  for (const [index, channel] of distinct.entries()) {
    const tell = (part: number) => onStage(`finding speech ${Math.floor((100 * (index + part)) / distinct.length)} %`);
    work.push(...(await findSpeech(tracks[channel] as Track, channel, tell, surroundings)));
  }
  const total = work.reduce((sum, { segment }) => sum + segment.to - segment.from, 0);

  const utterances: Utterance[] = [];
  let dropped = 0;
  let done = 0;
  const loaded = work.length > 0 ? await model() : undefined;
  for (const { channel, sound, segment } of loaded ? work : []) {
    onStage(`transcribing ${Math.floor((100 * done) / total)} %`);
    const said = await turns.run(USUAL, (pause) =>
      recognise(loaded as Model, sound, segment, IN_FILES, abortable(pause, signal)),
    );
    for (const utterance of said) {
      if (isCertain(utterance)) utterances.push({ ...utterance, channel });
      else dropped++;
    }
    done += segment.to - segment.from;
  }
  if (dropped > 0) {
    warnings.push(`${dropped} ${dropped > 1 ? "segments" : "segment"} dropped: not English, or not speech.`);
  }
  utterances.sort((a, b) => a.start - b.start || a.channel - b.channel);
  return { duration, distinctChannels: distinct.length, utterances, warnings };
}

async function findSpeech(
  track: Track,
  channel: number,
  tell: (part: number) => void,
  { vad, turns, signal }: Surroundings,
): Promise<Work[]> {
  const levels = loudness(track);
  const activity = new VoiceActivity(await vad());
  const probabilities = new Float32Array(Math.ceil(track.length / WINDOW));
  await turns.run(USUAL, async (pause) => {
    for (let index = 0; index < probabilities.length; index++) {
      if (index % STEPS === 0) {
        tell(index / probabilities.length);
        await abortable(pause, signal)();
      }
      probabilities[index] = await activity.next(track.read(index * WINDOW, (index + 1) * WINDOW));
    }
  });
  const voiced = voicedFrames(probabilities, levels.length);
  const noise = steadyNoise(track);
  const read: Sound["read"] = (from, to) => (noise ? withoutNoise(track.read(from, to), noise) : track.read(from, to));
  const sound: Sound = { read, levels, voiced };
  return segments(levels, voiced).map((segment) => ({ channel, sound, segment }));
}

function abortable(pause: Pause, signal: AbortSignal): Pause {
  return async () => {
    await pause();
    signal.throwIfAborted();
  };
}
