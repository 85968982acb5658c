import should from "should";
import { spellingLines, wordLines } from "../../nodes/editor/options/lines";
import { OptionModel } from "../../nodes/editor/options/model";

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

describe("options written as lines", () => {
  it("keep an entry with more to it while its line stays", () => {
    const before = ["Gladia", { value: "Nietzsche", intensity: 0.4 }];
    should(wordLines.write(before)).equal("Gladia\nNietzsche");
    should(wordLines.read("Nietzsche\n\n  Node-RED ", before)).eql([
      { value: "Nietzsche", intensity: 0.4 },
      "Node-RED",
    ]);
    should(wordLines.read(" \n", before)).equal(undefined);
  });

  it("give a spelling dictionary and back", () => {
    const dictionary = { SQL: ["sequel", "S Q L"], Gorish: ["ghorish"] };
    should(spellingLines.write(dictionary)).equal("SQL = sequel, S Q L\nGorish = ghorish");
    should(spellingLines.read("SQL = sequel, S Q L\nGorish=ghorish\n= nothing", undefined)).eql(dictionary);
  });

  it("leave to JSON what they could not give back", () => {
    should(wordLines.fits(["two\nlines"])).equal(false);
    should(wordLines.fits("${WORDS}")).equal(false);
    should(spellingLines.fits({ "a=b": ["c"] })).equal(false);
    should(spellingLines.fits({ a: ["b, c"] })).equal(false);
    should(spellingLines.fits({ a: ["b"] })).equal(true);
  });
});
