import { LANGUAGES } from "../options/languages";

const ATTRIBUTION = { name: "Gladia", url: "https://www.gladia.io" };

/** Codes of clients for languages that Gladia spells otherwise. */
const SPELLINGS: Readonly<Record<string, string>> = { nb: "no", jv: "jw", iw: "he", in: "id", fil: "tl" };

/**
 * What `describe` is answered with: one speech-to-text program. The client is to find the end of speech, as Home Assistant's
 * satellites do.
 * @param name as Home Assistant shows it
 * @param version of this package
 * @param streams whether parts of the transcript come before all of it
 */
export function infoOf(name: string, version: string, streams: boolean): Record<string, unknown> {
  const common = { name, attribution: ATTRIBUTION, installed: true, version };
  const languages = LANGUAGES.map(({ code }) => code);
  const model = { ...common, description: name, languages };
  const program = {
    ...common,
    description: `${name}: speech-to-text by Gladia's API, through Node-RED`,
    models: [model],
    supports_transcript_streaming: streams,
    requires_external_vad: true,
  };
  return { asr: [program], tts: [], handle: [], intent: [], wake: [], mic: [], snd: [] };
}

/** A client's language, such as `en-US`, as Gladia's code; undefined when it has none for it. */
export function languageOf(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  const [main = ""] = value.toLowerCase().split(/[-_]/);
  const code = SPELLINGS[main] ?? main;
  return LANGUAGES.some((language) => language.code === code) ? code : undefined;
}
