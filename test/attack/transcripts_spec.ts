import should from "should";
import { format } from "../../src/format";
import type { Word } from "../../src/types";

/** Words that are worked on in one go. */
const MOST = 5000;
const WORDS = 23_456;

const said = (count: number, name = (i: number) => ` word${i}${i % 20 === 19 ? "." : ""}`): Word[] =>
  Array.from({ length: count }, (_, i) => ({ word: name(i), start: i / 4, end: i / 4 + 0.2, confidence: 1 }));
const job = (
  words: Word[],
  text = words
    .map(({ word }) => word)
    .join("")
    .trim(),
) => ({
  id: "a",
  status: "done",
  result: {
    transcription: {
      full_transcript: text,
      utterances: [{ text, start: 0, end: words.at(-1)?.end ?? 3600, speaker: 1, channel: 0, language: "en", words }],
    },
  },
});
const wordsIn = (text: string) => text.match(/\bword\d+\b/g) ?? [];
const NAMES = said(WORDS).map(({ word }) => word.trim().replace(".", ""));

describe("a phrase without end", () => {
  it("is nowhere, and one of a word without end is found up to there", async () => {
    const words = [" so", ` ${"\ufdfa".repeat(1_000_000)}`, " goes", " on"].map((word, i) => ({
      ...{ word, start: i, end: i + 1, confidence: 1 },
    }));
    should(await format(job(words, "so it goes on"), "find", { phrase: "\ufdfa".repeat(1_000_000) })).eql([]);
    should(await format(job(words, "so it goes on"), "find", { phrase: "goes on" })).have.length(1);
  });
});

describe("an utterance without end", () => {
  it("is worked on in parts, and nothing of it is lost", async () => {
    const whole = job(said(WORDS));
    const parts = (await format(whole, "utterances")) as { text: string; start: number; end: number; words: Word[] }[];
    should(parts).have.length(Math.ceil(WORDS / MOST));
    should(parts.flatMap(({ words }) => words)).eql(said(WORDS));
    should(parts.map(({ text }) => text).join(" ")).equal(whole.result.transcription.full_transcript);
    for (const { words, start, end } of parts) should([start, end]).eql([words[0]?.start, words.at(-1)?.end]);
    should(await format(whole, "text")).equal(whole.result.transcription.full_transcript);
    should(await format(whole, "dialogue")).equal(`Speaker 2: ${whole.result.transcription.full_transcript}`);
    for (const form of ["srt", "vtt", "csv", "markdown"] as const)
      should(wordsIn(String(await format(whole, form)))).eql(NAMES);
  });

  it("is parted by its words where its text has others", async () => {
    const parts = (await format(job(said(WORDS), "nothing of the kind"), "utterances")) as { text: string }[];
    should(parts).have.length(Math.ceil(WORDS / MOST));
    should(wordsIn(parts.map(({ text }) => text).join(" "))).eql(NAMES);
  });

  it("has sentences that end, also without a full stop", async () => {
    const words = said(WORDS, (i) => ` word${i}`);
    const sentences = (await format(job(words), "sentences")) as { words: Word[] }[];
    for (const sentence of sentences) should(sentence.words.length).be.belowOrEqual(2 * MOST);
    should(sentences.flatMap((sentence) => sentence.words)).eql(words);
  });

  it("is parted by its text where it has no words", async () => {
    for (const text of ["so it goes ".repeat(50_000).trim(), "a".repeat(500_000), "\ud83d\ude00".repeat(100_001)]) {
      const parts = (await format(job([], text), "utterances")) as { text: string; start: number; end: number }[];
      should(parts.length).be.above(3);
      for (const part of parts) should(part.text.length).be.belowOrEqual(50_000);
      should(
        parts
          .map((part) => part.text)
          .join("")
          .replaceAll(" ", ""),
      ).equal(text.replaceAll(" ", ""));
      should(parts.every((part) => part.text === Buffer.from(part.text).toString())).be.true();
      should([parts[0]?.start, Math.round(parts.at(-1)?.end ?? 0)]).eql([0, 3600]);
    }
  });
});
