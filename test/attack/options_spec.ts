import should from "should";
import { GladiaError } from "../../src/errors";
import { type Options, readOptions } from "../../src/options";
import { type Engine, startEngine, wav } from "../support/engine";
import { Flow } from "../support/flow";

/** An object so many levels deep. */
function nested(depth: number): Options {
  let inner: Options = {};
  for (let i = 1; i < depth; i++) inner = { a: inner };
  return inner;
}

/** What refuses these options of a message. */
function refusal(message: unknown): GladiaError {
  try {
    readOptions({ message: message as Options });
  } catch (error) {
    if (error instanceof GladiaError) return error;
    throw error;
  }
  throw new Error("They were taken");
}

const itself: Options = {};
itself["self"] = itself;
let doubled: unknown = "x";
for (let i = 0; i < 14; i++) doubled = [doubled, doubled, doubled, doubled];

const attacks: [string, () => unknown, string][] = [
  ["a name of 1 MB", () => ({ ["x".repeat(1_000_000)]: true }), "options-too-large"],
  ["a text of 1 MB", () => ({ model: "x".repeat(1_000_000) }), "options-too-large"],
  ["10,000 unknown names", () => Object.fromEntries(numbers(10_000).map((i) => [`name${i}`, 1])), "options-too-large"],
  ["a million names", () => Object.fromEntries(numbers(1_000_000).map((i) => [`n${i}`, 1])), "options-too-large"],
  ["a list of a billion entries", () => ({ model: new Array(1_000_000_000) }), "options-too-large"],
  ["a Buffer of 1 MB", () => ({ custom_metadata: { a: Buffer.alloc(1_000_000) } }), "options-too-large"],
  ["one list many times over", () => ({ custom_metadata: { doubled } }), "options-too-large"],
  ["17 levels", () => ({ custom_metadata: nested(16) }), "options-too-deep"],
  ["3,000 levels", () => nested(3000), "options-too-deep"],
  ["a million levels", () => ({ custom_metadata: nested(1_000_000) }), "options-too-deep"],
  ["itself", () => itself, "options-too-deep"],
  ["a BigInt", () => ({ custom_metadata: { a: 1n } }), "options-unreadable"],
  [
    "a field that throws",
    () =>
      Object.defineProperty({}, "model", {
        enumerable: true,
        get: () => {
          throw new Error("not you");
        },
      }),
    "options-unreadable",
  ],
];

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

describe("options as an attack", () => {
  for (const [name, make, key] of attacks) {
    it(`are refused with ${name}`, () => {
      const error = refusal(make());
      should({ code: error.code, key: error.key }).eql({ code: "GLADIA_OPTIONS", key });
      should(error.message).match(/^The options of msg\.options .*Nothing was sent/);
      should(error.message.length).be.below(500);
    });
  }

  it("may be 16 levels deep", () => {
    const custom_metadata = nested(15);
    should(readOptions({ message: { custom_metadata } }).options).eql({ custom_metadata });
  });

  it("are told with 20 faults at most, and short ones", () => {
    const languages = numbers(5000).map((i) => `l${i}`);
    const error = refusal({ language_config: { languages } });
    should(error.cause.validation_errors).have.length(21);
    should(error.cause.validation_errors?.at(-1)).match(/4980 more/);
    const long = refusal({ language_config: { ["n".repeat(60_000)]: 1 }, diarization: 1 });
    should(long.message.length).be.below(500);
  });

  it("that are nearly known are told as far as names are looked at, and others pass", () => {
    const unknown = Object.fromEntries(numbers(2000).map((i) => [`diarisati${i}`, true]));
    should(refusal({ diarisation: true, ...unknown }).message).match(/did you mean diarization\?/);
    should(readOptions({ message: { unheard_of: { x: 1 } } }).options).eql({ unheard_of: { x: 1 } });
  });

  for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf"]) {
    it(`are data with the name ${name}`, () => {
      should(refusal({ language: name }).message).containEql(`"${name}"`);
      should(refusal({ language_config: { languages: [name] } }).message).containEql(`"${name}"`);
      should(refusal(JSON.parse(`{"diarization": {"${name}": 1}}`)).key).equal("options-invalid");
      const { options } = readOptions({ message: JSON.parse(`{"${name}": {"polluted": true}, "diarization": true}`) });
      should(options["diarization"]).equal(true);
      should(({} as Options)["polluted"]).be.undefined();
      const inner = JSON.parse(`{"pii_redaction_config": {"${name}": {}}}`);
      if (name === "__proto__") should(readOptions({ node: inner }).options).eql({ pii_redaction_config: {} });
      else should(() => readOptions({ node: inner })).throw(/is not an option/);
    });
  }

  describe("in a flow", () => {
    let engine: Engine;
    before(async () => {
      engine = await startEngine();
    });
    after(() => engine.close());
    afterEach(() => Flow.stop());

    it("end at Catch, and the next message goes on", async () => {
      const flow = await Flow.start([{ type: "gladia-transcribe" }], { apiUrl: engine.url });
      const options = [{ ["x".repeat(1_000_000)]: 1 }, nested(200), { language: "__proto__" }];
      const { out, caught } = await flow.run(...options.map((given) => ({ payload: wav(), options: given })), {
        payload: wav(),
      });
      should(caught.map(({ error }) => error.code)).eql(Array(3).fill("GLADIA_OPTIONS"));
      should(out).have.length(1);
      should(engine.control.jobs).have.length(1);
    });
  });
});
