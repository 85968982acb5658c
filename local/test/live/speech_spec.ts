import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import should from "should";
import { createEngine, type Engine } from "../../src/index";
import { createMoonshine } from "../../src/recogniser/moonshine";
import { LiveClient } from "../support/live";
import { spoken, wordErrors } from "../wer";

const SPEECH = join(__dirname, "..", "..", "speech");

/** The share of words that are wrong. */
const errorRate = (reference: string, heard: string) =>
  wordErrors(spoken(reference), spoken(heard)) / spoken(reference).length;

describe("a live session with real speech", function () {
  this.timeout(60_000);
  let engine: Engine;
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "gladia-live-speech-"));
    engine = await createEngine({ port: 0, recogniser: createMoonshine(), data: folder, key: "key" });
  });
  after(async () => {
    await engine?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("tells partials while it is spoken, and finals that keep their times and order", async () => {
    const body = JSON.stringify({ messages_config: { receive_partial_transcripts: true } });
    const headers = { "x-gladia-key": "key", "content-type": "application/json" };
    const answer = await fetch(`${engine.url}/v2/live`, { method: "POST", headers, body });
    const { id, url } = (await answer.json()) as { id: string; url: string };
    const client = await new LiveClient(url).opened();
    const sound = (await readFile(join(SPEECH, "john-dashwood.wav"))).subarray(44);
    // Microphones know nothing of the detector's steps of 1,024 bytes.
    for (let at = 0; at < sound.length; at += 3202) {
      client.send(sound.subarray(at, at + 3202));
      await sleep(100);
    }
    client.stop();
    should(await client.closed()).equal(1000);

    const transcripts = client.of("transcript").map(({ data }) => data);
    const finals = transcripts.filter((data) => data.is_final);
    for (const { id: utterance } of finals) {
      const own = transcripts.filter((data) => data.id === utterance);
      should(own.at(-1)?.is_final).be.true(`${utterance} changes after its final`);
    }
    // A busy machine has time for fewer of them.
    should(transcripts.filter((data) => !data.is_final).length).be.above(0);
    const times = finals.flatMap(({ utterance }) => [utterance.start, utterance.end]);
    should(times).eql([...times].sort((a, b) => a - b));
    for (const text of client.finals) should(text).startWith(" ");
    const reference = JSON.parse(await readFile(join(SPEECH, "transcripts.json"), "utf8"))["john-dashwood.wav"];
    should(errorRate(reference, client.finals.join(""))).be.below(0.1);

    const kept = await fetch(`${engine.url}/v2/live/${id}`, { headers });
    const job = (await kept.json()) as { status: string; result: { transcription: { full_transcript: string } } };
    should(job.status).equal("done");
    should(errorRate(reference, job.result.transcription.full_transcript)).be.below(0.1);
  });
});
