import { LANGUAGES } from "../options/languages";

const ATTRIBUTION = { name: "Gladia", url: "https://www.gladia.io" };

/** Codes of clients for languages that Gladia spells otherwise. */
const SPELLINGS: Readonly<Record<string, string>> = { nb: "no", jv: "jw", iw: "he", in: "id", fil: "tl" };

/** Names and terms of a client that are passed on, and characters of all of them: a longer list finds words that nobody said. */
const MAX_WORDS = 500;
const MAX_CHARACTERS = 16 * 1024;

/** What a client says of the speech that it will send. */
export interface Expected {
  /** Gladia's code of the language. */
  language: string | undefined;
  /** Names and terms that may come up in it. */
  words: string[];
}

/** Reads `transcribe` (Wyoming 1.10). Its model is the only one there is, and its client finds the end of speech. */
export function expectedOf(data: Record<string, unknown>): Expected {
  const lists = [data["transcript_names"], data["transcript_terms"]].filter((list) => Array.isArray(list));
  const words = new Set<string>();
  let characters = 0;
  for (const item of lists.flatMap((list) => list.slice(0, MAX_WORDS) as unknown[])) {
    const word = typeof item === "string" ? item.trim() : "";
    characters += word.length;
    if (words.size === MAX_WORDS || characters > MAX_CHARACTERS) break;
    if (word !== "") words.add(word);
  }
  return { language: languageOf(data["language"]), words: [...words] };
}

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
