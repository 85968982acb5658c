/** One recognised word; `word` starts with a space as in Gladia's API; times in seconds from the start of the file. */
export interface Word {
  word: string;
  start: number;
  end: number;
  confidence: number;
}

/** One stretch of speech between pauses. `channel` counts from 0. */
export interface Utterance {
  text: string;
  start: number;
  end: number;
  confidence: number;
  channel: number;
  words: Word[];
}

/** What a file is. duration in seconds, extension without dot (wav, mp3, flac, ogg, opus, m4a, ...). */
export interface Probe {
  extension: string;
  duration: number;
  channels: number;
}

export interface Recognition {
  duration: number;
  /** channels whose sound differs */
  distinctChannels: number;
  utterances: Utterance[];
  /** things to tell the user, e.g. dropped segments that are not English */
  warnings: string[];
}

/** Thrown for audio that cannot be read: becomes a 4xx (status 400/415/422) with this message. */
export class UnreadableAudio extends Error {
  constructor(
    message: string,
    readonly status = 400,
  ) {
    super(message);
    this.name = "UnreadableAudio";
  }
}

export interface Recogniser {
  /** Reads what the file is, without recognising. Throws UnreadableAudio. */
  probe(file: string): Promise<Probe>;
  /** Turns the file's speech into words. onStage tells progress ("loading model", "decoding", "transcribing 35 %"). */
  transcribe(file: string, options: { signal?: AbortSignal; onStage?: (stage: string) => void }): Promise<Recognition>;
  close(): Promise<void>;
}
