import should from "should";
import type { Word } from "../src/index";
import { endsSentence, sentencesOf } from "../src/result/sentences";
import { speller } from "../src/result/spelling";
import { subtitlesOf } from "../src/result/subtitles";
import { textOfWords } from "../src/result/timed";
import { vocabularian } from "../src/result/vocabulary";
import { write } from "../src/result/write";
import { utterancesOf } from "../src/scripted/speech";
import { closeAll, start, transcribe } from "./support/engine";
import { wav } from "./support/wav";

/** Words of a text, one a second. */
function wordsOf(text: string): Word[] {
  return text.split(" ").map((word, index) => ({ word: ` ${word}`, start: index, end: index + 0.5, confidence: 0.9 }));
}

/** An utterance of a text, one word a second. */
function spoken(text: string, channel = 0) {
  const words = wordsOf(text);
  return { text, start: 0, end: words.length - 0.5, confidence: 0.9, channel, language: "en", words };
}

describe("custom spelling", () => {
  /** The text once the dictionary has been applied. */
  function spelled(text: string, dictionary: Record<string, string[]>): string {
    const words = wordsOf(text);
    speller(dictionary)(words);
    return textOfWords(words);
  }

  it("writes the wanted text for every variant, whatever its case, and keeps the punctuation", () => {
    spelled('Use "sequel," or Sequel.', { SQL: ["sequel"] }).should.equal('Use "SQL," or SQL.');
    spelled("data-science and data science.", { "Data Science": ["data-science", "data science"] }).should.equal(
      "Data Science and Data Science.",
    );
    spelled("sequels are not", { SQL: ["sequel"] }).should.equal("sequels are not");
    spelled("new york city", { NYC: ["new york city"], NY: ["new york"] }).should.equal("NYC");
  });

  it("keeps the time of the words it replaces", () => {
    const words = wordsOf("say open the window now");
    speller({ OTW: ["open the window"], "right away": ["now"] })(words);
    words
      .map(({ word, start, end }) => [word, start, end])
      .should.eql([
        [" say", 0, 0.5],
        [" OTW", 1, 3.5],
        [" right", 4, 4.25],
        [" away", 4.25, 4.5],
      ]);
  });
});

describe("custom vocabulary", () => {
  /** The text once the vocabulary has been applied. */
  async function improved(text: string, vocabulary: object[], default_intensity = 0.5): Promise<string> {
    const words = wordsOf(text);
    await vocabularian({ vocabulary: vocabulary as { value: string }[], default_intensity }, async () => {})(words);
    return textOfWords(words);
  }

  it("takes what sounds or is written nearly like an entry", async () => {
    (await improved("I use gladya, daily.", [{ value: "Gladia" }])).should.equal("I use Gladia, daily.");
    (await improved("we love nod red", [{ value: "Node-RED" }])).should.equal("we love Node-RED");
    (await improved("read neechee first", [{ value: "Nietzsche", pronunciations: ["Niche", "Neechee"] }])).should.equal(
      "read Nietzsche first",
    );
  });

  it("leaves alone what is not like it, and all but the very letters at intensity 0", async () => {
    const text = "the garden is glad of rain";
    (await improved(text, [{ value: "Gladia" }, { value: "Nietzsche" }])).should.equal(text);
    (await improved("gladya and gladia", [{ value: "Gladia", intensity: 0 }])).should.equal("gladya and Gladia");
  });
});

describe("sentences", () => {
  it("end at full stops, but not at those of abbreviations, and not over a pause", async () => {
    const found = await sentencesOf([spoken("Hello Mr. Smith. How are you? Fine", 1), spoken("thanks.")]);
    found
      .map(({ sentence, start, end, channel }) => [sentence, start, end, channel])
      .should.eql([
        ["Hello Mr. Smith.", 0, 2.5, 1],
        ["How are you?", 3, 5.5, 1],
        ["Fine", 6, 6.5, 1],
        ["thanks.", 0, 0.5, 0],
      ]);
    endsSentence(' end."').should.be.true();
    endsSentence(" 3.5").should.be.false();
  });
});

describe("subtitles", () => {
  const TEXT = "One two three four five six seven eight nine ten & <eleven> twelve.";

  it("keep to rows, characters and duration", async () => {
    const config = { maximum_characters_per_row: 10, maximum_rows_per_caption: 2, maximum_duration: 3 };
    const [srt] = await subtitlesOf([spoken(TEXT)], config);
    const captions = (srt?.subtitles ?? "").trim().split("\n\n");
    captions[0]?.should.equal("1\n00:00:00,000 --> 00:00:02,500\nOne two\nthree");
    for (const caption of captions) {
      const [, time = "", ...rows] = caption.split("\n");
      rows.length.should.be.within(1, 2);
      for (const row of rows) row.length.should.be.belowOrEqual(10);
      const [start = 0, end = 0] = [...time.matchAll(/:(\d\d),(\d{3})/g)].map(([, s, ms]) => Number(`${s}.${ms}`));
      (end - start).should.be.within(0.1, 3);
    }
    captions
      .flatMap((caption) => caption.split("\n").slice(2))
      .join(" ")
      .should.equal(TEXT);
  });

  it("come as VTT too, with its own clock and escapes", async () => {
    const [vtt, srt] = await subtitlesOf([spoken("a & <b>")], { formats: ["vtt", "srt"] });
    should(vtt).eql({ format: "vtt", subtitles: "WEBVTT\n\n00:00:00.000 --> 00:00:02.500\na &amp; &lt;b&gt;\n" });
    should(srt).eql({ format: "srt", subtitles: "1\n00:00:00,000 --> 00:00:02,500\na & <b>\n" });
    (await subtitlesOf([], { formats: ["vtt", "srt"] })).should.eql([
      { format: "vtt", subtitles: "WEBVTT\n" },
      { format: "srt", subtitles: "" },
    ]);
  });

  it("stay on screen for the least duration, but never into the next one", async () => {
    const short = [0, 3].map((start) => {
      const words = [{ word: " Yes.", start, end: start + 0.2, confidence: 1 }];
      return { ...spoken("Yes."), start, words };
    });
    const end = async (config: object) =>
      /--> ([\d:,]+)/.exec((await subtitlesOf(short, config))[0]?.subtitles ?? "")?.[1];
    should(await end({})).equal("00:00:00,200");
    should(await end({ minimum_duration: 2 })).equal("00:00:02,000");
    should(await end({ minimum_duration: 5 })).equal("00:00:03,000");
    should(await end({ minimum_duration: 5, style: "compliance" })).equal("00:00:02,920");
    should(await end({ style: "compliance" })).equal("00:00:00,833");
  });

  it("count past an hour", async () => {
    const late = { ...spoken("late"), words: [{ word: " late", start: 3725.25, end: 3726, confidence: 1 }] };
    (await subtitlesOf([late]))[0]?.subtitles.should.equal("1\n01:02:05,250 --> 01:02:06,000\nlate\n");
  });
});

describe("a job's result", () => {
  afterEach(closeAll);

  it("holds what was asked for, with the words' leading space, and nothing else", async () => {
    const engine = await start();
    engine.control.script({ text: ["Hello there.", "Good bye."] });
    const { result } = await transcribe(engine, {}, wav(4));
    Object.keys(result).should.eql(["metadata", "transcription"]);
    result.metadata.should.containEql({ audio_duration: 4, number_of_distinct_channels: 1, billing_time: 4 });
    result.metadata.transcription_time.should.be.a.Number();
    const { utterances, ...transcription } = result.transcription;
    transcription.should.eql({ full_transcript: "Hello there. Good bye.", languages: ["en"] });
    const [first] = utterances;
    Object.keys(first).sort().should.eql(["channel", "confidence", "end", "language", "start", "text", "words"]);
    first.words.map(({ word }: Word) => word).should.eql([" Hello", " there."]);
    Object.keys(first.words[0]).should.eql(["word", "start", "end", "confidence"]);
  });

  it("applies vocabulary first and spelling then, in words and text alike", async () => {
    const engine = await start();
    engine.control.script({ text: "I ask gladya for sequel." });
    const { result } = await transcribe(engine, {
      custom_vocabulary: true,
      custom_vocabulary_config: { vocabulary: ["Gladia"] },
      custom_spelling: true,
      custom_spelling_config: { spelling_dictionary: { SQL: ["sequel"] } },
      subtitles: true,
      sentences: true,
    });
    const text = "I ask Gladia for SQL.";
    const { transcription } = result;
    transcription.full_transcript.should.equal(text);
    transcription.utterances[0].text.should.equal(text);
    textOfWords(transcription.utterances[0].words).should.equal(text);
    transcription.subtitles[0].should.containEql({ format: "srt" });
    transcription.subtitles[0].subtitles.should.match(/\nI ask Gladia\n.*\nfor SQL\.\n$/s);
    transcription.sentences[0].should.containEql({ success: true, is_empty: false, error: null });
    transcription.sentences[0].results[0].sentence.should.equal(text);
    result.sentences.results.should.eql(transcription.sentences[0].results);
  });

  it("is empty, not missing, for silence", async () => {
    const engine = await start();
    engine.control.script({ text: [] });
    const { result } = await transcribe(engine, { sentences: true, subtitles: true });
    result.transcription.should.containEql({ full_transcript: "", languages: [], utterances: [] });
    result.sentences.should.containEql({ success: true, is_empty: true });
  });

  it("keeps two channels apart, bills both, and lets them be the speakers", async () => {
    const engine = await start({ addOns: "unsupported" });
    const stereo = await transcribe(engine, { diarization: true }, wav(2, 2, true));
    stereo.result.metadata.should.containEql({ number_of_distinct_channels: 2, billing_time: 4 });
    stereo.result.should.not.have.property("diarization");
    stereo.result.transcription.utterances
      .map(({ channel, speaker }: { channel: number; speaker: number }) => [channel, speaker])
      .should.eql([
        [0, 0],
        [1, 1],
      ]);
    const same = await transcribe(engine, {}, wav(2, 2));
    same.result.metadata.should.containEql({ number_of_distinct_channels: 1, billing_time: 2 });
  });

  it("says of each add-on a model of speech cannot make why it failed", async () => {
    const engine = await start({ addOns: "unsupported" });
    const { status, result } = await transcribe(engine, {
      diarization: true,
      translation: true,
      translation_config: { target_languages: ["fr"] },
      summarization: true,
      named_entity_recognition: true,
      sentiment_analysis: true,
      audio_to_llm: true,
      audio_to_llm_config: { prompts: ["Why?"] },
      pii_redaction: true,
    });
    status.should.equal("done");
    const { metadata, transcription, ...addOns } = result;
    should(metadata).be.ok();
    Object.keys(addOns)
      .sort()
      .should.eql([
        "audio_to_llm",
        "diarization",
        "named_entity_recognition",
        "pii_redaction",
        "sentiment_analysis",
        "summarization",
        "translation",
      ]);
    for (const addOn of Object.values(addOns) as { error: { message: string } }[]) {
      addOn.should.containEql({ success: false, is_empty: true, exec_time: 0, results: null });
      addOn.error.should.containEql({ status_code: 501, exception: "NotAvailable" });
      addOn.error.message.should.match(/^The local engine cannot /);
    }
    addOns.pii_redaction.error.message.should.match(/NOT redacted/);
    transcription.utterances[0].should.not.have.property("speaker");
  });

  it("imitates the add-ons for tests, in the API's shapes", async () => {
    const engine = await start();
    engine.control.script({ text: ["Hello Anna.", "Yes.", "Well."] });
    const { result } = await transcribe(engine, {
      diarization: true,
      diarization_config: { number_of_speakers: 2 },
      translation: true,
      translation_config: { target_languages: ["fr", "de"] },
      sentences: true,
      subtitles: true,
      summarization: true,
      named_entity_recognition: true,
      sentiment_analysis: true,
      audio_to_llm: true,
      audio_to_llm_config: { prompts: ["Why?", "Who?"] },
    });
    result.transcription.utterances.map(({ speaker }: { speaker: number }) => speaker).should.eql([0, 1, 0]);
    const [french, german] = result.translation.results;
    french.full_transcript.should.equal("[fr] Hello Anna. Yes. Well.");
    french.should.containEql({ error: null, languages: ["fr"] });
    french.utterances[0].should.containEql({ text: "[fr] Hello Anna.", language: "fr", speaker: 0 });
    french.subtitles[0].subtitles.should.match(/\[fr\] Hello Anna\./);
    french.sentences[0].results.should.have.length(3);
    german.languages.should.eql(["de"]);
    result.summarization.results.should.match(/^Summary of: Hello/);
    result.named_entity_recognition.results[1].should.containEql({ entity_type: "NAME", text: "Anna." });
    result.sentiment_analysis.results[0].should.containEql({ sentiment: "neutral", channel: 0, speaker: 0 });
    result.audio_to_llm.results[1].results.should.containEql({ prompt: "Who?" });
  });

  it("is bent as a test wants it", async () => {
    const engine = await start({ stringResults: true });
    engine.control.script({
      addOns: { summarization: { error: { status_code: 503, message: "overloaded" } }, translation: { results: [] } },
    });
    const { result } = await transcribe(engine, {
      summarization: true,
      translation: true,
      translation_config: { target_languages: ["fr"] },
      sentences: true,
      sentiment_analysis: true,
    });
    result.summarization.error.should.eql({
      status_code: 503,
      exception: "InternalServerError",
      message: "overloaded",
    });
    result.translation.should.containEql({ success: true, is_empty: true, results: [] });
    JSON.parse(result.sentiment_analysis.results).should.be.an.Array();
    result.sentences.results[0].should.be.a.String();
    engine.control.script({ withoutTranscription: true });
    Object.keys((await transcribe(engine)).result).should.eql(["metadata"]);
  });

  it("is written in the language asked for", async () => {
    const engine = await start();
    const { result } = await transcribe(engine, { language_config: { languages: ["fr"] } });
    result.transcription.languages.should.eql(["fr"]);
    result.transcription.utterances[0].language.should.equal("fr");
  });
});

describe("writing a result", () => {
  it("gives what JSON.stringify gives, at any depth", async () => {
    const result = {
      a: [1, '\u2028"', null, [], {}, [[{ b: [true] }]]],
      c: undefined,
      'd"': { e: { f: { g: [1.5] } } },
    };
    (await write(result)).should.equal(JSON.stringify(result));
  });
});

describe("scripted speech", () => {
  it("stands where the test puts it, the rest shares the time", () => {
    const said = utterancesOf(["a b", { text: "c", start: 7, end: 8, channel: 1 }], 10);
    said
      .map(({ text, start, channel }) => [text, start, channel])
      .should.eql([
        ["a b", 0, 0],
        ["c", 7, 1],
      ]);
    said[1]?.end.should.equal(7.9);
  });
});
