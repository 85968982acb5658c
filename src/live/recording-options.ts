import type { GladiaClient } from "../client";
import type { GladiaError, Term } from "../errors";
import type { Transport } from "../http/transport";
import type { Options } from "../options/merge";
import type { LiveFormat } from "./input";
import type { LiveMessage } from "./messages";

/** `waiting`: the limit of sessions is reached. */
export type LiveState = "waiting" | "connecting" | "recording" | "reconnecting" | "stopping";

export type LiveReason = "stopped" | "idle" | "maximum" | "cancelled" | "closed" | "failed";

/** What the way of a recording's audio needs to know. */
export interface TransferOptions {
  format: LiveFormat;
  /** Seconds of audio that are kept for a lost connection. */
  buffer: number;
  /** How many times as fast as real time may be sent. */
  speed: number;
  /** Nothing is sent before `release`. */
  isHeld: boolean;
  /** Told of seconds that the server will not get. */
  onDropped(seconds: number): void;
  /** It has been stopped, and little audio is left to send; told more than once. */
  onNearlyDrained(): void;
  /** All audio and the stop were sent, or it is over. */
  onDrained(): void;
}

export interface RecordingOptions extends TransferOptions {
  client: GladiaClient;
  transport: Transport;
  /** What the session is asked for with. */
  body: Options;
  region: string | undefined;
  /** Whether `onMessage` is told what answers chunks and stops, too. */
  tellsAcknowledgements: boolean;
  onMessage(message: LiveMessage, id: string): void;
  onAcknowledged(): void;
  onState(state: LiveState): void;
  /** Told why it is tried again to ask for it, or to connect; undefined when it is connected. */
  onTrouble(failure: GladiaError | undefined): void;
  onWarning(warning: Term): void;
  onEnd(reason: "stopped" | "cancelled" | "closed" | "failed", error: GladiaError | undefined): void;
}
