// What each format of a long transcript costs, and for how long it holds the event loop.
//   node bench/format/run.mjs [--rounds 9] [--words 100000] [--only latin,japanese,overlaps]
import { createRequire } from "node:module";
import "tsx/cjs";
import { goal, median, printGoals, printTable, readOptions, show } from "../support/figures.mjs";

const { format, FORMATS } = createRequire(import.meta.url)("../../src/format/index.ts");
const options = readOptions({ rounds: 9, words: 100_000, only: ["latin", "japanese", "overlaps"] });
const [MOST_CPU, MOST_STALL] = [100, 50];

const ENGLISH =
  "it was the best of times and the worst of times, so we were told by those who had been there. Nobody knew what would come next!".split(
    " ",
  );
const JAPANESE =
  "今日 は とても 良い 天気 です 。 明日 も 晴れる と いい です ね 。 ちょっと コーヒー を 飲み ましょう 。".split(" ");

/** Ten hours of speech at 100,000 words, in utterances of fifteen words; `back` lets each begin before the last one ends. */
function job(words, vocabulary, space, back = 0) {
  const utterances = [];
  for (let n = 0; n < words; n += 15) {
    const from = n * 0.36 - (utterances.length % 3 === 1 ? back : 0);
    const spoken = Array.from({ length: Math.min(15, words - n) }, (_, i) => {
      const start = Math.max(0, from) + i * 0.35;
      return { word: space + vocabulary[(n + i) % vocabulary.length], start, end: start + 0.32, confidence: 0.9 };
    });
    const text = spoken.map(({ word }) => word).join("");
    const { start } = spoken[0];
    const { end } = spoken.at(-1);
    const about = { language: "en", confidence: 0.9, channel: 0, speaker: (n / 15) % 2 };
    utterances.push({ text: text.trim(), start, end, ...about, words: spoken });
  }
  const full_transcript = utterances.map(({ text }) => text).join(" ");
  return { id: "long", status: "done", result: { transcription: { full_transcript, utterances } } };
}

const SETTINGS = { phrase: "times", wordTimes: false };

async function cpuOf(transcript, form, settings) {
  const before = process.cpuUsage();
  await format(transcript, form, settings);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** The longest time between two turns of the event loop, in milliseconds. */
async function stallOf(transcript, form, settings) {
  let longest = 0;
  let last = performance.now();
  const look = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  };
  let timer = setImmediate(function again() {
    look();
    timer = setImmediate(again);
  });
  await format(transcript, form, settings);
  look();
  clearImmediate(timer);
  return longest;
}

async function measure(about, transcript, hasGoals) {
  const rows = [["format", "first (ms CPU)", "median", "least", "longest stall (ms)"]];
  const forms = [
    ...FORMATS.map((form) => [form, form, SETTINGS]),
    ["vtt, timed", "vtt", { ...SETTINGS, wordTimes: true }],
  ];
  for (const [name, form, settings] of forms) {
    const cpu = [];
    const stalls = [];
    for (let n = 0; n < options.rounds; n++) {
      cpu.push(await cpuOf(transcript, form, settings));
      stalls.push(await stallOf(transcript, form, settings));
    }
    // Whatever else the machine does only makes figures larger.
    const [least, stall] = [Math.min(...cpu), Math.min(...stalls)];
    rows.push([name, show(cpu[0], 0), show(median(cpu), 0), show(least, 0), show(stall, 1)]);
    if (hasGoals) goal(`${about}, ${name}: CPU`, MOST_CPU, least, " ms");
    goal(`${about}, ${name}: stall`, MOST_STALL, stall, " ms");
  }
  printTable(`${options.words} words, ${about}`, rows);
}

const KINDS = {
  latin: () => job(options.words, ENGLISH, " "),
  japanese: () => job(options.words, JAPANESE, ""),
  overlaps: () => job(options.words, ENGLISH, " ", 2),
};
for (const kind of options.only) await measure(kind, KINDS[kind](), kind === "latin");
printGoals();
