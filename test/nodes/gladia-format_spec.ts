import should from "should";
import { type Engine, startEngine, wav } from "../support/engine";
import { Flow, type Msg, until } from "../support/flow";
import helper from "../support/helper";
import { longJob } from "../support/transcripts";

const split = require("@node-red/nodes/core/sequence/17-split.js");
const csv = require("@node-red/nodes/core/parsers/70-CSV.js");

const tenth = (seconds: number) => Math.round(seconds * 100) / 100;
const word = (text: string, start: number, end: number) => ({
  ...{ word: ` ${text}`, start: tenth(start), end: tenth(end), confidence: 0.9 },
});
const utterance = (speaker: number, start: number, text: string) => {
  const words = text.split(" ").map((one, i) => word(one, start + i * 0.4, start + i * 0.4 + 0.35));
  const about = { confidence: 0.9, channel: 0, speaker, language: "en" };
  return { text, start, end: tenth(start + words.length * 0.4), ...about, words };
};
const UTTERANCES = [
  utterance(0, 0, "Good morning, Ben. Did you sleep well?"),
  utterance(1, 4, 'Yes, "thank you", Anna.'),
  utterance(0, 7, "Then let us turn on the light."),
];
const text = UTTERANCES.map((one) => one.text).join(" ");
const french = { ...utterance(0, 0, "Bonjour Ben."), language: "fr" };
const job = () => ({
  id: "00000000-0000-4000-8000-000000000001",
  status: "done",
  kind: "pre-recorded",
  file: { filename: "a_b.wav" },
  result: {
    transcription: { full_transcript: text, languages: ["en"], utterances: structuredClone(UTTERANCES) },
    translation: { results: [{ languages: ["fr"], full_transcript: "Bonjour Ben.", utterances: [french] }] },
    summarization: { success: true, results: "They <greet>." },
    named_entity_recognition: { results: [{ entity_type: "NAME", text: "Anna", start: 4, end: 5 }] },
    chapterization: { results: [{ headline: "Morning", summary: "A greeting.", start: 0 }] },
  },
});
const message = (more: object = {}): Msg => ({
  payload: "x",
  topic: "t",
  gladia: { id: job().id, job: job(), text } as never,
  ...more,
});

describe("gladia-format", () => {
  afterEach(() => Flow.stop());

  const one = async (settings: object, msg: Msg = message()) => {
    const flow = await Flow.start([{ type: "gladia-format", ...settings }], null);
    const seen = await flow.run(msg);
    await Flow.stop();
    return seen;
  };
  const payload = async (settings: object, msg?: Msg) => {
    const { out, caught } = await one(settings, msg);
    should(caught.map(({ error }) => error.message)).eql([]);
    should(out).have.length(1);
    return out[0]?.payload;
  };
  const failure = async (settings: object, msg?: Msg) => {
    const { out, caught } = await one(settings, msg);
    should(out).be.empty();
    should(caught).have.length(1);
    return caught[0]?.error;
  };

  it("gives a job as text, dialogue, captions, minutes and tables, with names for speakers", async () => {
    const speakers = { 0: "Anna", 1: "Ben" };
    should(await payload({})).equal(text);
    should(await payload({ format: "dialogue" })).match(/^Speaker 1: Good morning.*\nSpeaker 2: Yes/);
    should(await payload({ format: "dialogue", speakers })).match(/^Anna: Good morning.*\nBen: Yes.*\nAnna: Then/);
    should(await payload({ format: "srt" })).match(
      /^1\n00:00:00,000 --> 00:00:02,750\nGood morning, Ben\. Did you sleep well\?\n\n2\n/,
    );
    should(await payload({ format: "vtt", speakers })).match(/^WEBVTT\n\n00:00:00\.000 --> .*\n<v Anna>Good morning/);
    const timed = await payload({ format: "vtt", wordTimes: true, maxChars: "14" });
    should(timed).match(/<v Speaker 1>Good <00:00:00\.400>morning,\n<00:00:00\.800>Ben\./);
    should(await payload({ format: "markdown", speakers })).equal(
      [
        "# a\\_b.wav\n\n## Summary\n\nThey \\<greet>.\n\n## Chapters\n\n- **Morning** (0:00): A greeting.\n",
        "## Names and terms\n\n- **NAME**: Anna\n\n## Transcript\n",
        "**Anna** (0:00) Good morning, Ben. Did you sleep well?\n",
        '**Ben** (0:04) Yes, "thank you", Anna.\n',
        "**Anna** (0:07) Then let us turn on the light.\n",
      ].join("\n"),
    );
    should(await payload({ format: "csv", speakers })).match(
      /^start,end,speaker,.*\r\n0\.000,2\.800,Anna,0,en,0\.9,"Good morning, Ben\. Did/,
    );
    should(await payload({ format: "tsv" })).match(
      /\n4\.000\t5\.600\tSpeaker 2\t0\ten\t0\.9\tYes, "thank you", Anna\.\n/,
    );
  });

  it("gives tables that core's csv node reads", async () => {
    for (const [format, sep] of [
      ["csv", ","],
      ["tsv", "\\t"],
    ] as const) {
      for (const spec of ["rfc", ""]) {
        const reader = {
          type: "csv",
          sep,
          hdrin: true,
          multi: "mult",
          skip: "0",
          ret: "\\n",
          temp: "",
          strings: false,
          spec,
        };
        const flow = await Flow.start([{ type: "gladia-format", format }, reader], null, {}, [csv]);
        const { out } = await flow.run(message());
        const rows = out.flatMap(({ payload }) => payload);
        // Tabs are not quoted, so what core takes for quotes is left to CSV.
        if (format === "csv") should(rows.map((row: Msg) => row["text"])).eql(UTTERANCES.map(({ text }) => text));
        should(rows.map((row: Msg) => Number(row["start"]))).eql([0, 4, 7]);
        await Flow.stop();
      }
    }
  });

  it("gives a message for each utterance, which core's join puts together again", async () => {
    const join = { type: "join", mode: "auto", build: "array", useparts: true, count: "", timeout: "" };
    const parts = { id: "outer", type: "array", index: 0, count: 1 };
    const flow = await Flow.start([{ type: "gladia-format", format: "utterances" }, join], null, {}, [split]);
    const { out } = await flow.run(message({ parts, own: { deep: 1 } }));
    should(out).have.length(1);
    should(out[0]?.payload).eql(UTTERANCES);
    should(out[0]?.["parts"]).eql(parts);
    should(out[0]).match({ topic: "t", own: { deep: 1 } });
    await Flow.stop();

    const alone = await one(
      { format: "utterances", property: "said.it", source: "result" },
      { result: job(), own: {}, gladia: { id: "i", job: job() } as never },
    );
    should(alone.out.map((msg) => msg["said"].it.text)).eql(UTTERANCES.map((one) => one.text));
    should(alone.out.map(({ parts }) => [parts.index, parts.count, parts.property])).eql([
      [0, 3, "said.it"],
      [1, 3, "said.it"],
      [2, 3, "said.it"],
    ]);
    should(
      alone.out.every((msg) => !("result" in msg) && msg.gladia?.id === "i" && !("job" in (msg.gladia ?? {}))),
    ).be.true();
    should(new Set(alone.out.map((msg) => msg["own"])).size).equal(3);
  });

  it("gives sentences: those of the API, else by punctuation", async () => {
    const { out } = await one({ format: "sentences" });
    should(out.map(({ payload }) => payload.sentence)).eql([
      "Good morning, Ben.",
      "Did you sleep well?",
      'Yes, "thank you", Anna.',
      "Then let us turn on the light.",
    ]);
    should(out[1]?.payload).match({ start: 1.2, speaker: 0, channel: 0, language: "en" });
    const given = job();
    const made = [{ sentence: "As the API has it.", start: 0, end: 1 }];
    Object.assign(given.result.transcription, { sentences: { success: true, results: made } });
    const theirs = await one({ format: "sentences" }, { gladia: { job: given } as never });
    should(theirs.out.map(({ payload }) => payload)).eql(made);
  });

  it("gives the words between two times, in any order, and the places of a phrase", async () => {
    const said = (words: { word: string }[]) =>
      words
        .map(({ word }) => word)
        .join("")
        .trim();
    for (const [from, to] of [
      ["4", "5.2"],
      ["0:05.2", "0:00:04"],
    ]) {
      should(said(await payload({ format: "words", from, to, fromType: "str", toType: "str" }))).equal(
        'Yes, "thank you",',
      );
    }
    should(said(await payload({ format: "words", from: "at", fromType: "msg" }, message({ at: 8.1 })))).equal(
      "turn on the light.",
    );
    const places = await payload({ format: "find", phrase: "THANK you anna" });
    should(places).have.length(1);
    should(places[0]).match({ text: '"thank you", Anna.', start: 4.4, speaker: 1 });
    should(
      await payload({ format: "find", phrase: "what", phraseType: "msg" }, message({ what: "the light" })),
    ).have.length(1);
    should(await payload({ format: "find", phrase: "ligh" })).eql([]);
  });

  it("gives a translation, and says which there are", async () => {
    should(await payload({ language: "FR" })).equal("Bonjour Ben.");
    should(await payload({ language: "fr", format: "srt" })).match(/Bonjour Ben\./);
    const error = await failure({ language: "es" });
    should(error).match({ code: "GLADIA_CONFIG" });
    should(error.message).match(/no translation into es; it has: fr/);
    const without = message();
    Reflect.deleteProperty((without.gladia?.job?.result ?? {}) as object, "translation");
    should((await failure({ language: "es" }, without)).message).match(/Switch translation on/);
  });

  it("works on what the live node sends, on results and on lists", async () => {
    const live = (id: string, is_final: boolean, said: object) => ({
      type: "transcript",
      data: { id, is_final, utterance: said },
    });
    const [first, second] = UTTERANCES;
    const messages = [
      live("1", false, utterance(0, 0, "Good")),
      live("1", true, first ?? {}),
      { type: "speech_end", data: {} },
      live("2", true, second ?? {}),
    ];
    should(await payload({}, { payload: "x", gladia: { message: messages[1] } as never })).equal(first?.text);
    should(await payload({}, { payload: messages })).equal(`${first?.text} ${second?.text}`);
    const { result } = job();
    for (const value of [
      result,
      result.transcription,
      UTTERANCES,
      { id: "x", event: "transcription.success", payload: result },
      { type: "post_final_transcript", data: result },
    ]) {
      should(await payload({ source: "payload" }, { payload: value })).equal(text);
    }
  });

  it("puts the result where it is wanted", async () => {
    const { out } = await one({ property: "a.b" });
    should(out[0]).match({ payload: "x", a: { b: text } });
    const flow = await Flow.start(
      [{ type: "gladia-format", format: "utterances", property: "said", propertyType: "flow" }],
      null,
    );
    const seen = await flow.run(message());
    should(seen.out).have.length(1);
    should(seen.out[0]?.payload).equal("x");
    should(
      helper
        .getNode(flow.flow[1]?.["id"] as string)
        .context()
        .flow.get("said"),
    ).eql(UTTERANCES);
    await Flow.stop();
    should(await failure({ property: "payload.inner" })).match({ code: "GLADIA_CONFIG" });
  });

  it("lays msg.speakers over its own names", async () => {
    const speakers = { 0: "Anna", 1: "Ben" };
    should(await payload({ format: "dialogue", speakers }, message({ speakers: ["", "Carl"] }))).match(
      /^Anna: .*\nCarl: /,
    );
    should(await payload({ format: "dialogue", speakers }, message({ speakers: "nobody" }))).match(/^Anna: .*\nBen: /);
  });

  it("says what is wrong, and what to do", async () => {
    should((await failure({}, { payload: "some text" })).message).match(/no transcript in the message/);
    should(await failure({}, { gladia: { job: { id: "x", status: "done", result: {} } } as never })).match({
      code: "GLADIA_RESPONSE",
    });
    should((await failure({ format: "find" })).message).match(/no phrase/);
    should((await failure({ format: "words", from: "noon", fromType: "str" })).message).match(
      /"from" \(from\) in this node.*"noon"/i,
    );
    should((await failure({ format: "braille" })).message).match(/\(format\).*braille/);
    should((await failure({ format: "srt", maxLines: "0" })).message).match(/whole number of at least 1/);
  });

  it("ends a message of a transcript without speech", async () => {
    const silent = { transcription: { full_transcript: "", utterances: [] } };
    const { out, completed, caught, statuses } = await one(
      { format: "utterances", source: "payload" },
      { payload: silent },
    );
    should([out.length, completed.length, caught.length]).eql([0, 1, 0]);
    should(statuses.at(-1)).have.properties({ fill: "grey", text: "gladia-format.status.nothing" });
    should(await payload({ format: "srt", source: "payload" }, { payload: silent })).equal("");
    should(await payload({ format: "vtt", source: "payload" }, { payload: silent })).equal("WEBVTT\n");
  });

  it("sends a long sequence with turns in between, and goes on with it after a deploy", async function () {
    this.timeout(30_000);
    const flow = await Flow.start([{ type: "gladia-format", format: "utterances", source: "payload" }], null);
    const long = longJob(30_000);
    flow.receive({ payload: long });
    await until(() => flow.seen.out.length >= 100);
    should(flow.seen.out.length).be.below(2000);
    await helper.setFlows(
      flow.flow.map((node) => (node["type"] === "gladia-format" ? { ...node, name: "again" } : node)) as never,
      "nodes",
    );
    await until(() => flow.seen.out.length >= 2000, 20_000);
    should(flow.seen.out.map(({ parts }) => parts.index)).eql(Array.from({ length: 2000 }, (_, i) => i));
  });

  it("makes what the other nodes give by the same code", async () => {
    const engine: Engine = await startEngine();
    try {
      for (const output of ["srt", "dialogue"]) {
        const chain = [
          { type: "gladia-transcribe", output },
          { type: "gladia-format", format: output, property: "again" },
        ];
        const flow = await Flow.start(chain, { apiUrl: engine.url });
        const { out } = await flow.run({ payload: wav() });
        should(out[0]?.["again"]).equal(out[0]?.payload);
        await Flow.stop();
      }
    } finally {
      await engine.close();
    }
  });
});
