/** One utterance of a live session. Times in seconds of the session; text and words begin with a space like Gladia's. */
export interface LiveUtterance {
  /** the same for the partials and the final of one utterance */
  id: string;
  start: number;
  end: number;
  /** counts from 0 */
  channel: number;
  text: string;
  confidence: number;
  language: string;
  words: { word: string; start: number; end: number; confidence: number }[];
}

/** What a live stream tells, in the order in which it is known. Times in seconds of the session. */
export interface LiveListener {
  speechStart(time: number, channel: number): void;
  /** an utterance as it sounds so far; later partials and the final may say otherwise */
  partial(utterance: LiveUtterance): void;
  final(utterance: LiveUtterance): void;
  speechEnd(time: number, channel: number): void;
}

/** Sound of one session on its way into words. */
export interface LiveStream {
  /** Takes sound: 16 kHz, -1 to 1, one array a channel, equal lengths. */
  write(channels: Float32Array[]): void;
  /** Works off the rest; when it settles, all finals have come. Rejects when the rest cannot be recognised. */
  finish(): Promise<void>;
  /** Stops at once; nothing more is told, and a `finish` under way settles. */
  close(): void;
}

/** What a session wants of its stream; `endpointing` and `maximum_duration_without_endpointing` in seconds. */
export interface LiveStreamSettings {
  channels: number;
  endpointing: number;
  maximum_duration_without_endpointing: number;
  partials: boolean;
  language?: string;
}

/** Turns speech into words while it is spoken. */
export interface LiveRecogniser {
  open(settings: LiveStreamSettings, listener: LiveListener): LiveStream;
}
