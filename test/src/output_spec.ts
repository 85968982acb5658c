import should from "should";
import { FORMATS, format } from "../../src/format";
import { makeCaptions } from "../../src/format/captions";
import { formatJob } from "../../src/output";
import { jsonPieces } from "../../src/output/json";
import { Pace, STRIDE, sortBy } from "../../src/turns";
import type { Job, Utterance } from "../../src/types";
import { draws } from "../support/draws";
import { longJob, randomTranscript } from "../support/transcripts";

const WORDS = 60_000;

/** What a piece of work gives, and how often the event loop turned meanwhile. */
async function turnsOf<T>(work: () => Promise<T>): Promise<{ result: T; turns: number }> {
  let turns = 0;
  let timer = setImmediate(function again() {
    turns++;
    timer = setImmediate(again);
  });
  try {
    return { result: await work(), turns };
  } finally {
    clearImmediate(timer);
  }
}

async function written(value: unknown): Promise<string[]> {
  const pieces: string[] = [];
  for await (const piece of jsonPieces(value)) pieces.push(piece);
  return pieces;
}

describe("captions of many words that are nothing", () => {
  it("are as many as there is time for", async () => {
    const words = Array.from({ length: WORDS }, () => ({ word: "", start: 1, end: 1, confidence: 1 }));
    const { result, turns } = await turnsOf(() =>
      makeCaptions([{ ...(randomTranscript(1)[0] as Utterance), words, text: "" }]),
    );
    should(result).eql([]);
    should(turns).be.aboveOrEqual(WORDS / 5000);
  });
});

describe("a transcript of many words", () => {
  const long = longJob(WORDS);
  const spread = structuredClone(long);
  for (const utterance of spread.result?.transcription?.utterances ?? []) utterance.words = [];
  const one = structuredClone(long);
  const [first, ...others] = one.result?.transcription?.utterances ?? [];
  if (first && one.result?.transcription) {
    first.words.push(...others.flatMap(({ words }) => words));
    one.result.transcription.utterances = [first];
  }
  const unbroken = structuredClone(one);
  const [whole] = unbroken.result?.transcription?.utterances ?? [];
  if (whole) Object.assign(whole, { words: [], text: "word ".repeat(WORDS), end: WORDS });

  for (const [about, job] of Object.entries<Job>({
    "in utterances": long,
    "without word times": spread,
    "in a single utterance": one,
    "in a single utterance without word times": unbroken,
  })) {
    for (const output of ["srt", "vtt"] as const) {
      it(`becomes ${output} with turns of the event loop in between, ${about}`, async () => {
        const { result, turns } = await turnsOf(() => formatJob(job, output));
        should(String(result).length).be.above(WORDS * 5);
        should(turns).be.aboveOrEqual(WORDS / 5000);
      });
    }
  }

  for (const form of FORMATS) {
    it(`becomes ${form} by gladia-format with turns of the event loop in between`, async () => {
      const { result, turns } = await turnsOf(() => format(long, form, { phrase: "word15 word16", wordTimes: true }));
      should(result.length).be.aboveOrEqual(form === "find" ? 50 : WORDS / 15);
      // The text and the utterances are there; they are only looked at.
      should(turns).be.aboveOrEqual(form === "text" || form === "utterances" ? 2 : Math.floor(WORDS / 15 / 500));
    });
  }

  it("becomes a dialogue with turns of the event loop in between", async () => {
    const { result, turns } = await turnsOf(() => formatJob(long, "dialogue"));
    const lines = String(result).split("\n");
    should(lines).have.length(WORDS / 15);
    should(lines[1]).match(/^Speaker 2: word15 word16 /);
    should(turns).be.aboveOrEqual(Math.floor(WORDS / 15 / 500));
  });

  it("becomes JSON with turns of the event loop in between", async () => {
    const { result, turns } = await turnsOf(() => written({ job: long }));
    should(result.join("")).equal(JSON.stringify({ job: long }));
    should(turns).be.aboveOrEqual(WORDS / 5000);
    should(Math.max(...result.map((piece) => piece.length))).be.below(1_000_000);
  });
});

describe("JSON in pieces", () => {
  it("means what JSON.stringify writes", async () => {
    const text = 'é"\\\n👩‍👩‍👧\u2028'.repeat(60_000);
    const deep = Array.from({ length: 30_000 }, (_, i) => (i % 1000 ? i : [{ a: [], b: {}, c: null, d: undefined }]));
    for (const value of [
      null,
      1,
      "a",
      [],
      {},
      [[]],
      text,
      [text],
      { text, more: { text, none: undefined } },
      deep,
      [deep],
    ]) {
      should(JSON.parse((await written(value)).join(""))).eql(JSON.parse(JSON.stringify(value)));
    }
  });
});

describe("long work", () => {
  it("is left for a turn of the event loop after some steps, or where few of them took long", async () => {
    const pace = new Pace();
    should(pace.isDue(STRIDE - 1)).be.false();
    should(pace.isDue()).be.true();
    await pace.turn();
    should(pace.isDue()).be.false();
    for (const begun = performance.now(); performance.now() - begun < 20; );
    should(pace.isDue(200)).be.true();
    await pace.turn();
    should(pace.isDue()).be.false();
  });
});

describe("sorting with turns of the event loop in between", () => {
  it("sorts as Array.sort does, equal ones as they stood", async () => {
    const draw = draws(3);
    for (const size of [0, 1, STRIDE, STRIDE * 5 + 1]) {
      const items = Array.from({ length: size }, (_, i) => ({ i, at: Math.floor(draw() * 1000) }));
      const { result, turns } = await turnsOf(() => sortBy(items, ({ at }) => at, new Pace()));
      should(JSON.stringify(result)).equal(JSON.stringify([...items].sort((a, b) => a.at - b.at)));
      should(turns).be.aboveOrEqual(Math.floor(size / STRIDE));
    }
  });
});
