/** What a client says in a text frame. */
export type Frame = { type: "audio_chunk"; audio: Buffer } | { type: "stop_recording" };

/** A text frame that is none of the API's. `code` is the close code. */
export class BadFrame extends Error {
  readonly code = 4400;
}

/** The bytes of a chunk in base64. @throws BadFrame */
function decoded(chunk: unknown): Buffer {
  if (typeof chunk !== "string") throw new BadFrame("data.chunk of an audio_chunk must be a string");
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(chunk)) throw new BadFrame("data.chunk of an audio_chunk must be base64");
  return Buffer.from(chunk, "base64");
}

/**
 * Reads a text frame.
 * @throws BadFrame when it is not one of the API's
 */
export function readFrame(text: string): Frame {
  let message: { type?: unknown; data?: { chunk?: unknown } | null } | null;
  try {
    message = JSON.parse(text);
  } catch {
    throw new BadFrame("A text frame must be JSON");
  }
  if (message?.type === "stop_recording") return { type: "stop_recording" };
  if (message?.type === "audio_chunk") return { type: "audio_chunk", audio: decoded(message.data?.chunk) };
  throw new BadFrame("The type of a text frame must be audio_chunk or stop_recording");
}
