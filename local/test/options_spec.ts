import should from "should";
import { checkCreate } from "../src/options/validate";
import { call, closeAll, start } from "./support/engine";

const AUDIO = { audio_url: "https://example.org/a.wav" };
const ANY = { unknownFields: "reject", languages: "any" } as const;

/** The faults of a request that is all right but for these fields. */
function faults(fields: object): string[] {
  return checkCreate({ ...AUDIO, ...fields }, ANY).faults ?? [];
}

describe("checking a create request", () => {
  it("takes every option of the API", () => {
    faults({
      model: "solaria-3",
      language_config: { languages: ["en", "fr"], code_switching: true },
      custom_vocabulary: true,
      custom_vocabulary_config: {
        vocabulary: ["Gladia", { value: "Nietzsche", pronunciations: ["Niche"], intensity: 0.4, language: "de" }],
        default_intensity: 0.4,
      },
      custom_spelling: true,
      custom_spelling_config: { spelling_dictionary: { SQL: ["sequel"], "a/b": ["a b"] } },
      callback: true,
      callback_config: { url: "http://127.0.0.1:1880/hook", method: "PUT" },
      callback_url: "https://example.org/hook",
      subtitles: true,
      subtitles_config: {
        formats: ["srt", "vtt"],
        minimum_duration: 0,
        maximum_duration: 30,
        maximum_characters_per_row: 1,
        maximum_rows_per_caption: 5,
        style: "compliance",
      },
      diarization: true,
      diarization_config: { number_of_speakers: 3, min_speakers: 1, max_speakers: 5 },
      translation: true,
      translation_config: {
        target_languages: ["fr", "wo"],
        model: "base",
        match_original_utterances: true,
        lipsync: false,
        context_adaptation: true,
        context: "",
        informal: true,
      },
      summarization: true,
      summarization_config: { type: "bullet_points" },
      named_entity_recognition: true,
      sentiment_analysis: true,
      audio_to_llm: true,
      audio_to_llm_config: { prompts: ["Why?"], model: "openai/gpt-5.4-nano" },
      pii_redaction: true,
      pii_redaction_config: { entity_types: ["GDPR", "NAME"], processed_text_type: "MASK" },
      sentences: true,
      punctuation_enhanced: true,
      custom_metadata: { deep: { list: [1, null, "x"] } },
    }).should.eql([]);
    faults({ pii_redaction_config: { entity_types: "GDPR" } }).should.eql([]);
    faults({ language_config: { languages: [] } }).should.eql([]);
  });

  it("names every fault at once, each once, in the API's words", () => {
    const found = faults({
      audio_url: "no address",
      model: "solaria-9",
      language_config: { languages: ["xx", "yy", "en"], code_switching: "yes" },
      translation_config: { target_languages: [], model: 1, formal: true },
      subtitles_config: { formats: ["ass"], maximum_duration: 31, maximum_rows_per_caption: 0.5 },
      audio_to_llm_config: { prompts: [1, ["x"]] },
      custom_vocabulary_config: { vocabulary: [3, { intensity: 2 }], default_intensity: -1 },
      callback_config: { method: "GET" },
      pii_redaction_config: { entity_types: "SECRETS" },
      custom_spelling_config: { spelling_dictionary: { SQL: "sequel" } },
      detect_language: true,
    });
    for (const said of [
      /^audio_url must be a URL address$/,
      /^model must be one of the following values: solaria-1, solaria-3, solaria-fusion$/,
      /^language_config\.languages must only contain the following values: af, am, ar, .*, zh$/,
      /^language_config\.code_switching must be a boolean value$/,
      /^translation_config\.target_languages must contain at least 1 elements$/,
      /^translation_config\.model must be a string$/,
      /^translation_config\.property formal should not exist$/,
      /^subtitles_config\.formats must only contain the following values: srt, vtt$/,
      /^subtitles_config\.maximum_duration must not be greater than 30$/,
      /^subtitles_config\.maximum_rows_per_caption must be an integer number$/,
      /^subtitles_config\.maximum_rows_per_caption must not be less than 1$/,
      /^audio_to_llm_config\.each value in prompts must be a string$/,
      /^custom_vocabulary_config\.each value in vocabulary must be a string or an object$/,
      /^custom_vocabulary_config\.vocabulary\.1\.value should not be empty$/,
      /^custom_vocabulary_config\.vocabulary\.1\.intensity must not be greater than 1$/,
      /^custom_vocabulary_config\.default_intensity must not be less than 0$/,
      /^callback_config\.url should not be empty$/,
      /^callback_config\.method must be one of the following values: POST, PUT$/,
      /^pii_redaction_config\.entity_types must be one of the following values: APPI, /,
      /^custom_spelling_config\.spelling_dictionary\.SQL must be an array$/,
      /^property detect_language should not exist$/,
    ]) {
      found.filter((fault) => said.test(fault)).should.have.length(1, `${said} in\n${found.join("\n")}`);
    }
  });

  it("asks for the settings an add-on cannot do without", () => {
    faults({ callback: true, translation: true, custom_vocabulary: true, custom_spelling: true, audio_to_llm: true })
      .sort()
      .should.eql([
        "audio_to_llm_config should not be empty",
        "callback_config should not be empty",
        "custom_spelling_config should not be empty",
        "custom_vocabulary_config should not be empty",
        "translation_config should not be empty",
      ]);
    faults({
      translation_config: {},
      audio_to_llm_config: {},
      custom_vocabulary_config: {},
      custom_spelling_config: {},
    })
      .sort()
      .should.eql([
        "audio_to_llm_config.prompts should not be empty",
        "custom_spelling_config.spelling_dictionary should not be empty",
        "custom_vocabulary_config.vocabulary should not be empty",
        "translation_config.target_languages should not be empty",
      ]);
    faults({ translation: false, diarization: true, subtitles: true }).should.eql([]);
  });

  it("refuses metadata past 2000 characters and takes 2000", () => {
    const text = "x".repeat(2000 - '{"a":""}'.length);
    faults({ custom_metadata: { a: text } }).should.eql([]);
    faults({ custom_metadata: { a: `${text}x` } })[0]?.should.match(/^custom_metadata must be shorter than .* 2000/);
    faults({ custom_metadata: "text" }).should.eql(["custom_metadata must be an object"]);
  });

  it("drops what the API does not know when told so, and leaves the request itself alone", () => {
    const body = { ...AUDIO, detect_language: true, translation_config: { target_languages: ["fr"], formal: true } };
    const { value } = checkCreate(body, { ...ANY, unknownFields: "ignore" });
    should(value).eql({ ...AUDIO, translation_config: { target_languages: ["fr"] } });
    body.should.have.property("detect_language");
  });

  it("refuses languages the recogniser does not know, and takes them beside one it does", () => {
    const english = { unknownFields: "reject", languages: ["en"] } as const;
    const asked = (languages: string[]) =>
      checkCreate({ ...AUDIO, language_config: { languages } }, { ...english, languages: ["en"] }).faults ?? [];
    asked(["fr", "de"]).should.eql([
      "language_config.languages must contain one of the following values: en (the only ones the local engine understands)",
    ]);
    asked(["fr", "en"]).should.eql([]);
    asked([]).should.eql([]);
    asked(["xx"]).should.have.length(2);
  });
});

describe("a create request that is wrong", () => {
  afterEach(closeAll);

  it("is answered 400 with all faults and makes no job", async () => {
    const engine = await start({ languages: ["en"] });
    const body = { audio_url: 5, diarization: "yes", language_config: { languages: ["fr"] } };
    const answer = await call(engine, "POST", "/v2/pre-recorded", body);
    answer.status.should.equal(400);
    answer.body.message.should.equal("Invalid parameter(s). See validation_errors for more details.");
    answer.body.validation_errors.should.have.length(3);
    for (const nonsense of [[], "text", 5, null]) {
      (await call(engine, "POST", "/v2/pre-recorded", JSON.stringify(nonsense))).status.should.equal(400);
    }
    const missing = await call(engine, "POST", "/v2/pre-recorded");
    missing.body.validation_errors.should.eql(["audio_url should not be empty"]);
    engine.control.jobs.should.eql([]);
  });

  it("is known by the old path too, and by the switch for unknown fields", async () => {
    const engine = await start();
    const body = { ...AUDIO, detect_language: true };
    const refused = await call(engine, "POST", "/v2/transcription", body);
    refused.body.validation_errors.should.eql(["property detect_language should not exist"]);
    engine.control.settings.unknownFields = "ignore";
    (await call(engine, "POST", "/v2/transcription", body)).status.should.equal(201);
  });
});
