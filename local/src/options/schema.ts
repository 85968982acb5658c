import { LANGUAGES, PII_ENTITIES, TRANSLATION_LANGUAGES } from "./lists";

export const flag = { type: "boolean" };
const text = { type: "string", minLength: 1 };
const url = { type: "string", format: "http-url" };
const unit = { type: "number", minimum: 0, maximum: 1 };
export const whole = (minimum: number, maximum?: number) => ({
  type: "integer",
  minimum,
  ...(maximum === undefined ? {} : { maximum }),
});
export const oneOf = (...values: string[]) => ({ type: "string", enum: values });
const listOf = (items: object, minItems?: number) => ({
  type: "array",
  items,
  ...(minItems === undefined ? {} : { minItems }),
});
export const object = (properties: object, ...required: string[]) => ({
  type: "object",
  additionalProperties: false,
  properties,
  required,
});

/**
 * The rule that an add-on's flag needs its settings beside it.
 * @param names the flags; the settings of each are called `<name>_config`
 */
export const needsSettings = (...names: string[]) => ({
  allOf: names.map((name) => ({
    if: { properties: { [name]: { const: true } }, required: [name] },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: { required: [`${name}_config`] },
  })),
});

export const CALLBACK_URL = url;
export const LANGUAGE_CONFIG = object({ languages: listOf(oneOf(...LANGUAGES)), code_switching: flag });
export const VOCABULARY_CONFIG = object(
  {
    vocabulary: listOf({
      type: ["string", "object"],
      minLength: 1,
      additionalProperties: false,
      properties: {
        value: text,
        intensity: unit,
        pronunciations: listOf(text),
        language: oneOf(...LANGUAGES),
      },
      required: ["value"],
    }),
    default_intensity: unit,
  },
  "vocabulary",
);
export const SPELLING_CONFIG = object(
  { spelling_dictionary: { type: "object", additionalProperties: listOf(text) } },
  "spelling_dictionary",
);
export const TRANSLATION_CONFIG = object(
  {
    target_languages: listOf(oneOf(...TRANSLATION_LANGUAGES), 1),
    model: oneOf("base", "enhanced", "batch"),
    match_original_utterances: flag,
    lipsync: flag,
    context_adaptation: flag,
    context: { type: "string" },
    informal: flag,
  },
  "target_languages",
);
export const SUMMARIZATION_CONFIG = object({ type: oneOf("general", "bullet_points", "concise") });

/** Body of `POST /v2/pre-recorded`: fields, types, ranges and values of the API's own schema. */
export const CREATE_SCHEMA = {
  ...object(
    {
      audio_url: url,
      model: oneOf("solaria-1", "solaria-3", "solaria-fusion"),
      language_config: LANGUAGE_CONFIG,
      custom_vocabulary: flag,
      custom_vocabulary_config: VOCABULARY_CONFIG,
      custom_spelling: flag,
      custom_spelling_config: SPELLING_CONFIG,
      callback: flag,
      callback_config: object({ url, method: oneOf("POST", "PUT") }, "url"),
      callback_url: url,
      subtitles: flag,
      subtitles_config: object({
        formats: listOf(oneOf("srt", "vtt"), 1),
        minimum_duration: { type: "number", minimum: 0 },
        maximum_duration: { type: "number", minimum: 1, maximum: 30 },
        maximum_characters_per_row: whole(1),
        maximum_rows_per_caption: whole(1, 5),
        style: oneOf("default", "compliance"),
      }),
      diarization: flag,
      diarization_config: object({
        number_of_speakers: whole(1),
        min_speakers: whole(0),
        max_speakers: whole(0),
      }),
      translation: flag,
      translation_config: TRANSLATION_CONFIG,
      summarization: flag,
      summarization_config: SUMMARIZATION_CONFIG,
      named_entity_recognition: flag,
      sentiment_analysis: flag,
      audio_to_llm: flag,
      audio_to_llm_config: object({ prompts: listOf(text, 1), model: text }, "prompts"),
      pii_redaction: flag,
      pii_redaction_config: object({
        // The docs send an array, the generated types say one value: both are taken.
        entity_types: {
          type: ["array", "string"],
          items: oneOf(...PII_ENTITIES),
          if: { type: "string" },
          // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
          then: { enum: PII_ENTITIES },
        },
        processed_text_type: oneOf("MARKER", "MASK"),
      }),
      sentences: flag,
      punctuation_enhanced: flag,
      custom_metadata: { type: "object", stringified: 2000 },
    },
    "audio_url",
  ),
  ...needsSettings("callback", "custom_vocabulary", "custom_spelling", "translation", "audio_to_llm"),
};

/** Body of `POST /v2/upload` in its JSON form. */
export const UPLOAD_SCHEMA = object({ audio_url: url }, "audio_url");

const moment = { type: "string", anyOf: [{ format: "date" }, { format: "iso-date-time" }] };
const several = (...values: string[]) => ({ type: "array", items: oneOf(...values) });

/** Query of the list routes; values come as text and are converted. */
export const LIST_SCHEMA = {
  type: "object",
  properties: {
    offset: { ...whole(0), default: 0 },
    limit: { ...whole(1), default: 20 },
    date: { type: "string", format: "date" },
    before_date: moment,
    after_date: moment,
    status: several("queued", "processing", "done", "error"),
    kind: several("pre-recorded", "live"),
  },
};
