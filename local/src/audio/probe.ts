import { FileBytes } from "./bytes";
import { type Ffmpeg, ffmpegProbe, requireFfmpeg } from "./ffmpeg";
import { type Flac, readFlac } from "./flac";
import { type Identified, identify } from "./identify";
import { checkLimits, type Said } from "./limits";
import { findFrames, walkFrames } from "./mpeg";
import { oggDuration, oggStreams } from "./ogg";
import { SNIFFED } from "./sniff";
import { readWav, type Wav } from "./wav";

/** What a file's headers say; without `duration` only decoding can tell. */
export interface Headers extends Said {
  kind: Identified;
  /** Seconds there should be; more than `duration` if the file was cut short. */
  declared?: number;
  /** How the file lies, where the decoder needs to be told. */
  wav?: Wav;
  flac?: Flac;
}

/** Bytes in which the first frame behind a tag has to be found. */
const FRAMES_WITHIN = 65_536;

/**
 * Reads a file's headers.
 *
 * @throws UnreadableAudio for what is no audio, holds none, is out of all proportion or needs an ffmpeg that is not there
 */
export async function readHeaders(file: string, ffmpeg: Ffmpeg): Promise<Headers> {
  const headers = await FileBytes.use(file, read);
  if (!headers.kind.builtIn) {
    requireFfmpeg(headers.kind, ffmpeg);
    // What was counted here is more exact than what ffmpeg guesses.
    Object.assign(headers, { ...(await ffmpegProbe(file, headers.kind, ffmpeg)), ...defined(headers) });
  }
  checkLimits(headers);
  return headers;
}

async function read(bytes: FileBytes): Promise<Headers> {
  const kind = await identify(bytes);
  const { start } = kind;
  switch (kind.extension) {
    case "wav": {
      const wav = kind.builtIn && (await readWav(bytes, start));
      if (!wav) return { kind };
      if (wav.codec) return { kind, wav, ...said(wav) };
      const { builtIn, ...rest } = kind;
      // Of a rarer codec ffmpeg knows how many samples its blocks hold.
      return { kind: rest, ...said({ ...wav, duration: 0 }) };
    }
    case "flac": {
      const flac = await readFlac(bytes, start);
      return flac ? { kind, flac, ...said(flac) } : { kind };
    }
    case "mp3":
    case "aac": {
      const found = findFrames(await bytes.read(start, FRAMES_WITHIN), FRAMES_WITHIN);
      if (!found) return { kind };
      const frames = await walkFrames(bytes, start + found.at, found.frame);
      return { kind: { ...kind, start: frames.from }, ...said(frames) };
    }
    default:
      return kind.demuxer === "ogg" ? ogg(bytes, kind) : { kind };
  }
}

async function ogg(bytes: FileBytes, kind: Identified): Promise<Headers> {
  const [stream] = oggStreams(await bytes.read(kind.start, SNIFFED));
  if (!stream || !kind.builtIn) return { kind };
  const duration = await oggDuration(bytes, kind.start, stream);
  return { kind, ...said({ ...stream, ...(duration && { duration }) }) };
}

/** What is said of the sound, without the words for not knowing. */
function said({ duration = 0, declared = duration, channels, rate }: Said & { declared?: number }): Partial<Headers> {
  return {
    ...(channels !== undefined && { channels }),
    ...(rate !== undefined && { rate }),
    ...(duration > 0 && { duration, declared }),
  };
}

function defined(headers: Headers): Partial<Headers> {
  return Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
}
