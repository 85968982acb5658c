import { isObject } from "../options/merge";

/** A message of a live session, as the API sends it; unknown types and fields are in it untouched. */
export interface LiveMessage {
  type: string;
  session_id?: string;
  created_at?: string;
  data?: unknown;
  error?: unknown;
  [field: string]: unknown;
}

/** What the server has taken: the count of its bytes before and after a chunk. */
export interface Acknowledgement {
  from: number;
  to: number;
}

/** A message from its text; undefined for what is none. */
export function parseMessage(text: string): LiveMessage | undefined {
  try {
    return asMessage(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** A message from its value; undefined for what is none. */
export function asMessage(value: unknown): LiveMessage | undefined {
  return isObject(value) && typeof value["type"] === "string" ? (value as LiveMessage) : undefined;
}

/** Whether a message answers a chunk of audio or a stop: for the connection, not for people. */
export function isAcknowledgement({ type, acknowledged }: LiveMessage): boolean {
  return (type === "audio_chunk" || type === "stop_recording") && typeof acknowledged === "boolean";
}

/** The positions of an ack; undefined when the chunk was refused or nothing usable is in it. */
export function acknowledgement({ acknowledged, data }: LiveMessage): Acknowledgement | undefined {
  const range = isObject(data) ? data["byte_range"] : undefined;
  if (acknowledged !== true || !Array.isArray(range)) return undefined;
  const [from, to] = range as unknown[];
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to)) return undefined;
  const positions = { from: from as number, to: to as number };
  return positions.from >= 0 && positions.to >= positions.from ? positions : undefined;
}

/** Words of a transcript message, and whether they are final; undefined for any other message. */
export function transcriptOf({ type, data }: LiveMessage): { text: string; isFinal: boolean } | undefined {
  if (type !== "transcript" || !isObject(data) || !isObject(data["utterance"])) return undefined;
  const { text } = data["utterance"];
  return typeof text === "string" ? { text, isFinal: data["is_final"] === true } : undefined;
}
