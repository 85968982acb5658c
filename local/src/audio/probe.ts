import { stat } from "node:fs/promises";
import { identify, isSystemError, readHead } from "./decode";
import { type Ffmpeg, ffmpegProbe, requireFfmpeg } from "./ffmpeg";
import type { Kind } from "./sniff";

/** What a file's headers say; without `duration` only decoding can tell. */
export interface Headers {
  kind: Kind;
  channels?: number;
  /** Seconds that are there. */
  duration?: number;
  /** Seconds there should be; more than `duration` if the file was cut short. */
  declared?: number;
}

/**
 * Reads a file's headers.
 *
 * @throws UnreadableAudio for what is no audio, holds none, or needs an ffmpeg that is not there
 */
export async function readHeaders(file: string, ffmpeg: Ffmpeg): Promise<Headers> {
  const head = await readHead(file);
  const kind = identify(head);
  if (!kind.builtIn) {
    requireFfmpeg(kind, ffmpeg);
    const { duration, channels } = await ffmpegProbe(file, kind, ffmpeg);
    return { kind, channels, ...(duration > 0 && { duration, declared: duration }) };
  }
  const said = (kind.builtIn === "wav" && wavHeaders(head, (await stat(file)).size)) || (await parse(file));
  return { kind, ...said };
}

/** The usual case, where a WAV file's sound begins within its first bytes; understands files that were cut short. */
function wavHeaders(head: Buffer, size: number): Omit<Headers, "kind"> | undefined {
  let format: { channels: number; bytesPerSecond: number } | undefined;
  for (let at = 12; at + 8 <= head.length; ) {
    const name = head.toString("latin1", at, at + 4);
    const length = head.readUInt32LE(at + 4);
    if (name === "fmt " && at + 20 <= head.length) {
      format = { channels: head.readUInt16LE(at + 10), bytesPerSecond: head.readUInt32LE(at + 16) };
    }
    if (name === "data" && format?.bytesPerSecond) {
      const present = size - at - 8;
      // A recorder that streams cannot know the length beforehand and writes none, or the greatest number there is.
      const declared = length === 0 || length >= 0xffff_ff00 ? present : length;
      const { channels, bytesPerSecond } = format;
      const duration = Math.min(present, declared) / bytesPerSecond;
      return { channels, ...(duration > 0 && { duration, declared: declared / bytesPerSecond }) };
    }
    at += 8 + length + (length % 2);
  }
  return undefined;
}

/** What cannot be understood here is left out; the decoders have the last word on a file. */
async function parse(file: string): Promise<Omit<Headers, "kind">> {
  const { parseFile } = await import("music-metadata");
  const format = await parseFile(file, { duration: true, skipCovers: true }).then(
    (parsed) => parsed.format,
    (error: unknown) => {
      if (isSystemError(error)) throw error;
      return undefined;
    },
  );
  const { numberOfChannels: channels, duration = 0 } = format ?? {};
  return { ...(channels && { channels }), ...(duration > 0 && { duration, declared: duration }) };
}
