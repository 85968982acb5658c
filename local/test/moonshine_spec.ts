import { readFile } from "node:fs/promises";
import { join } from "node:path";
import should from "should";
import { createMoonshine } from "../src/recogniser/moonshine";
import { call, closeAll, start, transcribe, upload } from "./support/engine";

describe("the engine with the real model", () => {
  afterEach(closeAll);

  it("turns speech into text, and is honest about the rest", async function () {
    this.timeout(120_000);
    const engine = await start({ recogniser: createMoonshine() });
    const speech = await readFile(join(__dirname, "../speech/amiable-woman.wav"));
    const job = await transcribe(engine, { diarization: true, sentences: true, subtitles: true }, speech);
    job.status.should.equal("done");
    const { transcription, diarization } = job.result;
    transcription.full_transcript.should.match(/married a more amiable woman/);
    transcription.languages.should.eql(["en"]);
    transcription.utterances[0].words[0].should.containEql({ word: " Had" });
    transcription.subtitles[0].subtitles.should.match(/^1\n00:00:00,/);
    should(diarization.success).be.false();
    const text = await upload(engine, "These are words, not sounds.", "a.mp3");
    text.statusCode.should.be.within(400, 422);
    const french = { audio_url: "https://example.org/a.wav", language_config: { languages: ["fr"] } };
    const refused = await call(engine, "POST", "/v2/pre-recorded", french);
    refused.body.validation_errors[0].should.match(/only ones the local engine understands/);
  });
});
