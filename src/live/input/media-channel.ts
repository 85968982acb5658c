import { GladiaError } from "../../errors";
import { isObject } from "../../options/merge";
import { RATES } from "./audio-socket";
import { codingOf } from "./source-format";
import type { InputSettings } from "./types";

/** Rate (Hz) of one of Asterisk's signed linear formats: `slin` for 8000, else the thousands behind it; undefined for any other. */
const linearRate = (format: string) =>
  RATES.find((rate) => format === (rate === 8000 ? "slin" : `slin${Math.floor(rate / 1000)}`));

/**
 * The format in which the audio of a channel follows that Asterisk opens over a WebSocket (chan_websocket, 20.16 and 22.6):
 * it says so in a text, `MEDIA_START ... format:ulaw ...` or the same as JSON. Undefined for anything else.
 */
export function mediaStart(value: unknown): string | undefined {
  if (isObject(value)) {
    const { event, format } = value;
    return event === "MEDIA_START" && typeof format === "string" ? format : undefined;
  }
  if (typeof value !== "string" || value.length > 10_000 || !/^\s*(?:MEDIA_START\s|\{)/.test(value)) return undefined;
  if (!value.trimStart().startsWith("{")) return /\sformat:(\S+)/.exec(value)?.[1];
  try {
    return mediaStart(JSON.parse(value) as object);
  } catch {
    return undefined;
  }
}

/** How audio of a format of Asterisk is read. @throws GladiaError GLADIA_AUDIO for one that cannot be taken */
export function channelSettings(settings: InputSettings, format: string): InputSettings {
  const { mono } = settings;
  const bare = { mono, framing: "raw", skip: 0, channels: 1 } as const;
  const rate = linearRate(format);
  if (rate !== undefined) return { ...bare, encoding: "wav/pcm", bitDepth: 16, sampleRate: rate };
  const coding = codingOf(format)?.coding;
  if (coding === "ulaw" || coding === "alaw") return { ...bare, encoding: `wav/${coding}`, sampleRate: 8000 };
  throw new GladiaError("GLADIA_AUDIO", "live-audio-encoding", { encoding: format.slice(0, 40) });
}
