import fc from "fast-check";
import should from "should";
import { FORMATS, type Format, format } from "../../src/format";

const words = (texts: string[], from = 0) =>
  texts.map((word, i) => ({ word, start: from + i, end: from + i + 0.9, confidence: 0.9 }));
const said = (texts: string[], more: object = {}, from = 0) => {
  const about = { channel: 0, language: "en", confidence: 0.9, start: from, end: from + texts.length };
  return { ...about, text: texts.join("").trim(), words: words(texts, from), ...more };
};
const find = async (phrase: string, ...utterances: object[]) =>
  ((await format(utterances, "find", { phrase })) as { text: string; start: number; end: number }[]).map(
    ({ text, start, end }) => [text, start, end],
  );

describe("a phrase", () => {
  it("is found in whole words, without regard to case and punctuation, over the end of an utterance", async () => {
    const talk = [
      said([" Turn", " on", " the", " Light,"]),
      said([" please.", " It", "'s", " light-years", " away."], {}, 9),
    ];
    should(await find("the light please", ...talk)).eql([["the Light, please.", 2, 9.9]]);
    should(await find("it's", ...talk)).eql([["It's", 10, 11.9]]);
    should(await find("LIGHT", ...talk)).eql([
      ["Light,", 3, 3.9],
      ["light-years", 12, 12.9],
    ]);
    should(await find("ligh", ...talk)).eql([]);
    should(await find("...", ...talk)).eql([]);
  });

  it("is found each time, also where one place follows the other at once", async () => {
    should(await find("no", said([" No,", " no,", " no!"]))).eql([
      ["No,", 0, 0.9],
      ["no,", 1, 1.9],
      ["no!", 2, 2.9],
    ]);
  });

  it("is found in scripts without spaces, and in an utterance without words", async () => {
    should(await find("とても良い", said(["今日", "は", "とても", "良い", "天気", "です", "。"]))).eql([
      ["とても良い", 2, 3.9],
    ]);
    const [place] = await find("four five", { ...said([" one two three four five"]), words: [], start: 0, end: 24 });
    should(place?.[0]).equal("four five");
    should(place?.[1]).be.approximately(14, 1);
  });
});

describe("a dialogue", () => {
  it("sets no spaces between sentences of a script that has none, and leaves out what is empty", async () => {
    const talk = [said(["今日は", "晴れ。"]), said(["明日も", "晴れ。"], {}, 3), said([" "], {}, 6)];
    should(await format(talk, "dialogue")).equal("Speaker 1: 今日は晴れ。明日も晴れ。");
    should(await format(talk, "text")).equal("今日は晴れ。明日も晴れ。");
  });

  it("takes no name from what every object has", async () => {
    const talk = [said([" Hi."], { speaker: "constructor" }), said([" Ho."], { speaker: 1 }, 3)];
    should(await format(talk, "dialogue", { speakers: { 1: "Ben\nBoss" } })).equal("constructor: Hi.\nBen Boss: Ho.");
  });
});

describe("minutes", () => {
  it("take nothing that was said for markup, and part what goes on for long", async () => {
    const long = [said([" *a*", " <b>", " [c](d)"]), said([" Much", " later."], {}, 100)];
    should(await format(long, "markdown")).equal(
      "# Transcript\n\n## Transcript\n\n(0:00) \\*a\\* \\<b\\> \\[c\\](d)\n\n(1:40) Much later.\n",
    );
    should(await format([said([" x"], {}, 3_725)], "markdown")).match(/\n\(1:02:05\) x\n$/);
  });
});

describe("sentences", () => {
  it("go over the end of an utterance, not over a change of speaker", async () => {
    const talk = [
      said([" I", " think"]),
      said([" so."], {}, 2.5),
      said([" Do"], { speaker: 1 }, 4),
      said([" Yes."], {}, 6),
    ];
    const made = (await format(talk, "sentences")) as { sentence: string }[];
    should(made.map(({ sentence }) => sentence)).eql(["I think so.", "Do", "Yes."]);
  });

  it("are those of the text where there are no words", async () => {
    const made = (await format([said([" One. Two!"], { words: [] })], "sentences")) as { sentence: string }[];
    should(made.map(({ sentence }) => sentence)).eql(["One.", "Two!"]);
  });
});

describe("every format", function () {
  this.timeout(60_000);
  const wrong = () => fc.constantFrom(null, undefined, 7, "x", true, [], {}, Number.NaN, -1, " a b", "今日。");

  it("gives something or an error of ours, whatever a result holds", async () => {
    const word = fc.record({ word: wrong(), start: wrong(), end: wrong(), confidence: wrong() });
    const utterance = fc.record({
      ...{ text: wrong(), start: wrong(), end: wrong(), speaker: wrong(), channel: wrong(), language: wrong() },
      words: fc.oneof(wrong(), fc.array(fc.oneof(word, wrong()), { maxLength: 4 })),
    });
    const sentences = fc.record({
      results: fc.oneof(wrong(), fc.array(fc.oneof(wrong(), fc.record({ sentence: wrong() })))),
    });
    const part = fc.record({
      ...{
        full_transcript: wrong(),
        languages: fc.oneof(wrong(), fc.array(wrong())),
        sentences: fc.oneof(wrong(), sentences),
      },
      utterances: fc.oneof(wrong(), fc.array(fc.oneof(utterance, wrong()), { maxLength: 4 })),
      subtitles: fc.oneof(
        wrong(),
        fc.array(fc.oneof(wrong(), fc.record({ format: fc.constant("srt"), subtitles: wrong() }))),
      ),
    });
    const addOn = fc.oneof(
      wrong(),
      fc.record({ results: fc.oneof(wrong(), fc.array(fc.oneof(part, wrong()), { maxLength: 3 })) }),
    );
    const entries = {
      results: fc.oneof(
        wrong(),
        fc.array(
          fc.oneof(wrong(), fc.record({ entity_type: wrong(), text: wrong(), headline: wrong(), start: wrong() })),
        ),
      ),
    };
    const result = fc.record({
      ...{ transcription: fc.oneof(part, part, wrong()), translation: addOn, summarization: addOn },
      ...{
        named_entity_recognition: fc.oneof(wrong(), fc.record(entries)),
        chapterization: fc.oneof(wrong(), fc.record(entries)),
      },
    });
    const live = fc.record({
      type: fc.constantFrom("transcript", "translation", "speech_end"),
      data: fc.oneof(wrong(), fc.record({ id: wrong(), is_final: wrong(), utterance: fc.oneof(utterance, wrong()) })),
    });
    const source = fc.oneof(
      fc.record({ id: wrong(), file: wrong(), result }),
      result,
      part,
      fc.array(fc.oneof(utterance, live, wrong()), { maxLength: 3 }),
      wrong(),
    );
    let given = 0;
    await fc.assert(
      fc.asyncProperty(source, fc.constantFrom("", "x"), async (value, language) => {
        for (const form of FORMATS) {
          const made = await format(value, form as Format, { language, phrase: "a", wordTimes: true }).catch(
            (error: { code?: string }) => error,
          );
          if (typeof made !== "string" && !Array.isArray(made)) {
            should(String(made.code)).match(/^GLADIA_(CONFIG|RESPONSE)$/, String(made));
            continue;
          }
          if (typeof made === "string") should(made).not.match(/NaN|undefined|\[object/);
          given++;
        }
      }),
      { numRuns: 600, seed: 7 },
    );
    should(given).be.above(1000);
  });
});

describe("a live session", () => {
  /** What is said, in the order in which it begins, on one or two channels. */
  const talk = fc
    .array(
      fc.record({
        texts: fc.array(fc.constantFrom(" Hello", " you", ",", " there.", " 12", " naïve", "你好", "。"), {
          minLength: 1,
          maxLength: 12,
        }),
        pause: fc.integer({ min: 0, max: 40 }).map((n) => n / 10),
        channel: fc.constantFrom(0, 1),
        speaker: fc.constantFrom(undefined, 0, 1),
        /** Partial transcripts that come before the final one. */
        partials: fc.integer({ min: 0, max: 2 }),
      }),
      { maxLength: 8 },
    )
    .map((pieces) => {
      const ends = [0, 0];
      let before = 0;
      return pieces.map(({ texts, pause, channel, speaker, partials }) => {
        // On one channel one after the other, on two also at the same time.
        const start = Math.max(before + 0.1, ends[channel] as number) + pause;
        before = start;
        ends[channel] = start + texts.length;
        return { partials, utterance: said(texts, { channel, ...(speaker === undefined ? {} : { speaker }) }, start) };
      });
    });
  const forms: [Format, object][] = [
    ["text", {}],
    ["dialogue", {}],
    ["srt", {}],
    ["vtt", {}],
    ["vtt", { wordTimes: true }],
    ["markdown", {}],
    ["csv", {}],
    ["utterances", {}],
  ];

  it("gives what the same utterances give as a recording: as messages, and as the result of the session", async () => {
    await fc.assert(
      fc.asyncProperty(talk, async (pieces) => {
        const utterances = pieces.map(({ utterance }) => utterance);
        const recorded = { id: "a", kind: "pre-recorded", status: "done", result: { transcription: { utterances } } };
        const session = { ...recorded, id: "b", kind: "live" };
        // A transcript is final when it has been said to its end.
        const finals = pieces.map(({ utterance, partials }, n) => ({ utterance, partials, id: `00_${n}` }));
        const messages = finals
          .toSorted((a, b) => a.utterance.end - b.utterance.end)
          .flatMap(({ utterance, partials, id }) => [
            ...Array.from({ length: partials }, () => ({
              type: "transcript",
              data: {
                id,
                is_final: false,
                utterance: { ...utterance, text: "hel", words: [], end: utterance.end + 5 },
              },
            })),
            { type: "speech_end", data: { time: utterance.end } },
            { type: "transcript", data: { id, is_final: true, utterance } },
          ]);
        if (utterances.length === 0) return;
        for (const [form, settings] of forms) {
          const expected = await format(structuredClone(recorded), form, settings);
          should(await format(structuredClone(messages), form, settings)).eql(expected, `${form} of messages`);
          should(await format(structuredClone(session), form, settings)).eql(expected, `${form} of the session`);
        }
      }),
      { numRuns: 300, seed: 11 },
    );
  });

  it("follows another with times and ids of its own", async () => {
    const of = (session_id: string, text: string) => ({
      ...{ type: "transcript", session_id },
      data: { id: "00_0", is_final: true, utterance: said([text]) },
    });
    should(await format([of("a", "One."), of("b", "Two.")], "text", {})).equal("One. Two.");
  });
});
