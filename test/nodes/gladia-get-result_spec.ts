import should from "should";
import { type Engine, startEngine, wav } from "../support/engine";
import { Flow } from "../support/flow";

describe("gladia-get-result", () => {
  let engine: Engine & { folder: string };
  const account = (more: object = {}) => ({ apiUrl: engine.url, ...more });
  const submitOnly = { type: "gladia-transcribe", wait: "no" };

  /** The id of a job that was just made. */
  const submitted = async (filename = "x.wav"): Promise<string> => {
    const { out } = await (await Flow.start([submitOnly], account())).run({ payload: wav(), filename });
    await Flow.stop();
    return String(out[0]?.payload);
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

  it("chains: upload, transcribe without waiting, get the result", async () => {
    engine.control.script({ queued: 100, processing: 2000 });
    const flow = await Flow.start([{ type: "gladia-upload" }, submitOnly, { type: "gladia-get-result" }], account());
    const { out, progress } = await flow.run({ payload: wav(), filename: "a.wav", topic: "t" });
    should(out).have.length(1);
    const [msg] = out;
    should(msg?.payload).startWith("speech of a.wav");
    should(msg?.gladia).have.properties(["audio_url", "audio_metadata", "id", "result_url", "job", "text"]);
    should(msg?.["topic"]).equal("t");
    should(engine.control.counts.upload).equal(1);
    should(engine.control.jobs).have.length(1);
    should(progress.map(({ payload }) => payload.status)).containEql("processing");
    should(new Set(progress.map(({ payload }) => payload.id))).eql(new Set([msg?.gladia?.id]));
  });

  it("gives id and result_url at once when not waiting", async () => {
    const flow = await Flow.start([submitOnly], account());
    const { out } = await flow.run({ payload: wav() });
    should(out[0]?.payload).equal(engine.control.jobs[0]?.id);
    should(out[0]?.gladia?.result_url).equal(`${engine.url}/v2/pre-recorded/${out[0]?.payload}`);
  });

  it("passes on what is done already, without a request", async () => {
    const flow = await Flow.start(
      [{ type: "gladia-transcribe" }, { type: "gladia-get-result", output: "srt" }],
      account(),
    );
    const { out } = await flow.run({ payload: wav() });
    should(out[0]?.payload).match(/^1\n00:00:00,000 --> /);
    should(engine.control.counts.get).equal(engine.control.requests.filter(({ route }) => route === "get").length);
    should(engine.control.jobs).have.length(1);
  });

  it("reads an id, a job, a result_url and any field", async () => {
    const id = await submitted();
    const reading = await Flow.start([{ type: "gladia-get-result" }], account());
    const { out } = await reading.run(
      { payload: id },
      { payload: { id } },
      { payload: `${engine.url}/v2/pre-recorded/${id}` },
      { payload: "two words", gladia: { id } },
    );
    should(out).have.length(4);
    for (const { payload } of out) should(payload).startWith("speech of x.wav");
    await Flow.stop();
    const field = await Flow.start([{ type: "gladia-get-result", job: "data.job", jobType: "msg" }], account());
    should((await field.run({ payload: 1, data: { job: id } })).out).have.length(1);
  });

  it("takes no word for an id that another Put into left in the payload", async () => {
    const place = { property: "job", propertyType: "msg" };
    const id = await submitted();
    const reading = await Flow.start([{ type: "gladia-get-result", ...place }], account());
    const { out } = await reading.run(
      { payload: "doorbell", gladia: { id } },
      { payload: { id: "front-door" }, gladia: { id } },
      { payload: "https://cameras.test/doorbell", gladia: { id } },
    );
    should(out).have.length(3);
    for (const msg of out) {
      should(msg["job"]).startWith("speech of x.wav");
      should(msg.gladia?.id).equal(id);
    }
    should(out[0]?.payload).equal("doorbell");
  });

  it("takes the id in the field before the one in msg.gladia", async () => {
    const [first, second] = [await submitted("x.wav"), await submitted("y.wav")];
    const flow = await Flow.start([{ type: "gladia-get-result" }], account());
    const { out } = await flow.run({ payload: second, gladia: { id: first } });
    should(out[0]?.payload).startWith("speech of y.wav");
    const { caught } = await flow.run({ payload: "another-id", gladia: { id: "an-id" } });
    should(caught[0]?.error.cause.id).equal("another-id"); // a server whose ids have another form
  });

  it("takes a word in the payload for none where the node before has put the id elsewhere", async () => {
    const flow = await Flow.start([{ ...submitOnly, property: "job" }, { type: "gladia-get-result" }], account());
    const { out, caught } = await flow.run({ payload: wav(), filename: "a.wav" });
    should(caught).eql([]);
    should(out[0]?.payload).startWith("speech of a.wav");
    await Flow.stop();
    const audio = { audio: "voice", audioType: "msg", property: "job" };
    const kept = await Flow.start([{ ...submitOnly, ...audio }, { type: "gladia-get-result" }], account());
    const second = await kept.run({ payload: "doorbell", voice: wav(), filename: "b.wav" });
    should(second.caught).eql([]);
    should(second.out[0]?.payload).startWith("speech of b.wav");
  });

  it("tells an id that does not exist", async () => {
    const flow = await Flow.start([{ type: "gladia-get-result" }], account());
    const { caught } = await flow.run({ payload: "11111111-2222-3333-4444-555555555555" });
    should(caught[0]?.error.code).equal("GLADIA_NOT_FOUND");
    should(caught[0]?.error.cause).containDeep({ status: 404, id: "11111111-2222-3333-4444-555555555555" });
    should(caught[0]?.["statusCode"]).equal(404);
  });

  it("tells that there is no id", async () => {
    const flow = await Flow.start([{ type: "gladia-get-result" }], account());
    const { caught } = await flow.run({ payload: undefined }, { payload: 5 });
    should(caught.map(({ error }) => error.code)).eql(["GLADIA_CONFIG", "GLADIA_CONFIG"]);
  });

  it("keeps its own deadline", async () => {
    engine.control.script({ processing: 60_000 });
    const flow = await Flow.start([submitOnly, { type: "gladia-get-result", deadline: "0.4" }], account());
    const { caught } = await flow.run({ payload: wav() });
    should(caught[0]?.error.code).equal("GLADIA_TIMEOUT");
  });

  describe("what msg.payload becomes", () => {
    const said = [
      { text: "Good morning.", start: 0, end: 1, channel: 0 },
      { text: "Morning! What is that?", start: 1.2, end: 2.5, channel: 1 },
      { text: "The post.", start: 3, end: 4, channel: 0 },
    ];
    const outputs: [string, (payload: never) => void][] = [
      ["text", (payload: string) => should(payload).startWith("Good morning.")],
      ["job", (payload: { status: string }) => should(payload.status).equal("done")],
      ["utterances", (payload: unknown[]) => should(payload).have.length(3)],
      [
        "dialogue",
        (payload: string) =>
          should(payload.split("\n")).eql([
            "Speaker 1: Good morning.",
            "Speaker 2: Morning! What is that?",
            "Speaker 1: The post.",
          ]),
      ],
      [
        "srt",
        (payload: string) =>
          should(payload).match(/\n2\n00:00:01,200 --> 00:00:0[23],\d{3}\nMorning! What is that\?\n/),
      ],
      ["vtt", (payload: string) => should(payload).match(/^WEBVTT\n\n00:00:00\.000 --> /)],
      ["translations", (payload: object) => should(payload).eql({ fr: "Bonjour." })],
    ];
    for (const [output, check] of outputs) {
      it(output, async () => {
        engine.control.script({
          text: said,
          addOns: {
            translation: {
              results: [{ error: null, full_transcript: "Bonjour.", languages: ["fr"], utterances: [] }],
            },
          },
        });
        const flow = await Flow.start([{ type: "gladia-transcribe", output }], account());
        const options = { translation: true, translation_config: { target_languages: ["fr"] } };
        const { out, caught } = await flow.run({ payload: wav(4), options });
        should(caught).be.empty();
        check(out[0]?.payload as never);
      });
    }
  });

  it("takes the API's own subtitles where it made them", async () => {
    engine.control.script({ text: ["One caption."] });
    const flow = await Flow.start([{ type: "gladia-transcribe", output: "srt" }], account());
    const { out } = await flow.run({
      payload: wav(),
      options: { subtitles: true, subtitles_config: { formats: ["srt"] } },
    });
    const made = out[0]?.gladia?.job?.result?.transcription?.subtitles?.[0]?.subtitles;
    should(out[0]?.payload).equal(made);
  });
});
