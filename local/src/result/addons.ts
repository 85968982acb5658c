import type { JobOptions } from "../options/validate";
import { type Sentence, sentencesOf } from "./sentences";
import type { AddOnError, SpokenUtterance } from "./shapes";
import { type SubtitlesConfig, subtitlesOf } from "./subtitles";

/** What an add-on works from. */
export interface Speech {
  utterances: SpokenUtterance[];
  full_transcript: string;
  options: JobOptions;
}

/** Makes an add-on's `results`, or a promise of them, or throws `NotAvailable`. */
export type Maker = (speech: Speech) => unknown;

/** An add-on that cannot be made here. */
export class NotAvailable extends Error {
  readonly reason: AddOnError;

  constructor(what: string) {
    super(`The local engine cannot ${what}. It works on Gladia's cloud.`);
    this.reason = { status_code: 501, exception: "NotAvailable", message: this.message };
  }
}

const unavailable =
  (what: string): Maker =>
  () => {
    throw new NotAvailable(what);
  };

/** The makers of the add-ons that have a result of their own, by the name of their flag. */
export type AddOns = Record<string, Maker>;

/** A model of speech alone makes none of these, and says so in each. */
export const unsupported: AddOns = {
  translation: unavailable("translate"),
  summarization: unavailable("summarize"),
  named_entity_recognition: unavailable("recognize named entities"),
  sentiment_analysis: unavailable("analyse sentiments"),
  audio_to_llm: unavailable("ask a language model about the audio"),
  pii_redaction: unavailable("find personal data: the text of this result is NOT redacted"),
};

interface Translated {
  error: null;
  full_transcript: string;
  languages: string[];
  utterances: SpokenUtterance[];
  sentences?: { success: true; is_empty: boolean; exec_time: number; error: null; results: Sentence[] }[];
  subtitles?: unknown;
}

/** A "translation": the same words, each behind the code of the language, so that nobody takes it for one. */
async function translate({ utterances, full_transcript, options }: Speech): Promise<Translated[]> {
  const { target_languages } = options["translation_config"] as { target_languages: string[] };
  const translations: Translated[] = [];
  for (const language of target_languages) {
    const mark = (text: string) => `[${language}] ${text}`;
    const translated = utterances.map((utterance) => ({
      ...utterance,
      language,
      text: mark(utterance.text),
      words: utterance.words.map((word, index) =>
        index === 0 ? { ...word, word: ` ${mark(word.word.trim())}` } : word,
      ),
    }));
    const sentences = await sentencesOf(translated);
    const wrapper = { success: true as const, is_empty: sentences.length === 0, exec_time: 0, error: null };
    translations.push({
      error: null,
      full_transcript: mark(full_transcript),
      languages: [language],
      utterances: translated,
      ...(options["sentences"] === true ? { sentences: [{ ...wrapper, results: sentences }] } : {}),
      ...(options["subtitles"] === true
        ? { subtitles: await subtitlesOf(translated, options["subtitles_config"] as SubtitlesConfig | undefined) }
        : {}),
    });
  }
  return translations;
}

/** Answers of the right shape for tests, made from the text itself. */
export const fake: AddOns = {
  translation: translate,
  summarization: ({ full_transcript }) => `Summary of: ${full_transcript}`,
  named_entity_recognition: ({ utterances }) =>
    utterances
      .flatMap(({ words }) => words)
      .filter(({ word }) => /^\s*\p{Lu}\p{L}+/u.test(word))
      .map(({ word, start, end }) => ({ entity_type: "NAME", text: word.trim(), start, end })),
  sentiment_analysis: async ({ utterances }) =>
    (await sentencesOf(utterances)).map(({ sentence, start, end, channel, speaker }) => {
      const who = speaker === undefined ? {} : { speaker };
      return { text: sentence, sentiment: "neutral", emotion: "neutral", start, end, channel, ...who };
    }),
  audio_to_llm: ({ full_transcript, options }) =>
    (options["audio_to_llm_config"] as { prompts: string[] }).prompts.map((prompt) => ({
      success: true,
      is_empty: false,
      exec_time: 0,
      error: null,
      results: { prompt, response: `Answer to "${prompt}" about: ${full_transcript}` },
    })),
};
