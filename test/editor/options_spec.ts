import should from "should";
import { LIVE } from "../../nodes/editor/options/kind";
import { LIVE_GROUPS } from "../../nodes/editor/options/layout";
import { fitsLines, readLines } from "../../nodes/editor/options/lines";
import { OptionModel } from "../../nodes/editor/options/model";
import { faultsAt } from "../../nodes/editor/options/place";
import { FORMATS, fitsRows, readCells, writeCells } from "../../nodes/editor/options/rows";
import { adviseOptions } from "../../src/options/advice";
import type { Options } from "../../src/options/merge";

describe("the option form's model", () => {
  it("writes what was changed and leaves the rest alone", () => {
    const given = { custom_metadata: { a: [1] }, later_option: "kept", language_config: { languages: ["fr"], new: 1 } };
    const model = new OptionModel(given);
    model.set("language_config.languages", ["de"]);
    should(model.all()).eql({ ...given, language_config: { languages: ["de"], new: 1 } });
    should(given.language_config.languages).eql(["fr"]);
  });

  it("drops a configuration that was left empty", () => {
    const model = new OptionModel({ language_config: { languages: ["fr"] } });
    model.set("language_config.languages", undefined);
    should(model.all()).eql({});
  });

  it("takes a configuration away with its flag, and brings it back with it", () => {
    const model = new OptionModel({ subtitles: true, subtitles_config: { formats: ["vtt"] } });
    model.set("subtitles", false);
    should(model.all()).eql({ subtitles: false });
    model.set("subtitles", true);
    should(model.all()).eql({ subtitles: true, subtitles_config: { formats: ["vtt"] } });
  });

  it("knows what holds in the end: the account's value where the node has none, unless it was removed", () => {
    const model = new OptionModel({ sentences: null }, { sentences: true, diarization: true });
    should(model.effective("diarization")).equal(true);
    should(model.effective("sentences")).equal(undefined);
    should(model.get("diarization")).equal(undefined);
  });
});

describe("the option form's model of live sessions", () => {
  const create = (values: Options, account: Options = {}) => new OptionModel(values, account, {}, LIVE);

  it("writes where the API has an option, however deep, and drops what was left empty", () => {
    const model = create({ realtime_processing: { later: 1 } });
    model.set("realtime_processing.translation_config.target_languages", ["fr"]);
    model.set("pre_processing.speech_threshold", 0.8);
    should(model.all()).eql({
      realtime_processing: { later: 1, translation_config: { target_languages: ["fr"] } },
      pre_processing: { speech_threshold: 0.8 },
    });
    model.set("realtime_processing.translation_config.target_languages", undefined);
    model.set("pre_processing.speech_threshold", undefined);
    should(model.all()).eql({ realtime_processing: { later: 1 } });
  });

  it("takes a configuration away with its flag, and brings it back with it", () => {
    const given = { post_processing: { summarization: true, summarization_config: { type: "concise" } } };
    const model = create(given);
    model.set("post_processing.summarization", false);
    should(model.all()).eql({ post_processing: { summarization: false } });
    model.set("post_processing.summarization", true);
    should(model.all()).eql(given);
  });

  it("inherits what the account says of recordings, in its place, and may take it away", () => {
    const account = { translation: true, translation_config: { target_languages: ["en"] }, diarization: true };
    const model = create({ endpointing: 1 }, account);
    should(model.effective("realtime_processing.translation")).equal(true);
    should(model.sent()).eql({
      realtime_processing: { translation: true, translation_config: { target_languages: ["en"] } },
      endpointing: 1,
    });
    should(create({ realtime_processing: null } as Options, account).removes("realtime_processing.translation")).equal(
      true,
    );
  });

  it("tells a fault at its field", () => {
    const faults = LIVE.validate(create({ realtime_processing: { translation: true }, endpointing: 99 }).sent(), {
      unknown: new Set(),
    });
    should(faults.map(({ key }) => key)).eql(["option-max", "option-required"]);
    const fields = LIVE_GROUPS.flatMap(({ paths }) => paths);
    should(fields.filter((path) => faultsAt(path, faults).length > 0)).eql([
      "endpointing",
      "realtime_processing.translation_config.target_languages",
    ]);
  });
});

describe("options written as lines", () => {
  it("are trimmed, and leave to JSON what they could not give back", () => {
    should(readLines("Who spoke?\n\n  What was agreed? ")).eql(["Who spoke?", "What was agreed?"]);
    should(readLines(" \n")).equal(undefined);
    should(fitsLines(["two\nlines"])).equal(false);
    should(fitsLines("${QUESTIONS}")).equal(false);
    should(fitsLines(["one"])).equal(true);
  });
});

describe("options written as rows", () => {
  const { vocabulary, spelling, metadata } = FORMATS;

  it("give vocabulary and back", () => {
    const words = [
      "Gladia",
      { value: "Nietzsche", pronunciations: ["Niche", "Neechee"], intensity: 0.4, language: "de" },
      { value: "Bo", intensity: 1 },
    ];
    should(vocabulary.rows(words)[1]).eql(["Nietzsche", "Niche, Neechee", "0.4", "de"]);
    should(vocabulary.value(vocabulary.rows(words))).eql(words);
    should(
      vocabulary.value([
        ["a", "", "0,6", "Deutsch"],
        ["", "lost"],
        ["b", "", "much", "Klingon"],
      ]),
    ).eql([
      { value: "a", intensity: 0.6, language: "de" },
      { value: "b", intensity: "much", language: "Klingon" },
    ]);
  });

  it("give spellings and any metadata and back", () => {
    const dictionary = { SQL: ["sequel", "S Q L"], Gorish: ["ghorish"] };
    should(spelling.value(spelling.rows(dictionary))).eql(dictionary);
    should(
      spelling.value([
        ["SQL", "sequel"],
        ["SQL", "S Q L", "es cue"],
      ]),
    ).eql({ SQL: ["sequel", "S Q L", "es cue"] });
    const data = { room: 1, ticket: "17", text: "a b", deep: { list: [null, true] }, truth: "true" };
    should(metadata.value(metadata.rows(data))).eql(data);
  });

  it("take the commas of Chinese and Japanese", () => {
    should(vocabulary.value([["東京", "とうきょう、トーキョー，tokyo", "0，4"]])).eql([
      { value: "東京", pronunciations: ["とうきょう", "トーキョー", "tokyo"], intensity: 0.4 },
    ]);
    should(spelling.value([["北京", "背景，被京、北经"]])).eql({ 北京: ["背景", "被京", "北经"] });
    should(fitsRows([{ value: "a", pronunciations: ["b、c"] }], vocabulary)).equal(false);
    should(fitsRows(["一、二"], vocabulary)).equal(true);
  });

  it("leave to JSON what they could not give back", () => {
    should(fitsRows([{ value: "a", later: 1 }], vocabulary)).equal(false);
    should(fitsRows([{ value: "a", pronunciations: ["b, c"] }], vocabulary)).equal(false);
    should(fitsRows(["two\nlines"], vocabulary)).equal(false);
    should(fitsRows([null], vocabulary)).equal(false);
    should(fitsRows("${WORDS}", vocabulary)).equal(false);
    should(fitsRows([{ intensity: 1, value: "a" }, { value: "b" }, "c"], vocabulary)).equal(true);
    should(fitsRows({ a: ["b, c"] }, spelling)).equal(false);
    should(fitsRows({ a: "b" }, spelling)).equal(false);
    should(fitsRows({ a: ["b"] }, spelling)).equal(true);
    should(fitsRows({ a: " b" }, metadata)).equal(false);
  });

  it("are read as spreadsheets copy them, whatever was pasted", () => {
    should(readCells('SQL\tsequel\r\n"say ""hi"""\t"two\nlines"\r\n\r\n')).eql([
      ["SQL", "sequel"],
      ['say "hi"', "two lines"],
    ]);
    should(readCells("")).eql([]);
    should(readCells('"open\tx')).eql([['"open', "x"]]);
    const cells = [['"a" b', "", "c"], ["d"]];
    should(readCells(writeCells(cells))).eql(cells);
    const begun = performance.now();
    readCells('"'.repeat(200_001));
    readCells('"x\t'.repeat(50_000));
    should(performance.now() - begun).be.below(1000);
  });
});

describe("what is said about options", () => {
  const keys = (options: object) => adviseOptions(options as Options).map(({ key }) => key);
  it("names what counts for nothing", () => {
    should(keys({ language_config: { code_switching: true } })).eql(["switching-alone"]);
    should(keys({ language_config: { languages: ["fr"], code_switching: true } })).eql(["switching-one"]);
    should(keys({ language_config: { languages: ["fr", "en"], code_switching: true } })).eql([]);
    should(keys({ model: "solaria-3", language_config: { languages: ["nl"], code_switching: true } })).eql([
      "model-switching",
      "model-language",
    ]);
  });
});
