import type {
  PreRecordedV2AudioToLlmListConfig,
  PreRecordedV2InitTranscriptionRequest,
  PreRecordedV2PiiRedactionConfig,
  PreRecordedV2PiiRedactionEntityType,
} from "@gladiaio/sdk";
import { ENTITIES, LANGUAGE, METADATA, SUMMARY, TRANSLATION, WORDS } from "./parts";
import { PII_PRESETS, PII_TYPES } from "./pii";

/** Where a form shows an option. Options without a group are set by the nodes themselves. */
export type OptionGroup =
  | "language"
  | "speakers"
  | "subtitles"
  | "translation"
  | "understanding"
  | "vocabulary"
  | "privacy"
  | "output"
  | "speech"
  | "messages";

/** One option of a transcription, or one field within an option. */
export interface OptionSchema {
  /** `map` is an object whose keys are free; `values` describes what they hold. */
  type: "boolean" | "string" | "number" | "integer" | "array" | "object" | "map";
  /** Values a string may take; suggestions only where `open` is set. */
  enum?: readonly string[];
  open?: true;
  /** The string is an absolute http(s) address. */
  format?: "uri";
  /** Inclusive bounds of a number. */
  min?: number;
  max?: number;
  minItems?: number;
  /** The shapes an item of an array may have; mostly one. */
  items?: readonly OptionSchema[];
  /** What a `map` holds under each key. */
  values?: OptionSchema;
  properties?: Record<string, OptionSchema>;
  required?: readonly string[];
  /** An object that may hold any JSON at all. */
  free?: true;
  /** Longest size of the value once written as JSON. */
  maxJson?: number;
  /** What the API does when the field is absent, where that is documented. */
  default?: unknown;
  /** The boolean option that this configuration belongs to: the API reads the one only with the other. */
  enabledBy?: string;
  group?: OptionGroup;
  /** Gladia charges extra for it. */
  billed?: true;
}

/** A type with some fields of other types. */
type With<T, Fields> = Omit<T, keyof Fields> & Fields;

/** The options as the SDK types them, but for two slips of its generated types: both are arrays of texts at the API. */
type Request = With<
  Omit<PreRecordedV2InitTranscriptionRequest, "audio_url" | "callback_url">,
  {
    audio_to_llm_config: With<PreRecordedV2AudioToLlmListConfig, { prompts: string[] }>;
    pii_redaction_config: With<
      PreRecordedV2PiiRedactionConfig,
      { entity_types: PreRecordedV2PiiRedactionEntityType[] }
    >;
  }
>;

/** What a value's type wants of its schema: the same kind of value, the same fields. */
type SchemaOf<T> = OptionSchema &
  (T extends boolean
    ? { type: "boolean" }
    : T extends number
      ? { type: "number" | "integer" }
      : T extends string
        ? { type: "string" }
        : T extends readonly (infer Item)[]
          ? { type: "array"; items: readonly SchemaOf<Item>[] }
          : string extends keyof T
            ? { type: "map" | "object" }
            : { type: "object"; properties: SchemasOf<T>; required?: readonly (keyof T)[] });

/** A schema for each field, and for no other. */
export type SchemasOf<T> = { [Field in keyof T]-?: SchemaOf<NonNullable<T[Field]>> };

/** Named like the fields they stand for, and without those that every object has: names come from outside. */
export const named = <T>(fields: Record<string, T>): Record<string, T> => Object.assign(Object.create(null), fields);

const seconds = (bounds: { min: number; max?: number }) => ({ type: "number" as const, ...bounds });

/**
 * Every option of a transcription, as `POST /v2/pre-recorded` takes it, by its name at the API.
 * `audio_url` is not among them: it is what the nodes work on, not how; nor is `callback_url`, the older `callback_config`.
 *
 * Source: `@gladiaio/sdk` for types (which the compiler compares) and values (which a test does), Gladia's OpenAPI document
 * for defaults and ranges.
 */
export const OPTIONS: Record<string, OptionSchema> = named({
  language_config: LANGUAGE,
  model: {
    type: "string",
    enum: ["solaria-1", "solaria-3", "solaria-fusion"],
    open: true,
    default: "solaria-1",
    group: "language",
  },

  diarization: { type: "boolean", default: false, group: "speakers" },
  diarization_config: {
    type: "object",
    enabledBy: "diarization",
    group: "speakers",
    properties: {
      number_of_speakers: { type: "integer", min: 1 },
      min_speakers: { type: "integer", min: 0 },
      max_speakers: { type: "integer", min: 0 },
    },
  },

  punctuation_enhanced: { type: "boolean", default: false, group: "output" },
  sentences: { type: "boolean", default: false, group: "output" },
  custom_metadata: METADATA,

  subtitles: { type: "boolean", default: false, group: "subtitles" },
  subtitles_config: {
    type: "object",
    enabledBy: "subtitles",
    group: "subtitles",
    properties: {
      formats: { type: "array", minItems: 1, items: [{ type: "string", enum: ["srt", "vtt"] }], default: ["srt"] },
      minimum_duration: seconds({ min: 0 }),
      maximum_duration: seconds({ min: 1, max: 30 }),
      maximum_characters_per_row: { type: "integer", min: 1 },
      maximum_rows_per_caption: { type: "integer", min: 1, max: 5 },
      style: { type: "string", enum: ["default", "compliance"], default: "default" },
    },
  },

  ...TRANSLATION,

  ...SUMMARY,
  ...ENTITIES,
  audio_to_llm: { type: "boolean", default: false, group: "understanding", billed: true },
  audio_to_llm_config: {
    type: "object",
    enabledBy: "audio_to_llm",
    group: "understanding",
    required: ["prompts"],
    properties: {
      prompts: { type: "array", minItems: 1, items: [{ type: "string" }] },
      model: { type: "string", enum: ["openai/gpt-5.4-nano"], open: true, default: "openai/gpt-5.4-nano" },
    },
  },

  ...WORDS,

  pii_redaction: { type: "boolean", default: false, group: "privacy" },
  pii_redaction_config: {
    type: "object",
    enabledBy: "pii_redaction",
    group: "privacy",
    properties: {
      entity_types: { type: "array", items: [{ type: "string", enum: [...PII_PRESETS, ...PII_TYPES] }] },
      processed_text_type: { type: "string", enum: ["MARKER", "MASK"], default: "MARKER" },
    },
  },

  callback: { type: "boolean", default: false },
  callback_config: {
    type: "object",
    enabledBy: "callback",
    required: ["url"],
    properties: {
      url: { type: "string", format: "uri" },
      method: { type: "string", enum: ["POST", "PUT"], default: "POST" },
    },
  },
} satisfies SchemasOf<Request>);
