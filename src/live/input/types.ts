/** A format that Gladia takes, by the API's names. */
export interface LiveFormat {
  encoding: "wav/pcm" | "wav/alaw" | "wav/ulaw";
  bit_depth: 8 | 16 | 24 | 32;
  sample_rate: 8000 | 16000 | 32000 | 44100 | 48000;
  channels: number;
}

/** How audio comes; `auto` finds out by its first bytes. */
export type Framing = "auto" | "raw" | "wav" | "twilio" | "audiosocket";

/** What becomes of several channels: equal ones are one (`auto`), all stay, or all are mixed to one. */
export type Mono = "auto" | "keep" | "mix";

export interface InputSettings {
  /** Of bare audio, where its messages do not say it: `wav/pcm`, `wav/alaw`, `wav/ulaw`, `float32`. */
  encoding?: string;
  sampleRate?: number;
  bitDepth?: number;
  channels?: number;
  framing: Framing;
  /** Bytes to leave out at the beginning of each message. */
  skip: number;
  mono: Mono;
}

/** What a message of a source means for the sessions of a node. */
export type LivePiece =
  | { kind: "start"; session: string; format: LiveFormat }
  /** `stream`: what the source calls itself, where the flow has named the session. */
  | { kind: "audio"; session: string; bytes: Buffer; stream?: string }
  | { kind: "end"; session: string; reason?: string };

/** Whole sample frames in a format that Gladia takes. */
export interface Sound {
  format: LiveFormat;
  bytes: Buffer;
}

/** What a source's framing makes of its bytes; the session's key where the source itself names it. */
export type SourcePiece =
  | { kind: "sound"; sound: Sound; name?: string }
  | { kind: "end"; name?: string; reason?: string };

/** Reads one source, message by message. Its generators do a little at each step, so that the event loop may turn between. */
export interface Source {
  read(bytes: Buffer): Generator<SourcePiece>;
  /** No more comes: what was held back. */
  end(): Generator<SourcePiece>;
}
