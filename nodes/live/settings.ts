import type { Node, NodeAPI, NodeDef } from "node-red";
import { expectedFormat, type InputSettings, type LiveFormat } from "../../src/live/input";
import type { Options } from "../../src/options";
import { choiceSetting, numberSetting, textSetting } from "../account/settings";

/** The settings of a live node as the flow has them; those that may be empty mean what the message or the API says. */
export interface LiveDef extends NodeDef {
  config?: string;
  encoding?: string;
  sampleRate?: string | number;
  bitDepth?: string | number;
  channels?: string | number;
  framing?: string;
  skip?: string | number;
  mono?: string;
  session?: string;
  sessionType?: string;
  options?: Options;
  idle?: string | number;
  maximum?: string | number;
  buffer?: string | number;
  result?: boolean;
}

export interface LiveSettings {
  input: InputSettings;
  /** The format of a session that is started before any audio. */
  format: LiveFormat;
  /** Seconds. */
  idle: number;
  maximum: number | undefined;
  buffer: number;
}

const FRAMINGS = ["auto", "raw", "wav", "twilio", "audiosocket"] as const;
const MONO = ["auto", "keep", "mix"] as const;
const ENCODINGS = ["", "wav/pcm", "wav/alaw", "wav/ulaw", "float32"] as const;

/** @throws GladiaError GLADIA_CONFIG that says which setting is wrong, GLADIA_AUDIO for a format that cannot be */
export function readLiveSettings(RED: NodeAPI, node: Node, def: LiveDef): LiveSettings {
  const number = <T>(field: keyof LiveDef & string, fallback: T, min: number, whole = true) =>
    numberSetting(RED, node, field, def[field], fallback, { min, whole });
  const encoding = choiceSetting(RED, node, "encoding", textSetting(RED, node, "encoding", def.encoding), ENCODINGS);
  const given = {
    ...(encoding ? { encoding } : {}),
    ...present("sampleRate", number("sampleRate", undefined, 1)),
    ...present("bitDepth", number("bitDepth", undefined, 8)),
    ...present("channels", number("channels", undefined, 1)),
  };
  const input: InputSettings = {
    ...given,
    framing: choiceSetting(RED, node, "framing", def.framing, FRAMINGS),
    skip: number("skip", 0, 0),
    mono: choiceSetting(RED, node, "mono", def.mono, MONO),
  };
  return {
    input,
    format: expectedFormat(input),
    idle: number("idle", 30, 0.001, false),
    maximum: number("maximum", undefined, 0.001, false),
    buffer: number("buffer", 60, 0, false),
  };
}

const present = <N extends string>(name: N, value: number | undefined) =>
  (value === undefined ? {} : { [name]: value }) as { [K in N]?: number };
