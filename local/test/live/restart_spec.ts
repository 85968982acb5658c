import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import "should";
import { call, closeAll, folder, start } from "../support/engine";
import { client, connect, session, sound, TWO } from "../support/live";

describe("live sessions over a restart of the engine", () => {
  afterEach(closeAll);

  it("are ended, with what was said and recorded until then", async () => {
    const data = await folder();
    const first = await start({ data });
    first.control.script({ text: ["Hello there.", "Good bye."], times: 1 });
    const done = await connect(first);
    done.audio(TWO);
    done.stop();
    await done.closed();
    first.control.script({ text: ["One.", "Two."] });
    const open = await connect(first, { messages_config: { receive_final_transcripts: false }, sample_rate: 16_000 });
    open.audio(sound([1, 300], [0.6, 0], [0.5, 400]));
    open.send({ type: "audio_chunk", data: { chunk: "" } });
    await open.first("speech_end");
    const unopened = await session(first);
    await first.close();
    (await open.closed()).should.equal(1012);
    await appendFile(join(data, "live", open.id, "messages"), '+{"type":"transcript","data":{"is_fi');

    const second = await start({ data });
    const job = (await call(second, "GET", `/v2/live/${open.id}`)).body;
    job.should.containEql({ status: "done", kind: "live" });
    job.file.audio_duration.should.equal(2.1);
    job.result.transcription.full_transcript.should.equal("One.");
    job.result.messages.map((text: string) => JSON.parse(text).type).should.containEql("speech_end");
    job.result.metadata.audio_duration.should.equal(2.1);
    job.post_session_metadata.warnings[0].should.match(/engine was stopped/);
    const { body } = await call(second, "GET", `/v2/live/${open.id}/file`);
    body.readUInt32LE(40).should.equal(body.length - 44);
    body.length.should.equal(44 + 2.1 * 32_000);
    const late = client(second.url.replace("http", "ws") + new URL(open.url).pathname + new URL(open.url).search);
    await late.closed();
    late.status?.should.equal(403);

    const empty = (await call(second, "GET", `/v2/live/${unopened.id}`)).body;
    empty.should.containEql({ status: "done" });
    empty.result.transcription.utterances.should.eql([]);
    const kept = (await call(second, "GET", `/v2/live/${done.id}`)).body;
    kept.result.transcription.full_transcript.should.equal("Hello there. Good bye.");
    kept.result.messages.length.should.be.above(5);
    (await call(second, "DELETE", `/v2/live/${open.id}`)).status.should.equal(202);
  });

  it("take what a killed engine left, even half a header", async () => {
    const data = await folder();
    const first = await start({ data });
    const { id } = await session(first);
    await first.close();

    const path = join(data, "jobs", `${id}.json`);
    const job = JSON.parse(await readFile(path, "utf8"));
    await writeFile(path, JSON.stringify({ ...job, status: "processing" }));
    await writeFile(join(data, "live", id, "recording.wav"), "RIFF");
    const second = await start({ data });
    (await call(second, "GET", `/v2/live/${id}`)).body.should.containEql({ status: "done" });
  });
});
