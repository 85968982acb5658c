import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import should from "should";
import * as engine from "../../local/src/options/lists";
import { LANGUAGES, TRANSLATION_LANGUAGES } from "../../src/options/languages";
import { PII_PRESETS, PII_TYPES } from "../../src/options/pii";
import { OPTIONS } from "../../src/options/schema";

/** The types that the SDK's authors generate from Gladia's own description of the API. */
const TYPES = readFileSync(
  join(dirname(require.resolve("@gladiaio/sdk/package.json")), "dist/v2/prerecorded/generated-types.d.ts"),
  "utf8",
);

/** The values of a type of texts, in order. */
function valuesOf(type: string): string[] {
  const [, values = ""] = new RegExp(`^type PreRecordedV2${type} = ([^;]+);`, "m").exec(TYPES) ?? [];
  return [...values.matchAll(/"([^"]+)"/g)].map(([, value = ""]) => value).sort();
}

/** What a field of an option may be, or each item of it. */
function allowed(option: string, field?: string): string[] {
  const schema = field === undefined ? OPTIONS[option] : OPTIONS[option]?.properties?.[field];
  return [...(schema?.items?.[0]?.enum ?? schema?.enum ?? [])].sort();
}

describe("The values that the SDK knows", () => {
  const codes = (languages: readonly { code: string }[]) => languages.map(({ code }) => code);
  const lists: [type: string, ours: readonly string[]][] = [
    ["TranscriptionLanguageCode", codes(LANGUAGES)],
    ["TranscriptionLanguageCode", engine.LANGUAGES],
    ["TranscriptionLanguageCode", allowed("language_config", "languages")],
    ["TranslationLanguageCode", codes(TRANSLATION_LANGUAGES)],
    ["TranslationLanguageCode", engine.TRANSLATION_LANGUAGES],
    ["TranslationLanguageCode", allowed("translation_config", "target_languages")],
    ["PiiRedactionEntityType", [...PII_PRESETS, ...PII_TYPES]],
    ["PiiRedactionEntityType", engine.PII_ENTITIES],
    ["PiiRedactionEntityType", allowed("pii_redaction_config", "entity_types")],
    ["TranscriptionModel", allowed("model")],
    // Nothing but the SDK knows of "batch": it may be written, and is not suggested.
    ["TranslationModel", [...allowed("translation_config", "model"), "batch"]],
    ["SubtitlesFormat", allowed("subtitles_config", "formats")],
    ["SubtitlesStyle", allowed("subtitles_config", "style")],
    ["SummaryType", allowed("summarization_config", "type")],
    ["CallbackMethod", allowed("callback_config", "method")],
  ];
  for (const [type, ours] of lists) {
    it(`of ${type} are ours, ${ours.length} of them`, () => {
      should(valuesOf(type)).not.be.empty();
      should([...ours].sort()).eql(valuesOf(type));
    });
  }
});
