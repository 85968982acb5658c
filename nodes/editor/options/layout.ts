import type { OptionGroup } from "../../../src/options/schema";

export interface Group {
  group: OptionGroup;
  icon: string;
  paths: readonly string[];
}

/** What the form offers, by group and in order; all the rest is in reach of the JSON tab. */
export const GROUPS: readonly Group[] = [
  {
    group: "language",
    icon: "fa-language",
    paths: ["language_config.languages", "language_config.code_switching", "model"],
  },
  {
    group: "speakers",
    icon: "fa-users",
    paths: [
      "diarization",
      "diarization_config.number_of_speakers",
      "diarization_config.min_speakers",
      "diarization_config.max_speakers",
    ],
  },
  { group: "output", icon: "fa-align-left", paths: ["punctuation_enhanced", "sentences"] },
  {
    group: "subtitles",
    icon: "fa-cc",
    paths: [
      "subtitles",
      "subtitles_config.formats",
      "subtitles_config.maximum_characters_per_row",
      "subtitles_config.maximum_rows_per_caption",
    ],
  },
  {
    group: "translation",
    icon: "fa-globe",
    paths: ["translation", "translation_config.target_languages", "translation_config.model"],
  },
  {
    group: "understanding",
    icon: "fa-lightbulb-o",
    paths: [
      "summarization",
      "summarization_config.type",
      "named_entity_recognition",
      "sentiment_analysis",
      "audio_to_llm",
      "audio_to_llm_config.prompts",
    ],
  },
  {
    group: "vocabulary",
    icon: "fa-book",
    paths: [
      "custom_vocabulary",
      "custom_vocabulary_config.vocabulary",
      "custom_vocabulary_config.default_intensity",
      "custom_spelling",
      "custom_spelling_config.spelling_dictionary",
    ],
  },
  {
    group: "privacy",
    icon: "fa-user-secret",
    paths: ["pii_redaction", "pii_redaction_config.entity_types", "pii_redaction_config.processed_text_type"],
  },
];
