import { GladiaError } from "../../errors";
import type { InputSettings, LiveFormat } from "./types";

/** How samples are written. `int` is signed; 8 bits of WAV are `uint`. */
export type Coding = "int" | "uint" | "float" | "alaw" | "ulaw";

/** The format of a source, whether Gladia takes it or not. */
export interface SourceFormat {
  coding: Coding;
  bits: number;
  rate: number;
  channels: number;
  isBigEndian?: boolean;
}

/** Rates that Gladia takes (Hz). */
const RATES: readonly number[] = [8000, 16_000, 32_000, 44_100, 48_000];
/** Rates that can be brought to one of these (Hz). */
const LOWEST = 2000;
const HIGHEST = 384_000;
const MOST_CHANNELS = 8;
/** Channels of a source that are mixed to one. */
const MOST_MIXED = 64;

/** Fields of messages in which microphone nodes say what their audio is. */
const BITS = ["bits", "bitDepth", "bit_depth", "bitwidth"];
const RATE = ["rate", "sampleRate", "sample_rate"];
const FIELDS = ["encoding", "channels", ...BITS, ...RATE];

/** Words by which sources name a coding, without what stands before and behind them. */
const WORDS: Record<string, Pick<SourceFormat, "coding"> & Partial<SourceFormat>> = {
  "wav/pcm": { coding: "int" },
  "wav/alaw": { coding: "alaw" },
  "wav/ulaw": { coding: "ulaw" },
  "signed-integer": { coding: "int" },
  signed: { coding: "int" },
  "unsigned-integer": { coding: "uint" },
  unsigned: { coding: "uint" },
  "floating-point": { coding: "float" },
  float: { coding: "float" },
  float32: { coding: "float", bits: 32 },
  float64: { coding: "float", bits: 64 },
  pcm: { coding: "int" },
  pcm16: { coding: "int", bits: 16 },
  linear16: { coding: "int", bits: 16 },
  l16: { coding: "int", bits: 16 },
  slin: { coding: "int", bits: 16 },
  lpcm: { coding: "int" },
  raw: { coding: "int" },
  ulaw: { coding: "ulaw" },
  "u-law": { coding: "ulaw" },
  mulaw: { coding: "ulaw" },
  "mu-law": { coding: "ulaw" },
  mu_law: { coding: "ulaw" },
  pcmu: { coding: "ulaw" },
  g711_ulaw: { coding: "ulaw" },
  alaw: { coding: "alaw" },
  "a-law": { coding: "alaw" },
  a_law: { coding: "alaw" },
  pcma: { coding: "alaw" },
  g711_alaw: { coding: "alaw" },
};

/** `S16_LE` of ALSA, `pcm_f32le` and `s16le` of ffmpeg, `slin16` of Asterisk. */
const ALSA = /^(?:pcm_)?([suf])(8|16|24|32|64)(?:_?(le|be))?$/;
const ALSA_FLOAT = /^float(64)?_(le|be)$/;
/** Codings that a session cannot take, though their name is known. */
const PACKED = /^(?:opus|mp3|mpeg|ogg|vorbis|flac|aac|mp4|webm|speex|gsm|g72[0-9].*|g729|amr(?:-wb)?|adpcm.*)$/;

/**
 * Reads the name of a coding as microphones, telephony and tools write it; undefined for a word that says nothing of audio.
 * @throws GladiaError GLADIA_AUDIO for a compressed one
 */
export function codingOf(word: unknown): (Pick<SourceFormat, "coding"> & Partial<SourceFormat>) | undefined {
  if (typeof word !== "string") return undefined;
  const known = word.trim().toLowerCase();
  const [name = "", ...parameters] = known.replace(/^(?:audio\/)?(?:x-)?/, "").split(";");
  const alsa = ALSA.exec(name);
  const float = ALSA_FLOAT.exec(name);
  if (PACKED.test(name)) {
    throw new GladiaError("GLADIA_AUDIO", "live-audio-packed", { format: word.trim().slice(0, 40) });
  }
  const rate = numberOf(/^\s*rate=(\d+)/.exec(parameters.find((part) => /^\s*rate=/.test(part)) ?? "")?.[1]);
  const told = rate === undefined ? {} : { rate };
  if (alsa) {
    const coding = ({ s: "int", u: "uint", f: "float" } as const)[alsa[1] as "s" | "u" | "f"];
    return { coding, bits: Number(alsa[2]), isBigEndian: alsa[3] === "be", ...told };
  }
  if (float) return { coding: "float", bits: Number(float[1] ?? 32), isBigEndian: float[2] === "be", ...told };
  const found = Object.hasOwn(WORDS, known) ? WORDS[known] : Object.hasOwn(WORDS, name) ? WORDS[name] : undefined;
  return found && { ...found, ...told };
}

/** A number, or a text that is one; undefined for everything else. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value !== "number" && (typeof value !== "string" || !/^\s*\d+(\.\d+)?\s*$/.test(value))) return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

const among = (value: unknown, from: number, to: number): number | undefined => {
  const number = numberOf(value);
  return number !== undefined && Number.isInteger(number) && number >= from && number <= to ? number : undefined;
};

/**
 * The format of bare audio: by the node's settings, else by what the message says beside it (`encoding`, `rate`, `bits`,
 * `channels` of microphone nodes), else 16 bit, 16 kHz, one channel. What a message says and no audio has is left out: other nodes use
 * these names, too.
 * @throws GladiaError GLADIA_AUDIO for a format that cannot be used
 */
export function bareFormat(settings: InputSettings, msg: Record<string, unknown>): SourceFormat {
  const told = settings.encoding ? codingOf(settings.encoding) : codingOf(msg["encoding"]);
  const coding = told?.coding ?? "int";
  const isLaw = coding === "alaw" || coding === "ulaw";
  const first = (...values: unknown[]) => values.find((value) => value !== undefined) as number | undefined;
  const bits = isLaw
    ? 8
    : (first(
        settings.encoding === "float32" ? 32 : settings.bitDepth,
        told?.bits,
        ...BITS.map((name) => among(msg[name], 8, 64)),
      ) ?? (coding === "float" ? 32 : 16));
  const rate =
    first(settings.sampleRate, told?.rate, ...RATE.map((name) => among(msg[name], LOWEST, HIGHEST))) ??
    (isLaw ? 8000 : 16_000);
  const channels = first(settings.channels, among(msg["channels"], 1, MOST_MIXED)) ?? 1;
  // What Gladia calls wav/pcm has 8 bits as WAV files have them: without a sign.
  const isWav8 =
    coding === "int" && bits === 8 && !/^s(igned|8)/i.test(String(settings.encoding || msg["encoding"] || ""));
  return checked({
    coding: isWav8 ? "uint" : coding,
    bits,
    rate,
    channels,
    ...(told?.isBigEndian ? { isBigEndian: true } : {}),
  });
}

/** Whether a message says anything about its audio: where the later ones do not, what the first one said holds. */
export function saysFormat(msg: Record<string, unknown>): boolean {
  return FIELDS.some((name) => msg[name] !== undefined);
}

/** Gives a format that can be used. @throws GladiaError GLADIA_AUDIO for any other */
export function checked(format: SourceFormat): SourceFormat {
  const { coding, bits, rate, channels } = format;
  const widths = { int: [8, 16, 24, 32], uint: [8, 16, 24, 32], float: [32, 64], alaw: [8], ulaw: [8] }[coding];
  if (!widths.includes(bits)) {
    throw new GladiaError("GLADIA_AUDIO", "live-audio-bits", { bits, values: widths.join(", ") });
  }
  if (!(rate >= LOWEST && rate <= HIGHEST)) {
    throw new GladiaError("GLADIA_AUDIO", "live-audio-rate", { rate, min: LOWEST, max: HIGHEST });
  }
  if (!(channels >= 1 && channels <= MOST_MIXED)) {
    throw new GladiaError("GLADIA_AUDIO", "live-audio-channels", { channels, most: MOST_CHANNELS });
  }
  return format;
}

/** Bytes of one sample of all channels. */
export function frameBytesOf({ bits, channels }: SourceFormat): number {
  return (bits / 8) * channels;
}

/** The rate that a source's rate becomes: itself where Gladia takes it, else 16 kHz, in which all of speech is. */
export function rateFor(rate: number): LiveFormat["sample_rate"] {
  if (RATES.includes(rate)) return rate as LiveFormat["sample_rate"];
  return rate < 8000 ? 8000 : 16_000;
}

/** Whether Gladia takes the samples as the source writes them. */
export function isTaken({ coding, bits, rate, isBigEndian }: SourceFormat): boolean {
  if (!RATES.includes(rate)) return false;
  if (coding === "alaw" || coding === "ulaw") return true;
  if (bits === 8) return coding === "uint";
  return coding === "int" && !isBigEndian;
}

/**
 * What a source's format becomes.
 * @throws GladiaError GLADIA_AUDIO for more channels than Gladia takes
 */
export function liveFormatOf(source: SourceFormat, mixes = false): LiveFormat {
  const channels = mixes ? 1 : source.channels;
  if (channels > MOST_CHANNELS) {
    throw new GladiaError("GLADIA_AUDIO", "live-audio-channels", { channels, most: MOST_CHANNELS });
  }
  if (!isTaken(source) || (mixes && source.channels > 1)) {
    return { encoding: "wav/pcm", bit_depth: 16, sample_rate: rateFor(source.rate), channels };
  }
  const isLaw = source.coding === "alaw" || source.coding === "ulaw";
  return {
    encoding: isLaw ? (`wav/${source.coding}` as LiveFormat["encoding"]) : "wav/pcm",
    bit_depth: source.bits as LiveFormat["bit_depth"],
    sample_rate: rateFor(source.rate),
    channels,
  };
}
