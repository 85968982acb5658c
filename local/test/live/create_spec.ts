import "should";
import { call, closeAll, start } from "../support/engine";
import { session } from "../support/live";

describe("POST /v2/live", () => {
  afterEach(closeAll);

  /** The faults of a request that is refused. */
  async function faultsOf(body: unknown, query = ""): Promise<string[]> {
    const engine = await start();
    const answer = await call(engine, "POST", `/v2/live${query}`, body);
    answer.status.should.equal(400);
    engine.control.counts["live"].should.equal(1);
    return answer.body.validation_errors;
  }

  it("gives an id, the time and an address to connect to", async () => {
    const engine = await start();
    const { status, body } = await call(engine, "POST", "/v2/live?region=eu-west", {});
    status.should.equal(201);
    Object.keys(body).should.eql(["id", "created_at", "url"]);
    body.url.should.match(new RegExp(`^${engine.url.replace("http", "ws")}/v2/live\\?token=[0-9a-f-]{36}$`));
    body.url.should.not.containEql(body.id);
    Date.parse(body.created_at).should.be.approximately(Date.now(), 60_000);
    (await call(engine, "POST", "/v2/live/")).status.should.equal(201);
  });

  it("takes all that the API has", async () => {
    const engine = await start();
    await session(engine, {
      encoding: "wav/ulaw",
      bit_depth: 8,
      sample_rate: 8000,
      channels: 8,
      model: "solaria-1",
      endpointing: 0.01,
      maximum_duration_without_endpointing: 60,
      custom_metadata: { room: { floor: 2 } },
      language_config: { languages: ["en", "fr"], code_switching: true },
      pre_processing: { audio_enhancer: true, speech_threshold: 0.9 },
      realtime_processing: {
        custom_vocabulary: true,
        custom_vocabulary_config: { vocabulary: ["Gladia", { value: "Nietzsche", intensity: 0.4 }] },
        custom_spelling: true,
        custom_spelling_config: { spelling_dictionary: { SQL: ["sequel"] } },
        translation: true,
        translation_config: { target_languages: ["fr", "wo"], model: "enhanced" },
        named_entity_recognition: true,
        sentiment_analysis: true,
      },
      post_processing: { summarization: true, summarization_config: { type: "concise" }, chapterization: false },
      messages_config: { receive_partial_transcripts: true, receive_pre_processing_events: false },
      callback: true,
      callback_config: { url: "https://example.org/x", receive_errors: true },
    });
  });

  it("names every fault at once", async () => {
    const faults = await faultsOf({
      encoding: "mp3",
      bit_depth: 12,
      sample_rate: 11_025,
      channels: 9,
      model: "solaria-3",
      endpointing: 0,
      maximum_duration_without_endpointing: 61,
      language_config: { languages: ["english"] },
      pre_processing: { speech_threshold: 2 },
      realtime_processing: { translation: true, custom_spelling: "yes" },
      post_processing: { summarization_config: { type: "long" } },
      messages_config: { receive_everything: true },
      callback: true,
      custom_metadata: { text: "x".repeat(2000) },
      diarization: true,
    });
    faults.should.containEql("encoding must be one of the following values: wav/pcm, wav/alaw, wav/ulaw");
    faults.should.containEql("bit_depth must be one of the following values: 8, 16, 24, 32");
    faults.should.containEql("sample_rate must be one of the following values: 8000, 16000, 32000, 44100, 48000");
    faults.should.containEql("channels must not be greater than 8");
    faults.should.containEql("model must be one of the following values: solaria-1");
    faults.should.containEql("endpointing must not be less than 0.01");
    faults.should.containEql("maximum_duration_without_endpointing must not be greater than 60");
    faults.should.containEql("pre_processing.speech_threshold must not be greater than 1");
    faults.should.containEql("realtime_processing.translation_config should not be empty");
    faults.should.containEql("realtime_processing.custom_spelling must be a boolean value");
    faults.should.containEql("messages_config.property receive_everything should not exist");
    faults.should.containEql("callback_config should not be empty");
    faults.should.containEql("property diarization should not exist");
    faults.should.containEql("custom_metadata must be shorter than or equal to 2000 characters once stringified");
    faults.some((fault) => fault.startsWith("language_config.languages must only contain")).should.be.true();
    faults.some((fault) => fault.startsWith("post_processing.summarization_config.type")).should.be.true();
  });

  it("takes the region in the address, not in the body", async () => {
    (await faultsOf({ region: "eu-west" })).should.eql(["property region should not exist"]);
    (await faultsOf({}, "?region=mars")).should.eql(["region must be one of the following values: us-west, eu-west"]);
  });

  it("takes no body for what it is, and refuses one that is no object", async () => {
    (await faultsOf([])).should.eql(["the body must be an object"]);
  });

  it("drops unknown fields when told so, and refuses languages it does not know", async () => {
    const engine = await start({ unknownFields: "ignore", languages: ["en"] });
    const { body } = await call(engine, "POST", "/v2/live", { region: "eu-west", language_config: { languages: [] } });
    const job = await call(engine, "GET", `/v2/live/${body.id}`);
    job.body.request_params.should.eql({ language_config: { languages: [] } });
    const french = await call(engine, "POST", "/v2/live", { language_config: { languages: ["fr"] } });
    french.status.should.equal(400);
    french.body.validation_errors[0].should.match(/must contain one of the following values: en/);
  });

  it("wants the key", async () => {
    const engine = await start();
    const none = await call(engine, "POST", "/v2/live", {}, { "x-gladia-key": "" });
    none.status.should.equal(401);
    none.body.message.should.equal("no gladia key provided");
    (await call(engine, "POST", "/v2/live", {}, { "x-gladia-key": "wrong" })).body.message.should.equal(
      "gladia user not found",
    );
  });

  it("answers 429 past the limit, until a session has ended", async () => {
    const engine = await start({ liveLimit: 1, retryAfter: 7, liveAbandoned: 200 });
    await session(engine);
    const refused = await call(engine, "POST", "/v2/live", {});
    refused.status.should.equal(429);
    refused.headers.get("retry-after")?.should.equal("7");
    refused.body.message.should.equal(
      "Maximum number of concurrent sessions reached. Your Free Trial plan allows only up to 1 sessions. Please visit https://app.gladia.io/ to upgrade your plan.",
    );
    engine.control.settings.liveLimit = 2;
    const second = await session(engine);
    engine.control.settings.liveLimit = 1;
    // Nobody connects: both end by themselves.
    let status = 429;
    while (status === 429) status = (await call(engine, "POST", "/v2/live", {})).status;
    status.should.equal(201);
    (await call(engine, "GET", `/v2/live/${second.id}`)).body.status.should.equal("done");
  });

  it("answers 501 when the recogniser only knows files", async () => {
    const files = {
      probe: async () => ({ extension: "wav", duration: 1, channels: 1 }),
      transcribe: async () => ({ duration: 1, distinctChannels: 1, utterances: [], warnings: [] }),
      close: async () => undefined,
    };
    const engine = await start({ recogniser: files });
    const { status, body } = await call(engine, "POST", "/v2/live", {});
    status.should.equal(501);
    body.message.should.match(/cannot listen live/);
    (await call(engine, "GET", "/v2/live")).body.items.should.eql([]);
  });
});
