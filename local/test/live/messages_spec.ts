import should from "should";
import { unsupported } from "../../src/result/addons";
import { call, closeAll, start } from "../support/engine";
import { connect, type LiveClient, sound, TWO } from "../support/live";

/** The kinds of messages that came, each once. */
function kinds(live: LiveClient): string[] {
  const names = live.messages.map(({ type, data }) =>
    type === "transcript" ? (data.is_final ? "final" : "partial") : type,
  );
  return [...new Set(names)].sort();
}

const ADD_ONS = {
  realtime_processing: {
    translation: true,
    translation_config: { target_languages: ["fr", "de"] },
    named_entity_recognition: true,
    sentiment_analysis: true,
  },
  post_processing: { summarization: true },
};
const POST = ["post_final_transcript", "post_transcript"];

describe("the messages of a live session", () => {
  afterEach(closeAll);

  const engineWith = async (text: string[], options = {}) => {
    const engine = await start(options);
    engine.control.script({ text });
    return engine;
  };

  it("come as the switches say", async () => {
    const engine = await engineWith(["Hello there.", "Good bye."]);
    const run = async (messages_config?: Record<string, boolean>) => {
      const live = await connect(engine, { ...ADD_ONS, ...(messages_config === undefined ? {} : { messages_config }) });
      live.audio(TWO);
      live.stop();
      await live.closed();
      return kinds(live);
    };
    const realtime = ["named_entity_recognition", "sentiment_analysis", "translation"];
    const speech = ["speech_end", "speech_start"];
    const post = ["post_summarization", ...POST];
    const acks = ["audio_chunk", "stop_recording"];
    const all = {
      partial: ["partial"],
      final: ["final"],
      speech,
      realtime,
      post,
      acks,
      lifecycle: ["end_recording", "end_session", "start_recording"],
    };
    const sorted = (...lists: string[][]) => lists.flat().sort();
    (await run()).should.eql(sorted(all.final, speech, realtime, post, acks));
    const switches = {
      partial: "receive_partial_transcripts",
      final: "receive_final_transcripts",
      speech: "receive_speech_events",
      realtime: "receive_realtime_processing_events",
      post: "receive_post_processing_events",
      acks: "receive_acknowledgments",
      lifecycle: "receive_lifecycle_events",
    } as const;
    const off = Object.fromEntries(Object.values(switches).map((name) => [name, false]));
    (await run(off)).should.eql([]);
    for (const [kind, name] of Object.entries(switches))
      (await run({ ...off, [name]: true })).should.eql(sorted(all[kind as keyof typeof all]), name);
  });

  it("hold what the API documents", async () => {
    const engine = await engineWith(["Hello Ann.", "Good bye."]);
    const live = await connect(engine, {
      ...ADD_ONS,
      messages_config: { receive_partial_transcripts: true, receive_lifecycle_events: true },
    });
    live.audio(TWO);
    live.stop();
    await live.closed();
    for (const message of live.messages) {
      message.session_id.should.equal(live.id);
      new Date(message.created_at).toISOString().should.equal(message.created_at);
    }
    live
      .of("speech_start")
      .map(({ data }) => data)
      .should.eql([
        { time: 0.2, channel: 0 },
        { time: 1.8, channel: 0 },
      ]);
    live
      .of("speech_end")
      .map(({ data }) => data.time)
      .should.eql([1.2, 2.8]);
    const transcripts = live.of("transcript").map(({ data }) => data);
    const [partial] = transcripts;
    partial.is_final.should.be.false();
    const [final, second] = transcripts.filter(({ is_final }) => is_final);
    final.id.should.equal(partial.id);
    second.id.should.not.equal(final.id);
    final.utterance.should.containEql({ text: " Hello Ann.", start: 0.2, language: "en", channel: 0 });
    final.utterance.words.map(({ word }: { word: string }) => word).should.eql([" Hello", " Ann."]);
    const translations = live.of("translation");
    translations
      .map(({ data }) => [data.utterance_id, data.original_language, data.target_language])
      .should.eql([
        [final.id, "en", "fr"],
        [final.id, "en", "de"],
        [second.id, "en", "fr"],
        [second.id, "en", "de"],
      ]);
    should(translations[0].error).be.null();
    translations[0].data.utterance.should.eql(final.utterance);
    translations[0].data.translated_utterance.text.should.match(/^\[fr\]/);
    live.of("named_entity_recognition")[0].data.results.should.containDeep([{ text: "Ann." }]);
    live.of("sentiment_analysis")[0].data.results[0].should.containEql({ sentiment: "neutral", channel: 0 });
    live.of("end_recording")[0].data.should.eql({ recording_duration: 3.4 });
    const [transcription] = live.of("post_transcript");
    transcription.data.full_transcript.should.equal("Hello Ann. Good bye.");
    live.of("post_summarization")[0].should.containEql({ error: null });
    live.of("post_summarization")[0].data.results.should.match(/Hello Ann/);
    const [whole] = live.of("post_final_transcript");
    whole.data.transcription.should.eql(transcription.data);
    whole.data.metadata.should.containEql({ audio_duration: 3.4, number_of_distinct_channels: 1, billing_time: 3.4 });
    whole.data.translation.results
      .map(({ languages }: { languages: string[] }) => languages)
      .should.eql([["fr"], ["de"]]);
    const { result } = (await call(engine, "GET", `/v2/live/${live.id}`)).body;
    const { messages, ...rest } = result;
    rest.should.eql(whole.data);
    messages
      .map((text: string) => JSON.parse(text))
      .should.eql(live.messages.filter(({ type }) => type !== "audio_chunk"));
  });

  it("tell that an add-on cannot be made, with data that is null", async () => {
    const engine = await engineWith(["Hello there."], { addOns: "unsupported" });
    const live = await connect(engine, ADD_ONS);
    live.audio(TWO.subarray(0, 45_000));
    live.stop();
    await live.closed();
    for (const name of ["translation", "named_entity_recognition", "sentiment_analysis", "post_summarization"]) {
      const [message] = live.of(name);
      should(message.data).be.null();
      message.error.should.containEql({ status_code: 501, exception: "NotAvailable" });
    }
    live.of("translation").should.have.length(2);
    const [whole] = live.of("post_final_transcript");
    for (const name of Object.keys(unsupported).filter((flag) => flag in whole.data))
      whole.data[name].should.containEql({ success: false, results: null });
    whole.data.should.have.property("summarization");
  });

  it("carry what vocabulary and spelling make of the words", async () => {
    const engine = await engineWith(["I ask gladya about sequel."]);
    const live = await connect(engine, {
      realtime_processing: {
        custom_vocabulary: true,
        custom_vocabulary_config: { vocabulary: ["Gladia"], default_intensity: 0.6 },
        custom_spelling: true,
        custom_spelling_config: { spelling_dictionary: { SQL: ["sequel"] } },
      },
    });
    live.audio(TWO.subarray(0, 45_000));
    live.stop();
    await live.closed();
    live.finals.should.eql([" I ask Gladia about SQL."]);
    live.of("post_transcript")[0].data.full_transcript.should.equal("I ask Gladia about SQL.");
  });

  it("are kept for the result even when nobody wants finals", async () => {
    const engine = await engineWith(["Hello there."]);
    const live = await connect(engine, { messages_config: { receive_final_transcripts: false } });
    live.audio(TWO.subarray(0, 45_000));
    live.stop();
    await live.closed();
    live.finals.should.eql([]);
    const { result } = (await call(engine, "GET", `/v2/live/${live.id}`)).body;
    result.transcription.full_transcript.should.equal("Hello there.");
    result.messages.filter((text: string) => text.includes('"transcript"')).should.be.empty();
  });

  it("are those of several channels, each for itself", async () => {
    const engine = await start();
    engine.control.script({
      text: [
        { text: "On the left.", channel: 0 },
        { text: "On the right.", channel: 1 },
      ],
    });
    const stereo = Buffer.alloc(TWO.length);
    for (let at = 0; at < TWO.length / 2; at += 2) {
      stereo.writeInt16LE(TWO.readInt16LE(at), at * 2);
      if (at > 40_000) stereo.writeInt16LE(TWO.readInt16LE(at - 40_000), at * 2 + 2);
    }
    const live = await connect(engine, { channels: 2 });
    live.audio(stereo);
    live.stop();
    await live.closed();
    live
      .of("transcript")
      .map(({ data }) => [data.utterance.channel, data.utterance.text])
      .should.eql([
        [0, " On the left."],
        [1, " On the right."],
      ]);
    live
      .of("speech_start")
      .map(({ data }) => data.channel)
      .should.eql([0, 1]);
  });

  it("cut at pauses of 0.3 s and more, however little was asked for, and at the longest duration", async () => {
    const engine = await start();
    const texts = async (options: object, audio: Buffer) => {
      const live = await connect(engine, options);
      live.audio(audio);
      live.stop();
      await live.closed();
      return live.finals.length;
    };
    const near = sound([0.5, 300], [0.22, 0], [0.6, 400], [0.5, 0]);
    (await texts({}, near)).should.equal(1);
    (await texts({ endpointing: 0.01 }, near)).should.equal(1);
    const apart = sound([0.5, 300], [0.6, 0], [0.6, 400], [0.5, 0]);
    (await texts({ endpointing: 0.05 }, apart)).should.equal(2);
    (await texts({ endpointing: 0.8 }, apart)).should.equal(1);
    (await texts({}, sound([12, 300]))).should.equal(3);
    (await texts({ maximum_duration_without_endpointing: 20 }, sound([12, 300]))).should.equal(1);
  });
});
