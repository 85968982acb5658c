import type { Ffmpeg } from "../audio/ffmpeg";
import type { LiveStreamSettings, LiveUtterance } from "../live/recogniser";
import type { ModelName } from "./model";
import type { Recognition } from "./types";

/** What the parent asks of the child; `id` ties the answers to it. */
export type Request =
  | { type: "transcribe"; id: number; file: string; model: ModelName; ffmpeg: Ffmpeg }
  | { type: "measure"; id: number; file: string; ffmpeg: Ffmpeg }
  | { type: "listen"; id: number; model: ModelName; settings: LiveStreamSettings }
  | { type: "sound"; id: number; channels: Float32Array[] }
  | { type: "finish"; id: number }
  | { type: "abort"; id: number };

/** A request that is answered in the end. */
export type Work = Extract<Request, { type: "transcribe" | "measure" | "listen" }>;

/** What only decoding tells of a file: seconds and channels. */
export interface Measured {
  duration: number;
  channels: number;
}

/** What a live stream tells, by the name of the listener's function. */
export type LiveEvent =
  | { event: "speechStart" | "speechEnd"; time: number; channel: number }
  | { event: "partial" | "final"; utterance: LiveUtterance };

/** What the child says of work under way. */
export type Progress = { type: "stage"; id: number; stage: string } | ({ type: "live"; id: number } & LiveEvent);

/** What the child says. An error with a `status` is the file's fault (`UnreadableAudio`). */
export type Reply =
  | Progress
  | { type: "done"; id: number; result: Recognition | Measured | undefined }
  | { type: "failed"; id: number; message: string; status?: number };
