import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import should from "should";
import { readLiveOptions } from "../../src/options";
import { liveShape, recordedShape } from "../../src/options/live";
import { LIVE_OPTIONS } from "../../src/options/live-schema";
import type { OptionSchema } from "../../src/options/schema";

const TYPES = readFileSync(
  join(dirname(require.resolve("@gladiaio/sdk/package.json")), "dist/v2/live/generated-types.d.ts"),
  "utf8",
);
const valuesOf = (type: string): string[] => {
  const [, values = ""] = new RegExp(`^type LiveV2${type} = ([^;]+);`, "m").exec(TYPES) ?? [];
  return [...values.matchAll(/"([^"]+)"/g)].map(([, value = ""]) => value).sort();
};
const at = (path: string): OptionSchema | undefined =>
  path.split(".").reduce<OptionSchema | undefined>((schema, name) => schema?.properties?.[name], {
    type: "object",
    properties: LIVE_OPTIONS,
  });

describe("the options of live sessions", () => {
  for (const [type, path, others] of [
    ["TranscriptionLanguageCode", "language_config.languages", []],
    ["TranslationLanguageCode", "realtime_processing.translation_config.target_languages", []],
    ["TranslationModel", "realtime_processing.translation_config.model", ["batch"]],
    ["SummaryType", "post_processing.summarization_config.type", []],
  ] as const) {
    it(`have the values of the SDK's ${type}`, () => {
      const schema = at(path);
      should([...(schema?.items?.[0]?.enum ?? schema?.enum ?? []), ...others].sort()).eql(valuesOf(type));
    });
  }

  it("have what the account says of recordings, where sessions have it, and leave out the rest", () => {
    const account = {
      ...{ model: "solaria-3", callback: true, callback_config: { url: "https://a.example", method: "PUT" } },
      ...{ language_config: { languages: ["fr"] }, diarization: true, subtitles: false, pii_redaction: true },
      ...{ translation: true, translation_config: { target_languages: ["en"] }, sentiment_analysis: true },
      ...{ custom_vocabulary: ["Gladia"], summarization: true, custom_metadata: { room: 7 } },
    };
    should(readLiveOptions({ account })).eql({
      options: {
        language_config: { languages: ["fr"] },
        realtime_processing: {
          ...{ translation: true, translation_config: { target_languages: ["en"] }, sentiment_analysis: true },
          ...{ custom_vocabulary: true, custom_vocabulary_config: { vocabulary: ["Gladia"] } },
        },
        post_processing: { summarization: true },
        custom_metadata: { room: 7 },
      },
      old: ["custom_vocabulary"],
      left: ["callback", "diarization", "pii_redaction"],
    });
  });

  it("are laid over one another, and null takes away", () => {
    const { options } = readLiveOptions({
      account: { translation: true, translation_config: { target_languages: ["en"] }, summarization: true },
      preset: { named_entity_recognition: true },
      node: {
        realtime_processing: { translation_config: { model: "enhanced" } },
        endpointing: 0.3,
        post_processing: null,
      },
      message: { endpointing: 0.5, realtime_processing: { named_entity_recognition: null } },
    });
    should(options).eql({
      realtime_processing: { translation: true, translation_config: { target_languages: ["en"], model: "enhanced" } },
      endpointing: 0.5,
    });
  });

  it("may be written as those of recordings in the node and the message, too", () => {
    const { options } = readLiveOptions({ node: { sentiment_analysis: true }, message: { detect_language: true } });
    should(options).eql({ realtime_processing: { sentiment_analysis: true }, language_config: { languages: [] } });
  });

  it("may say a callback in an older shape, which has no method in sessions", () => {
    for (const name of ["callback_url", "webhook_url"]) {
      const url = "https://a.example/live";
      const { options, old } = readLiveOptions({ message: { [name]: url } });
      should(options).eql({ callback: true, callback_config: { url } });
      should(old).eql([name]);
    }
  });

  it("become those of recordings, without what only sessions have, and back", () => {
    const both = {
      language_config: { languages: ["de"] },
      translation: true,
      translation_config: { target_languages: ["fr"] },
      summarization: true,
      custom_metadata: { room: "hall" },
      of_tomorrow: 1,
    };
    const live = liveShape(both, true).options;
    should(live).have.properties(["realtime_processing", "post_processing"]);
    const only = {
      endpointing: 1,
      pre_processing: { audio_enhancer: true },
      messages_config: {},
      callback: true,
      model: "x",
    };
    should(recordedShape({ ...live, ...only })).eql(both);
    should(recordedShape({ realtime_processing: null, post_processing: undefined })).eql({});
  });

  it("are data, whatever their names are", () => {
    for (const name of ["__proto__", "constructor", "toString"]) {
      const message = JSON.parse(`{"${name}": {"translation": true}, "endpointing": 1}`);
      const { options } = readLiveOptions({ message });
      should(options["translation"]).equal(undefined);
      should(Object.getPrototypeOf(options)).equal(Object.prototype);
      should(options["endpointing"]).equal(1);
    }
  });

  it("that are unknown pass where they came with the message", () => {
    const message = { end_of_turn: { threshold: 0.5 }, pre_processing: { new_filter: true } };
    should(readLiveOptions({ message }).options).eql(message);
    should(() => readLiveOptions({ node: { pre_processing: { new_filter: true } } })).throw({ key: "options-invalid" });
  });

  it("are told all faults at once", () => {
    const faults = (message: object) => {
      try {
        readLiveOptions({ message: message as Record<string, unknown> });
      } catch (error) {
        const { code, params } = error as {
          code: string;
          params: { faults: { key: string; params: { option?: string } }[] };
        };
        should(code).equal("GLADIA_OPTIONS");
        return params.faults.map(({ key, params: { option } }) => [key, option]);
      }
      return [];
    };
    should(
      faults({
        ...{ sample_rate: 8000, diarization: true, endpointing: 20, maximum_duration_without_endpointing: 1 },
        ...{ endpoint: 1, pre_processing: { speech_treshold: 0.5 }, messages_config: { receive_errors: "no" } },
        realtime_processing: { translation: true, custom_spelling_config: {} },
      }),
    ).eql([
      ["option-live-format", "sample_rate"],
      ["option-not-live", "diarization"],
      ["option-max", "endpointing"],
      ["option-min", "maximum_duration_without_endpointing"],
      ["option-misspelt", "pre_processing.speech_treshold"],
      ["option-boolean", "messages_config.receive_errors"],
      ["option-required", "realtime_processing.custom_spelling_config.spelling_dictionary"],
      ["option-required", "realtime_processing.translation_config.target_languages"],
    ]);
  });
});
