import {
  CALLBACK_URL,
  flag,
  LANGUAGE_CONFIG,
  needsSettings,
  object,
  oneOf,
  SPELLING_CONFIG,
  SUMMARIZATION_CONFIG,
  TRANSLATION_CONFIG,
  VOCABULARY_CONFIG,
  whole,
} from "./schema";

const integers = (...values: number[]) => ({ type: "integer", enum: values });
const within = (minimum: number, maximum: number) => ({ type: "number", minimum, maximum });

/** The kinds of messages a client may want or not, on the socket and in callbacks. */
const MESSAGES = {
  receive_partial_transcripts: flag,
  receive_final_transcripts: flag,
  receive_speech_events: flag,
  receive_pre_processing_events: flag,
  receive_realtime_processing_events: flag,
  receive_post_processing_events: flag,
  receive_acknowledgments: flag,
  receive_errors: flag,
  receive_lifecycle_events: flag,
};

/** Body of `POST /v2/live`: fields, types, ranges and values of the API's own schema. */
export const LIVE_SCHEMA = {
  ...object({
    encoding: oneOf("wav/pcm", "wav/alaw", "wav/ulaw"),
    bit_depth: integers(8, 16, 24, 32),
    sample_rate: integers(8000, 16_000, 32_000, 44_100, 48_000),
    channels: whole(1, 8),
    model: oneOf("solaria-1"),
    endpointing: within(0.01, 10),
    maximum_duration_without_endpointing: within(5, 60),
    custom_metadata: { type: "object", stringified: 2000 },
    language_config: LANGUAGE_CONFIG,
    pre_processing: object({ audio_enhancer: flag, speech_threshold: within(0, 1) }),
    realtime_processing: {
      ...object({
        custom_vocabulary: flag,
        custom_vocabulary_config: VOCABULARY_CONFIG,
        custom_spelling: flag,
        custom_spelling_config: SPELLING_CONFIG,
        translation: flag,
        translation_config: TRANSLATION_CONFIG,
        named_entity_recognition: flag,
        sentiment_analysis: flag,
      }),
      ...needsSettings("custom_vocabulary", "custom_spelling", "translation"),
    },
    post_processing: object({
      summarization: flag,
      summarization_config: SUMMARIZATION_CONFIG,
      chapterization: flag,
    }),
    messages_config: object(MESSAGES),
    callback: flag,
    callback_config: object({ url: CALLBACK_URL, ...MESSAGES }, "url"),
  }),
  ...needsSettings("callback"),
};

/** Query of `POST /v2/live`. */
export const LIVE_QUERY_SCHEMA = {
  type: "object",
  properties: { region: oneOf("us-west", "eu-west") },
};
