import should from "should";
import { parseLargeJson } from "../../src/http/large-json";

/** A job of some megabytes, with everything that makes JSON hard to cut. */
function largeJob() {
  const words = Array.from({ length: 60_000 }, (_, i) => ({
    word: ` "w\\${i}\\"`,
    start: i / 3,
    end: null,
    ok: i % 2 === 0,
    e: 1e-7,
  }));
  return {
    id: "x",
    result: {
      transcription: {
        full_transcript: 'a"b\\'.repeat(200_000),
        utterances: Array.from({ length: 600 }, (_, i) => ({
          text: "é[{,",
          words: words.slice(i * 100, (i + 1) * 100),
        })),
      },
    },
    empty: [[], {}],
  };
}

describe("large JSON", () => {
  it("is parsed as JSON.parse does, with turns of the event loop in between", async () => {
    const job = largeJob();
    const text = JSON.stringify(job, null, 1);
    should(text.length).be.above(4 * 1024 * 1024);
    let turns = 0;
    const count = setImmediate(function again() {
      turns++;
      timer = setImmediate(again);
    });
    let timer = count;
    const parsed = await parseLargeJson(text);
    clearImmediate(timer);
    should(JSON.stringify(parsed)).equal(JSON.stringify(job));
    should(turns).be.above(20);
  });

  it("refuses what JSON.parse refuses", async () => {
    const text = JSON.stringify(largeJob());
    for (const broken of [`${text}x`, text.slice(0, -2), text.replace('"id":', "id:"), text.replace('"x",', '"x"')]) {
      await should(parseLargeJson(broken)).rejectedWith(SyntaxError);
    }
  });
});
