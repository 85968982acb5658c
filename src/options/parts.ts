import { LANGUAGES, TRANSLATION_LANGUAGES } from "./languages";
import type { OptionSchema } from "./schema";

/** Options that recordings and live sessions have alike, though at the API they stand in different places. */

const codes = LANGUAGES.map(({ code }) => code);

export const LANGUAGE = {
  type: "object",
  group: "language",
  properties: {
    languages: { type: "array", items: [{ type: "string", enum: codes }], default: [] },
    code_switching: { type: "boolean", default: false },
  },
} as const satisfies OptionSchema;

export const METADATA = { type: "object", free: true, maxJson: 2000, group: "output" } as const satisfies OptionSchema;

export const TRANSLATION = {
  translation: { type: "boolean", default: false, group: "translation" },
  translation_config: {
    type: "object",
    enabledBy: "translation",
    group: "translation",
    required: ["target_languages"],
    properties: {
      target_languages: {
        type: "array",
        minItems: 1,
        items: [{ type: "string", enum: TRANSLATION_LANGUAGES.map(({ code }) => code) }],
      },
      model: { type: "string", enum: ["base", "enhanced"], open: true, default: "base" },
      match_original_utterances: { type: "boolean", default: true },
      lipsync: { type: "boolean", default: true },
      context_adaptation: { type: "boolean", default: true },
      context: { type: "string" },
      informal: { type: "boolean", default: false },
    },
  },
} as const satisfies Record<string, OptionSchema>;

export const SUMMARY = {
  summarization: { type: "boolean", default: false, group: "understanding" },
  summarization_config: {
    type: "object",
    enabledBy: "summarization",
    group: "understanding",
    properties: {
      type: { type: "string", enum: ["general", "bullet_points", "concise"], default: "general" },
    },
  },
} as const satisfies Record<string, OptionSchema>;

export const ENTITIES = {
  named_entity_recognition: { type: "boolean", default: false, group: "understanding" },
  sentiment_analysis: { type: "boolean", default: false, group: "understanding" },
} as const satisfies Record<string, OptionSchema>;

export const WORDS = {
  custom_vocabulary: { type: "boolean", default: false, group: "vocabulary" },
  custom_vocabulary_config: {
    type: "object",
    enabledBy: "custom_vocabulary",
    group: "vocabulary",
    required: ["vocabulary"],
    properties: {
      vocabulary: {
        type: "array",
        items: [
          { type: "string" },
          {
            type: "object",
            required: ["value"],
            properties: {
              value: { type: "string" },
              intensity: { type: "number", min: 0, max: 1 },
              pronunciations: { type: "array", items: [{ type: "string" }] },
              language: { type: "string", enum: codes },
            },
          },
        ],
      },
      default_intensity: { type: "number", min: 0, max: 1, default: 0.5 },
    },
  },
  custom_spelling: { type: "boolean", default: false, group: "vocabulary" },
  custom_spelling_config: {
    type: "object",
    enabledBy: "custom_spelling",
    group: "vocabulary",
    required: ["spelling_dictionary"],
    properties: {
      spelling_dictionary: { type: "map", values: { type: "array", items: [{ type: "string" }] } },
    },
  },
} as const satisfies Record<string, OptionSchema>;
