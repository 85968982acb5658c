import should from "should";
import { type Engine, startEngine, wav } from "../support/engine";
import { Flow } from "../support/flow";

describe("transcription options", () => {
  let engine: Engine & { folder: string };
  const account = (options?: object) => ({ apiUrl: engine.url, ...(options ? { options } : {}) });
  /** What the first create sent, without what is ours. */
  const sent = async () => {
    const job = engine.control.jobs[0];
    const answer = await fetch(`${engine.url}/v2/pre-recorded/${job?.id}`, { headers: { "x-gladia-key": "key" } });
    return ((await answer.json()) as { request_params: Record<string, unknown> }).request_params;
  };

  before(async () => {
    engine = await startEngine();
  });
  after(() => engine.close());
  beforeEach(() => {
    engine.control.reset();
    engine.control.settings.languages = "any";
  });
  afterEach(() => Flow.stop());

  it("lays the message over the node over the account, and null removes", async () => {
    const flow = await Flow.start(
      [{ type: "gladia-transcribe", options: { diarization: true, language_config: { languages: ["fr"] } } }],
      account({ sentences: true, diarization: false, language_config: { languages: ["en"], code_switching: true } }),
    );
    await flow.run({ payload: wav(), options: { sentences: null, subtitles: true } });
    should(await sent()).containDeep({
      diarization: true,
      subtitles: true,
      language_config: { languages: ["fr"], code_switching: true },
    });
    should((await sent())["sentences"]).not.equal(true);
    engine.control.reset();
    engine.control.settings.languages = "any";
    await flow.run({ payload: wav() });
    should(await sent()).containDeep({ sentences: true });
    should((await sent())["subtitles"]).not.equal(true);
  });

  it("keeps the user's own metadata beside its key", async () => {
    const flow = await Flow.start([{ type: "gladia-transcribe" }], account());
    await flow.run({ payload: wav(), options: { custom_metadata: { ticket: 17 } } });
    const metadata = engine.control.jobs[0]?.custom_metadata ?? {};
    should(metadata["ticket"]).equal(17);
    should(String(metadata["node_red_key"])).match(/^[0-9a-f-]{36}$/);
  });

  it("understands the source's older words, with one warning", async () => {
    const options = {
      diarization: true,
      diarization_config: { number_of_speakers: 3, min_speakers: 1, max_speakers: 5 },
      translation: true,
      translation_config: { model: "base", target_languages: ["fr", "en"] },
      subtitles: true,
      subtitles_config: { formats: ["srt", "vtt"] },
      detect_language: true,
      enable_code_switching: false,
    };
    const flow = await Flow.start([{ type: "gladia-transcribe", options }], account());
    const { out, warnings } = await flow.run({ payload: wav() });
    should(out).have.length(1);
    const params = await sent();
    should(params).containDeep({ ...options, detect_language: undefined, enable_code_switching: undefined });
    should(params["language_config"]).eql({ languages: [], code_switching: false });
    should(warnings.filter((text) => /detect_language, enable_code_switching/.test(text))).have.length(1);
  });

  const old: [object, object][] = [
    [{ language: "fr" }, { language_config: { languages: ["fr"] } }],
    [{ detect_language: false, language: "de" }, { language_config: { languages: ["de"] } }],
    [{ language_config: { languages: ["jp"] } }, { language_config: { languages: ["ja"] } }],
    [
      { enable_code_switching: true, code_switching_config: { languages: ["fr", "en"] } },
      { language_config: { languages: ["fr", "en"], code_switching: true } },
    ],
    [
      { custom_vocabulary: ["Gladia"] },
      { custom_vocabulary: true, custom_vocabulary_config: { vocabulary: ["Gladia"] } },
    ],
    [{ custom_prompt: "Sum up" }, { audio_to_llm: true, audio_to_llm_config: { prompts: ["Sum up"] } }],
    [
      { toggle_diarization: true, diarization_max_speakers: 2 },
      { diarization: true, diarization_config: { max_speakers: 2 } },
    ],
    [{ moderation: true, diarization: true }, { diarization: true }],
  ];
  for (const [given, wanted] of old) {
    it(`sends ${JSON.stringify(given)} in today's shape`, async () => {
      const flow = await Flow.start([{ type: "gladia-transcribe" }], account());
      const { caught, warnings } = await flow.run({ payload: wav(), options: given });
      should(caught).be.empty();
      should(await sent()).containDeep(wanted);
      should(warnings.filter((text) => /Old option names/.test(text))).have.length(1);
    });
  }

  it("tells every fault at once and sends nothing", async () => {
    const options = {
      diarization: "yes",
      diarization_config: { min_speakers: 4, max_speakers: 2 },
      translation: true,
      summarization_config: { type: "paragraph" },
      subtitles_config: { minimum_duration: 70, maximum_duration: 60, formats: [] },
      language_config: { languages: ["xx"] },
      diarisation: true,
      custom_spelling: true,
      custom_metadata: { long: "x".repeat(2001) },
    };
    const flow = await Flow.start([{ type: "gladia-transcribe", options }], account());
    const { caught } = await flow.run({ payload: wav() });
    should(caught[0]?.error.code).equal("GLADIA_OPTIONS");
    const faults: string[] = caught[0]?.error.cause.validation_errors;
    for (const name of [
      "diarization must",
      "min_speakers",
      "translation_config.target_languages",
      "summarization_config.type",
      "subtitles_config.maximum_duration",
      "subtitles_config.minimum_duration (70) is greater",
      "subtitles_config.formats",
      "language_config.languages[0]",
      "diarisation is not an option of Gladia's API; did you mean diarization",
      "custom_spelling_config.spelling_dictionary",
      "custom_metadata",
    ]) {
      should(faults.some((fault) => fault.includes(name))).equal(true, `${name} in ${faults.join("\n")}`);
    }
    should(engine.control.requests).be.empty();
  });

  it("names the option that was meant by a slip, also in a message", async () => {
    const flow = await Flow.start([{ type: "gladia-transcribe" }], account());
    const { caught } = await flow.run({ payload: wav(), options: { diarisation: true } });
    should(caught[0]?.error.message).match(/did you mean diarization/);
  });

  it("passes on options that this package does not know, wherever they were written", async () => {
    const options = { audio_enhancement: true };
    const flow = await Flow.start([{ type: "gladia-transcribe", options }], account({ brand_new_account: 1 }));
    const message = { payload: wav(), options: { brand_new_thing: { level: 3 } } };
    const { caught } = await flow.run(message);
    const faults = caught[0]?.error.cause.validation_errors.join();
    for (const name of ["audio_enhancement", "brand_new_account", "brand_new_thing"])
      should(faults).match(RegExp(name));
    engine.control.settings.unknownFields = "ignore";
    should((await flow.run(message)).out).have.length(1);
  });

  describe("presets", () => {
    const presets = { interview: { diarization: true, sentences: null, summarization: true } };
    const start = (node: object) =>
      Flow.start([{ type: "gladia-transcribe", ...node }], {
        ...account({ sentences: true, diarization: false }),
        presets,
      });

    it("lie between the account and the node", async () => {
      const flow = await start({ preset: "interview", options: { summarization: false } });
      await flow.run({ payload: wav() });
      should(await sent()).containDeep({ diarization: true, summarization: false });
      should((await sent())["sentences"]).not.equal(true);
    });

    it("that are gone are told, and nothing is sent", async () => {
      const flow = await start({ preset: "toString" });
      const { caught } = await flow.run({ payload: wav() });
      should(caught[0]?.error.code).equal("GLADIA_CONFIG");
      should(caught[0]?.error.message).match(/no preset called "toString"/);
      should(engine.control.requests).be.empty();
    });
  });

  it("reports what the server alone finds wrong", async () => {
    const flow = await Flow.start([{ type: "gladia-transcribe" }], account());
    const { caught } = await flow.run({ payload: wav(), options: { brand_new_thing: true } });
    should(caught[0]?.error.code).equal("GLADIA_REJECTED");
    should(caught[0]?.error.cause.status).equal(400);
    should(caught[0]?.["statusCode"]).equal(400);
    should(caught[0]?.error.cause.validation_errors[0]).match(/brand_new_thing/);
    should(caught[0]?.error.cause.request_id).be.a.String();
  });

  it("refuses options that are no object", async () => {
    const flow = await Flow.start([{ type: "gladia-transcribe" }], account());
    const { caught } = await flow.run({ payload: wav(), options: ["diarization"] as never });
    should(caught[0]?.error.code).equal("GLADIA_OPTIONS");
  });
});
