import type { LiveV2InitRequest, LiveV2PostProcessingConfig } from "@gladiaio/sdk";
import { ENTITIES, LANGUAGE, METADATA, SUMMARY, TRANSLATION, WORDS } from "./parts";
import { named, type OptionSchema, type SchemasOf } from "./schema";

/** What the audio's format says; the nodes send it by themselves. */
type Format = "encoding" | "bit_depth" | "sample_rate" | "channels";

/** The options as the SDK types them, but for one that the API ignores. */
type Request = Omit<LiveV2InitRequest, Format | "post_processing"> & {
  post_processing: Omit<LiveV2PostProcessingConfig, "chapterization">;
};

const yes = { type: "boolean", default: true, group: "messages" } as const;
const no = { type: "boolean", default: false, group: "messages" } as const;
const flag = (value: boolean) => ({ type: "boolean" as const, default: value });

/**
 * Every option of a live session, as `POST /v2/live` takes it, by its name at the API. The format of the audio is not among
 * them: it follows from the audio.
 *
 * Source: `@gladiaio/sdk` for types (which the compiler compares) and values (which a test does), Gladia's OpenAPI document
 * for defaults and ranges.
 */
export const LIVE_OPTIONS: Record<string, OptionSchema> = named({
  language_config: LANGUAGE,
  model: { type: "string", enum: ["solaria-1"], open: true, default: "solaria-1" },

  endpointing: { type: "number", min: 0.01, max: 10, default: 0.05, group: "speech" },
  maximum_duration_without_endpointing: { type: "number", min: 5, max: 60, default: 5, group: "speech" },
  pre_processing: {
    type: "object",
    group: "speech",
    properties: {
      audio_enhancer: { type: "boolean", default: false },
      speech_threshold: { type: "number", min: 0, max: 1, default: 0.6 },
    },
  },

  realtime_processing: {
    type: "object",
    properties: { ...TRANSLATION, ...ENTITIES, ...WORDS },
  },
  post_processing: {
    type: "object",
    properties: { ...SUMMARY },
  },
  custom_metadata: METADATA,

  messages_config: {
    type: "object",
    properties: {
      receive_partial_transcripts: no,
      receive_final_transcripts: yes,
      receive_speech_events: yes,
      receive_pre_processing_events: yes,
      receive_realtime_processing_events: yes,
      receive_post_processing_events: yes,
      receive_acknowledgments: yes,
      receive_errors: yes,
      receive_lifecycle_events: no,
    },
  },
  callback: { type: "boolean", default: false },
  callback_config: {
    type: "object",
    enabledBy: "callback",
    required: ["url"],
    properties: {
      url: { type: "string", format: "uri" },
      receive_partial_transcripts: flag(false),
      receive_final_transcripts: flag(true),
      receive_speech_events: flag(false),
      receive_pre_processing_events: flag(true),
      receive_realtime_processing_events: flag(true),
      receive_post_processing_events: flag(true),
      receive_acknowledgments: flag(false),
      receive_errors: flag(false),
      receive_lifecycle_events: flag(true),
    },
  },
} satisfies SchemasOf<Request>);
