import should from "should";
import { addOnFailures, formatJob, OUTPUTS, textOf } from "../../src/output";
import type { Job } from "../../src/types";

const words = [
  { word: " Good", start: 0, end: 0.4, confidence: 1 },
  { word: " morning.", start: 0.5, end: 1, confidence: 1 },
];
const utterance = {
  text: "Good morning.",
  start: 0,
  end: 1,
  speaker: 0,
  channel: 0,
  language: "en",
  confidence: 1,
  words,
};
const job = (result: unknown) => ({ id: "x", status: "done", result }) as unknown as Job;
const spoken = (utterances: unknown, full_transcript: unknown = "Good morning. Hello?") =>
  job({ transcription: { full_transcript, utterances } });

/** What may stand in place of a part of a result. */
const WRONG = [null, undefined, 7, "x", true, [], {}, [null], { text: null }];

describe("a result with parts that are missing", () => {
  it("gives the rest of the transcript in every form", async () => {
    const broken = [
      null,
      utterance,
      { ...utterance, text: null },
      { ...utterance, words: [null, ...words, { word: null, start: null, end: null }, { word: " you", start: null }] },
      { ...utterance, text: "Hello?", start: null, end: null, words: null, speaker: null },
      7,
    ];
    const given = spoken(broken);
    should(await formatJob(given, "text")).equal("Good morning. Hello?");
    should(await formatJob(given, "utterances")).have.length(4);
    should(((await formatJob(given, "utterances")) as unknown[])[0]).equal(utterance);
    should(await formatJob(given, "dialogue")).match(/^Speaker 1: Good morning\. Good morning\./);
    for (const form of ["srt", "vtt"] as const) {
      const captions = (await formatJob(given, form)) as string;
      should(captions).match(/Good morning\. you/);
      should(captions).match(/Hello\?/);
      should(captions).not.match(/NaN|null|undefined/);
    }
  });

  it("gives what there is where the text or the utterances are missing", async () => {
    should(await formatJob(spoken([utterance, null], null), "text")).equal("Good morning.");
    should(textOf(spoken([utterance], null))).equal("Good morning.");
    should(await formatJob(spoken(null), "text")).equal("Good morning. Hello?");
    should(await formatJob(spoken(null), "utterances")).eql([]);
    should(await formatJob(spoken([], ""), "text")).equal("");
  });

  it("is refused with a code when it holds nothing of a transcript", async () => {
    for (const result of [...WRONG, ...WRONG.map((transcription) => ({ transcription }))]) {
      for (const form of ["text", "dialogue", "utterances", "srt", "vtt"] as const) {
        await should(formatJob(job(result), form)).be.rejectedWith({ code: "GLADIA_RESPONSE" });
      }
      should(textOf(job(result))).be.undefined();
    }
  });

  it("never fails otherwise, whatever one of its parts is", async () => {
    for (const wrong of WRONG) {
      const times = { start: wrong, end: wrong };
      const parts = [
        ...[
          spoken([wrong, utterance]),
          spoken([{ ...utterance, words: wrong }]),
          spoken([{ ...utterance, words: [wrong] }]),
        ],
        ...[spoken([{ ...utterance, ...times, text: wrong, words: [{ word: wrong, ...times }] }])],
        job({ transcription: { full_transcript: "a", utterances: [utterance], subtitles: wrong, sentences: wrong } }),
        job({
          transcription: { full_transcript: "a", utterances: [utterance], subtitles: [wrong] },
          translation: wrong,
        }),
        job({
          transcription: { full_transcript: "a", utterances: [] },
          translation: { results: wrong },
          summarization: wrong,
        }),
        job({
          transcription: { full_transcript: "a", utterances: [] },
          translation: { results: [wrong, { languages: wrong }] },
        }),
        job({ transcription: { full_transcript: "a", utterances: [] }, x: { success: false, error: wrong } }),
      ];
      for (const part of parts) {
        for (const form of OUTPUTS) await formatJob(part, form);
        should(() => addOnFailures(part)).not.throw();
      }
    }
  });

  it("tells add-ons that failed in a line each", async () => {
    const result = { a: { success: false, error: { message: "x".repeat(9999) } }, b: { success: false, error: "no" } };
    const [first, second] = addOnFailures(job(result));
    should(first?.message).have.length(500);
    should(second?.message).equal("no reason was given");
  });
});
