import type { Ffmpeg } from "../audio/ffmpeg";
import type { ModelName } from "./model";
import type { Recognition } from "./types";

/** What the parent asks of the child; `id` ties the answers to it. */
export type Request =
  | { type: "transcribe"; id: number; file: string; model: ModelName; ffmpeg: Ffmpeg }
  | { type: "measure"; id: number; file: string; ffmpeg: Ffmpeg }
  | { type: "abort"; id: number };

/** What only decoding tells of a file: seconds and channels. */
export interface Measured {
  duration: number;
  channels: number;
}

/** What the child says. An error with a `status` is the file's fault (`UnreadableAudio`). */
export type Reply =
  | { type: "stage"; id: number; stage: string }
  | { type: "done"; id: number; result: Recognition | Measured }
  | { type: "failed"; id: number; message: string; status?: number };
