import { GladiaError } from "../errors";
import { type CaptionLayout, layoutOf, makeCaptions } from "./captions";
import { toSrt, toVtt } from "./captions/write";
import { nameOf, type Speakers, toDialogue } from "./dialogue";
import { type Headings, toMarkdown } from "./markdown";
import { asItems, sentencesOf } from "./sentences";
import { toCsv, toTsv } from "./table";
import { readTranscript, type Transcript } from "./transcript";
import { fieldsOf } from "./usable";
import { findPhrase, wordsBetween } from "./words";

/** What a transcript can become. */
export const FORMATS = [
  "text",
  "dialogue",
  "srt",
  "vtt",
  "markdown",
  "csv",
  "tsv",
  "utterances",
  "sentences",
  "words",
  "find",
] as const;
export type Format = (typeof FORMATS)[number];

export interface FormatSettings {
  /** Code of a translation's language; empty for what was spoken. */
  language?: string;
  speakers?: Speakers;
  /** Whether the words of VTT tell when they are said. */
  wordTimes?: boolean;
  layout?: Partial<CaptionLayout>;
  /** Of minutes. */
  headings?: Headings;
  /** Seconds between which words are wanted. */
  from?: number;
  to?: number;
  /** What to look for. */
  phrase?: string;
}

/**
 * A form of the transcript in a job, a result, or messages of a live session: a text, or a list of utterances, sentences,
 * words or places. What is long is made with turns of the event loop in between.
 * @throws GladiaError GLADIA_CONFIG where there is no transcript, no such translation or no phrase, GLADIA_RESPONSE where a
 * job has no transcript
 */
export async function format(value: unknown, form: Format, settings: FormatSettings = {}): Promise<string | object[]> {
  const transcript = await readTranscript(value, settings.language);
  const { utterances, text } = transcript;
  const { speakers = {}, from = 0, to = Number.POSITIVE_INFINITY, phrase = "" } = settings;
  switch (form) {
    case "text":
      return text;
    case "dialogue":
      return toDialogue(utterances, speakers);
    case "srt":
    case "vtt":
      return captions(transcript, form, settings);
    case "markdown":
      return toMarkdown(transcript, speakers, settings.headings);
    case "csv":
      return toCsv(utterances, speakers);
    case "tsv":
      return toTsv(utterances, speakers);
    case "utterances":
      return utterances;
    case "sentences":
      return asItems(await sentencesOf(transcript));
    case "words":
      return wordsBetween(utterances, from, to);
    case "find":
      if (!phrase.trim()) throw new GladiaError("GLADIA_CONFIG", "format-phrase");
      return findPhrase(utterances, phrase);
  }
}

async function captions(transcript: Transcript, form: "srt" | "vtt", settings: FormatSettings): Promise<string> {
  const { utterances, text } = transcript;
  const ready = readySubtitles(transcript.subtitles, form);
  if (utterances.length === 0 && text.trim() && ready !== undefined) return ready;
  const made = await makeCaptions(utterances, layoutOf(settings.layout ?? {}), settings.wordTimes);
  if (form === "srt") return toSrt(made);
  const speakers = settings.speakers ?? {};
  return toVtt(made, { nameOf: (who) => nameOf(who, speakers), wordTimes: settings.wordTimes === true });
}

/** The subtitles that the API made; undefined where it made none. */
export function readySubtitles(given: unknown, form: "srt" | "vtt"): string | undefined {
  const made = (Array.isArray(given) ? given : []).find((subtitle) => fieldsOf(subtitle)["format"] === form);
  const ready = fieldsOf(made)["subtitles"];
  return typeof ready === "string" && ready ? ready : undefined;
}
