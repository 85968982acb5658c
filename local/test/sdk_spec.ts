import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { GladiaClient } from "@gladiaio/sdk";
import should from "should";
import type { Engine } from "../src/index";
import { closeAll, folder, start } from "./support/engine";
import { wav } from "./support/wav";

describe("Gladia's own SDK as a client", () => {
  afterEach(closeAll);

  /** The SDK's client for pre-recorded audio, pointed at an engine. */
  function clientOf(engine: Engine, apiKey = "k") {
    return new GladiaClient({ apiKey, apiUrl: engine.url, httpRetry: { maxAttempts: 1 } }).preRecorded();
  }

  it("uploads, creates, polls, gets, lists, downloads and deletes", async () => {
    const engine = await start();
    const client = clientOf(engine);
    const path = join(await folder(), "meeting.wav");
    const bytes = wav(3, 2, true);
    await writeFile(path, bytes);
    const { audio_url, audio_metadata } = await client.uploadFile(path);
    audio_metadata.should.containEql({ filename: "meeting.wav", audio_duration: 3, number_of_channels: 2 });
    const { id, result_url } = await client.create({
      audio_url,
      language_config: { languages: ["en"] },
      subtitles: true,
      subtitles_config: { formats: ["srt", "vtt"] },
      custom_metadata: { ticket: 17 },
    });
    result_url.should.equal(`${engine.url}/v2/pre-recorded/${id}`);
    const job = await client.poll(id, { interval: 10 });
    job.status.should.equal("done");
    const { transcription } = job.result ?? {};
    transcription?.full_transcript.should.match(/^speech of meeting\.wav/);
    transcription?.subtitles?.map(({ format }) => format).should.eql(["srt", "vtt"]);
    (await client.get(id)).should.eql(job);
    const page = await client.list({ limit: 1, status: ["done"], custom_metadata: { ticket: 17 } });
    page.items.map((item) => item.id).should.eql([id]);
    should(page.next).be.null();
    (await client.list({ url: page.first })).items.should.have.length(1);
    Buffer.from(await client.getFile(id))
      .equals(bytes)
      .should.be.true();
    engine.control.settings.redirectFiles = true;
    Buffer.from(await client.getFile(id))
      .equals(bytes)
      .should.be.true();
    engine.control.storage.map(({ key }) => key).should.eql([false]);
    (await client.delete(id)).should.be.true();
    await client.get(id).should.be.rejectedWith(/There is no transcription/);
  });

  it("does it all in one call, from bytes", async () => {
    const engine = await start();
    const client = clientOf(engine);
    const job = await client.transcribe(
      new File([new Uint8Array(wav(1))], "note.wav"),
      { sentences: true, translation: true, translation_config: { target_languages: ["fr"] } },
      { interval: 10 },
    );
    job.result?.translation?.results?.[0]?.full_transcript.should.match(/^\[fr\] speech of note\.wav/);
  });

  it("is told what is wrong", async () => {
    const engine = await start();
    await clientOf(engine, "other")
      .list()
      .should.be.rejectedWith(/gladia user not found \| G-[0-9a-f]{8} \| 401/);
    const client = clientOf(engine);
    await client
      .createUntyped({ audio_url: "https://example.org/a.wav", detect_language: true })
      .should.be.rejectedWith(/Invalid parameter\(s\).* \| 400 \| POST \/v2\/pre-recorded/);
    engine.control.script({ error: { code: 422 } });
    const { audio_url } = await client.uploadFile(new File([new Uint8Array(wav(1))], "a.wav"));
    await client.createAndPoll({ audio_url }, { interval: 10 }).should.be.rejectedWith(/error code: 422/);
    engine.control.fault({ route: "get", kind: "502-html" });
    await client.get("x").should.be.rejectedWith(/502/);
  });
});
