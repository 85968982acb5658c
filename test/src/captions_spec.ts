import { execFileSync } from "node:child_process";
import fc from "fast-check";
import should from "should";
import srtValidator from "srt-validator";
import { WebVTTParser } from "webvtt-parser";
import { CAPTIONS, type Caption, makeCaptions } from "../../src/format/captions";
import { toSrt, toVtt } from "../../src/format/captions/write";
import type { Utterance, Word } from "../../src/types";
import { brokenRules, graphemes, strangeLines } from "../support/caption-rules";
import { randomTranscript } from "../support/transcripts";

const VOCABULARY: Record<string, string[]> = {
  Latin: [
    " a",
    " of the",
    " house",
    " naïve",
    " Grüße",
    " don't",
    " e\u0301te\u0301,",
    " yes.",
    " No!",
    " x".repeat(9),
    ` ${"long".repeat(14)}`,
    " 👩‍👩‍👧",
    " Zürich;",
    " 12.5",
  ],
  CJK: [
    "今日",
    "は",
    "とても",
    "良い",
    "天気",
    "です",
    "。",
    "、",
    "ですか？",
    "コンピューター",
    "ちょっと",
    "「はい",
    "」",
    "行って",
    "きょう",
    "我们",
    "的",
    "朋友",
    " 안녕하세요",
    " 반갑습니다.",
    "Node-RED",
    "葛󠄀",
    "𠮷野家",
  ],
  Thai: [
    "ภาษา",
    "ไทย",
    "เป็น",
    "ภาษาที่มี",
    "ระดับเสียง",
    "ของ",
    "คำ",
    "แน่นอน",
    " หรือ",
    "วรรณยุกต์",
    "เช่นเดียวกับ",
    "น้ำ",
    "ๆ",
    "กำลัง",
    " 2569",
  ],
  Arabic: [
    " مرحبا",
    " بكم",
    " في",
    " هذا",
    " البرنامجُ",
    "،",
    " كيف",
    " حالك؟",
    " السَّلامُ",
    " عليكم",
    " Node-RED",
    " الاستقلالية",
    " و",
    " 12",
  ],
};

const GAPS = [0, 0, 0.02, 0.05, 0.3, 0.6, 1.5, 9];
const LENGTHS = [0, 0.05, 0.1, 0.2, 0.3, 0.5, 2];

/** Transcripts of up to three voices that may speak at once, in words of a script. */
function transcripts(script: string, voices: number) {
  const vocabulary = VOCABULARY[script] ?? [];
  const word = fc.tuple(fc.nat(vocabulary.length - 1), fc.nat(GAPS.length - 1), fc.nat(LENGTHS.length - 1));
  const utterance = fc.tuple(
    fc.array(word, { minLength: 1, maxLength: 24 }),
    fc.nat(voices - 1),
    fc.nat(6),
    fc.boolean(),
  );
  return fc.array(utterance, { minLength: 1, maxLength: 4 }).map((drawn) => {
    let clock = 0;
    return drawn.map(([words, speaker, back, keepsWords]) => {
      let at = voices > 1 ? Math.max(0, clock - back / 2) : clock;
      const start = at;
      const first = words.findIndex(([text]) => !/^[。、」！？ๆ،]/.test(vocabulary[text] ?? ""));
      // No utterance begins with a closing mark.
      const spoken: Word[] = words.slice(Math.max(0, first)).map(([text, gap, length]) => {
        const begin = at + (GAPS[gap] ?? 0);
        at = begin + (LENGTHS[length] ?? 0);
        return { word: vocabulary[text] ?? "", start: begin, end: at, confidence: 1 };
      });
      clock = Math.max(clock, at);
      const text = spoken.map(({ word }) => word).join("");
      const about = { start, end: at, confidence: 1, channel: 0, language: "en" };
      return {
        ...about,
        text,
        words: keepsWords || voices > 1 ? spoken : [],
        ...(voices > 1 ? { speaker } : {}),
      } as Utterance;
    });
  });
}

const lines = (captions: Caption[]) => captions.map((caption) => caption.lines.map(({ text }) => text));
const spoken = (words: [string, number, number][], more: object = {}): Utterance =>
  ({
    ...{ text: words.map(([word]) => word).join(""), start: words[0]?.[1] ?? 0, end: words.at(-1)?.[2] ?? 0 },
    ...{
      confidence: 1,
      channel: 0,
      language: "en",
      words: words.map(([word, start, end]) => ({ word, start, end, confidence: 1 })),
    },
    ...more,
  }) as Utterance;
/** Words one after the other, each of the same length. */
const even = (words: string[], from = 0, each = 0.3, more: object = {}) =>
  spoken(
    words.map((word, i) => [word, from + i * each, from + (i + 0.9) * each]),
    more,
  );

describe("captions", function () {
  this.timeout(120_000);

  for (const script of Object.keys(VOCABULARY)) {
    it(`break no rule, for 2,500 transcripts of random words in ${script} script`, async () => {
      await fc.assert(
        fc.asyncProperty(transcripts(script, 1), async (utterances) => {
          const captions = await makeCaptions(utterances);
          const said = utterances.map(({ text }) => text).join(script === "Latin" || script === "Arabic" ? " " : "");
          should(brokenRules(captions, utterances)).eql([]);
          if (script !== "CJK" && script !== "Thai") should(strangeLines(captions, said)).eql([]);
        }),
        { numRuns: 1250, seed: 11 },
      );
      await fc.assert(
        fc.asyncProperty(transcripts(script, 3), async (utterances) => {
          should(brokenRules(await makeCaptions(utterances), utterances)).eql([]);
        }),
        { numRuns: 1250, seed: 12 },
      );
    });
  }

  it("are in order, with time and text, however wrong the times are", async () => {
    const time = fc.oneof(
      fc.constantFrom(null, undefined, Number.NaN, -3, 0, 5, 1e9, "7"),
      fc.double({ min: -2, max: 40, noNaN: true }),
    );
    const word = fc.record({
      word: fc.constantFrom(" a", " b.", "c", " ", "", null, 7, " \u200b", " \u0000d"),
      start: time,
      end: time,
    });
    const utterance = fc.record({
      text: fc.constantFrom(" some text.", "", null, "字幕です。"),
      start: time,
      end: time,
      speaker: fc.constantFrom(undefined, null, 0, 1, "Anna"),
      words: fc.oneof(
        fc.array(fc.oneof(word, fc.constantFrom(null, 7, {})), { maxLength: 12 }),
        fc.constantFrom(null, undefined, 3),
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(utterance, fc.constantFrom(null, 7, [])), { maxLength: 5 }), async (drawn) => {
        const captions = await makeCaptions(drawn);
        should(brokenRules(captions, []).filter((rule) => !rule.startsWith("text of"))).eql([]);
        should(JSON.stringify(captions)).not.match(/NaN|undefined/);
      }),
      { numRuns: 1500, seed: 13 },
    );
  });

  it("keep the spaces that words bring, and set none that their script does not have", async () => {
    const japanese = even(["今日", "は", "とても", "良い", "天気", "です", "。"]);
    should(lines(await makeCaptions([japanese]))).eql([["今日はとても良い天気です。"]]);
    should(lines(await makeCaptions([even(["สวัสดี", "ครับ"])]))).eql([["สวัสดีครับ"]]);
    should(
      lines(await makeCaptions([even(["Good", "morning", ",", "Anna", "."], 0, 0.3, { text: "Good morning, Anna." })])),
    ).eql([["Good morning, Anna."]]);
    should(lines(await makeCaptions([even([" It", "'s", " me."])]))).eql([["It's me."]]);
    should(lines(await makeCaptions([even([" 안녕", " 하세요"])]))).eql([["안녕 하세요"]]);
  });

  it("break lines where the sense allows it", async () => {
    const english = " We went to the house of my brother and his very good friend.".split(/(?= )/);
    should(lines(await makeCaptions([even(english)]))).eql([
      ["We went to the house of my brother", "and his very good friend."],
    ]);
    const japanese = [
      "明日",
      "は",
      "東京",
      "へ",
      "行って",
      "、",
      "友達",
      "と",
      "ちょっと",
      "コーヒー",
      "を",
      "飲みます",
      "。",
    ];
    should(lines(await makeCaptions([even(japanese)]))).eql([
      ["明日は東京へ行って、友達と", "ちょっとコーヒーを飲みます。"],
    ]);
  });

  it("put people who speak at once into one caption", async () => {
    const first = even([" I", " think", " that", " we", " should", " go."], 0, 0.3, { speaker: 0 });
    const second = even([" No,", " wait", " a", " bit."], 0.5, 0.3, { speaker: 1 });
    const captions = await makeCaptions([first, second]);
    should(lines(captions)).eql([["- I think that we should go.", "- No, wait a bit."]]);
    should(captions[0]?.lines.map(({ who }) => who)).eql([0, 1]);
  });

  it("put a short answer together with what follows at once", async () => {
    const yes = spoken([[" Yes.", 0, 0.3]], { speaker: 0 });
    const too = even([" I", " do,", " too."], 0.4, 0.3, { speaker: 1 });
    should(lines(await makeCaptions([yes, too]))).eql([["- Yes.", "- I do, too."]]);
  });

  it("stay long enough to be read where nobody speaks", async () => {
    const quick = even(" Supercalifragilistic words are read slowly.".split(/(?= )/), 0, 0.1);
    const [caption] = await makeCaptions([quick, even([" Later."], 60)]);
    should(caption?.end)
      .be.aboveOrEqual(42 / 17)
      .and.below(4);
  });

  it("take a word of 500 letters apart, and leave an emoji whole", async () => {
    const captions = await makeCaptions([even([` ${"x".repeat(500)}`, ` ${"👩‍👩‍👧".repeat(50)}`], 0, 20)]);
    const all = captions.flatMap((caption) => caption.lines.map(({ text }) => text));
    should(all.join("")).equal("x".repeat(500) + "👩‍👩‍👧".repeat(50));
    should(all.every((line) => graphemes(line).length <= 42 && !/^\u200d|\u200d$/.test(line))).be.true();
  });

  it("follow the layout that was asked for", async () => {
    const words = Array.from({ length: 60 }, (_, i) => ` word${i}`);
    const layout = { ...CAPTIONS, maxChars: 20, maxLines: 1, maxSeconds: 3 };
    const captions = await makeCaptions([even(words, 0, 0.4)], layout);
    should(captions.every(({ lines, start, end }) => lines.length === 1 && end - start <= 3)).be.true();
    should(captions.every(({ lines }) => lines.every(({ text }) => text.length <= 20))).be.true();
  });

  it("leave the transcript as it is", async () => {
    const utterances = randomTranscript(7);
    const before = JSON.stringify(utterances);
    await makeCaptions(utterances);
    should(JSON.stringify(utterances)).equal(before);
  });
});

/** What a strict parser says about VTT, beside whose cues it finds. */
function parseVtt(vtt: string) {
  const { cues, errors } = new WebVTTParser().parse(vtt, "metadata");
  should(errors.map(({ message, line }) => `${line}: ${message}`)).eql([]);
  return cues;
}

const SAMPLES = [
  ...Array.from({ length: 60 }, (_, seed) => randomTranscript(seed + 1)),
  [even([" <b>", " &amp;", " -->", " {\\an8}", " 7"], 0, 1, { speaker: 0 }), even([" 12"], 9, 1, { speaker: 1 })],
];

describe("captions in files", function () {
  this.timeout(60_000);

  it("are what W3C's parser and an SRT validator read without a fault", async () => {
    for (const utterances of SAMPLES) {
      const captions = await makeCaptions(utterances, CAPTIONS, true);
      const rounded = (seconds: number) => Math.round(seconds * 1000);
      const times = captions.map(({ start, end }) => [rounded(start), rounded(end)]);
      const nameOf = (who: unknown) => (who === undefined ? undefined : `<Speaker> & ${who}`);
      for (const settings of [{}, { nameOf }, { nameOf, wordTimes: true }]) {
        const cues = parseVtt(await toVtt(captions, settings));
        should(cues.map(({ startTime, endTime }) => [rounded(startTime), rounded(endTime)])).eql(times);
      }
      const srt = await toSrt(captions);
      should(captions.length === 0 ? [] : srtValidator(srt)).eql([]);
    }
  });

  it("go through ffmpeg both ways, with all cues", async () => {
    const utterances = [
      even(" One two three. And four, five, six.".split(/(?= )/)),
      even(["今日は", "良い", "天気。"], 5),
      even([" مرحبا", " بكم"], 9),
    ];
    const captions = await makeCaptions(utterances);
    const convert = (input: string, from: string, to: string) =>
      execFileSync("ffmpeg", ["-v", "error", "-f", from, "-i", "-", "-f", to, "-"], { input, encoding: "utf8" });
    const texts = captions.map((caption) => caption.lines.map(({ text }) => text).join("\n"));
    const vtt = convert(await toSrt(captions), "srt", "webvtt");
    should(parseVtt(vtt).map(({ text }) => text)).eql(texts);
    const srt = convert(await toVtt(captions), "webvtt", "srt");
    should(srtValidator(srt)).eql([]);
    for (const text of texts) should(srt).containEql(text);
  });
});
