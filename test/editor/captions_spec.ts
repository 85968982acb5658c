import type { Browser, Page } from "playwright-core";
import should from "should";
import { CAPTIONS, makeCaptions } from "../../src/format/captions";
import { toVtt } from "../../src/format/captions/write";
import { startBrowser } from "../support/browser";
import { longJob, randomTranscript } from "../support/transcripts";

interface Shown {
  start: number;
  end: number;
  text: string;
}

/** What the browser takes from a track, as it would show it. */
const READ = `(vtt) => new Promise((resolve, reject) => {
  const video = document.createElement("video");
  const track = document.createElement("track");
  track.kind = "captions";
  track.default = true;
  track.src = URL.createObjectURL(new Blob([vtt], { type: "text/vtt" }));
  track.onload = () => resolve([...track.track.cues].map((cue) => {
    return { start: cue.startTime, end: cue.endTime, text: cue.getCueAsHTML().textContent };
  }));
  track.onerror = () => reject(new Error("not read"));
  video.append(track);
  document.body.append(video);
})`;

describe("captions in a browser's player", function () {
  this.timeout(60_000);
  let browser: Browser;
  let page: Page;

  before(async () => {
    browser = await startBrowser();
    page = await browser.newPage();
  });
  after(() => browser?.close());

  it("are all there, with their times and their text", async () => {
    const { transcription } = longJob(3000).result ?? {};
    const samples = [
      ...Array.from({ length: 20 }, (_, seed) => randomTranscript(seed + 1)),
      transcription?.utterances ?? [],
    ];
    for (const utterances of samples) {
      const captions = await makeCaptions(utterances, CAPTIONS, true);
      const nameOf = (who: unknown) => (who === undefined ? undefined : `Speaker ${who}`);
      const expected = captions.map(({ start, end, lines }) => ({
        start,
        end,
        text: lines.map(({ text }) => text).join("\n"),
      }));
      for (const settings of [{}, { nameOf, wordTimes: true }]) {
        const vtt = await toVtt(captions, settings);
        const shown = (await page.evaluate(`(${READ})(${JSON.stringify(vtt)})`)) as Shown[];
        // Chromium keeps times in floating point.
        const rounded = shown.map(({ start, end, text }) => ({ start: thousandth(start), end: thousandth(end), text }));
        should(rounded).eql(expected);
      }
    }
  });
});

const thousandth = (seconds: number): number => Math.round(seconds * 1000) / 1000;
