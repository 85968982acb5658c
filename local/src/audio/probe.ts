import { stat } from "node:fs/promises";
import { identify, isSystemError } from "./decode";
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
  const kind = await identify(file);
  if (kind.builtIn) return { kind, ...(await parse(file)) };
  requireFfmpeg(kind, ffmpeg);
  const { duration, channels } = await ffmpegProbe(file, kind, ffmpeg);
  return { kind, channels, ...(duration > 0 && { duration, declared: duration }) };
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
  const { numberOfChannels: channels, duration: declared, sampleRate, bitsPerSample } = format ?? {};
  if (!format || !channels || !declared) return {};
  if (format.container !== "WAVE" || format.codec !== "PCM" || !sampleRate || !bitsPerSample) {
    return { channels, duration: declared, declared };
  }
  const present = (await stat(file)).size / ((sampleRate * channels * bitsPerSample) / 8);
  // A recorder that streams cannot know the size beforehand and writes the largest number there is.
  const unknown = declared * sampleRate * channels * bitsPerSample >= 8 * 0xffff_ff00;
  return { channels, duration: Math.min(declared, present), declared: unknown ? present : declared };
}
