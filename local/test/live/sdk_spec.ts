import { GladiaClient, type LiveV2Session, type LiveV2TranscriptMessage } from "@gladiaio/sdk";
import should from "should";
import type { Engine } from "../../src/index";
import { closeAll, start, until } from "../support/engine";
import { sound } from "../support/live";

/** Two words with a gap of 0.22 s between them, as Gladia's own recording has it; 4 s in all. */
const SPLIT_INFINITY = sound([0.21, 0], [0.48, 300], [0.22, 0], [0.64, 450], [2.45, 0]);
const FORMAT = { encoding: "wav/pcm", bit_depth: 16, sample_rate: 16_000, channels: 1 } as const;

/** The SDK's client for live sessions, pointed at an engine. */
function liveOf(engine: Engine) {
  return new GladiaClient({ apiKey: "k", apiUrl: engine.url, httpRetry: { maxAttempts: 1 } }).liveV2();
}

/** Settles when the SDK says so for the first time. */
const told = (session: LiveV2Session, event: "connected" | "ended") =>
  new Promise<{ code?: number }>((resolve) => session.once(event as "ended", resolve));

/** Speaks a recording in pieces of 50 ms and stops. */
async function speak(session: LiveV2Session, audio = SPLIT_INFINITY): Promise<{ code?: number }> {
  const ended = told(session, "ended");
  for (let at = 0; at < audio.length; at += 1600) session.sendAudio(audio.subarray(at, at + 1600));
  await until(
    () => session.status,
    (status) => status === "connected",
  );
  session.stopRecording();
  return ended;
}

describe("Gladia's own SDK as a live client", () => {
  afterEach(closeAll);

  /** An engine that hears "Split infinity.", and a whole session on it. */
  async function ended() {
    const engine = await start();
    engine.control.script({ text: "Split infinity." });
    const live = liveOf(engine);
    const session = live.startSession({ ...FORMAT, language_config: { languages: ["en"] } });
    await speak(session);
    return { engine, live, id: await session.getSessionId() };
  }

  it("gets a session that has ended", async () => {
    const { live, id } = await ended();
    const job = await live.get(id);
    job.id.should.equal(id);
    ["done", "processing"].should.containEql(job.status);
    job.kind.should.equal("live");
    (await live.list({ limit: 1 })).items.map((item) => item.id).should.eql([id]);
  });

  it("downloads the recording as a WAV file", async () => {
    const { live, id } = await ended();
    const bytes = await live.getFile(id);
    should(bytes).be.instanceOf(ArrayBuffer);
    Buffer.from(bytes, 0, 4).toString("latin1").should.equal("RIFF");
    bytes.byteLength.should.equal(44 + SPLIT_INFINITY.length);
  });

  it("deletes a session that is final", async () => {
    const { live, id } = await ended();
    await until(
      async () => (await live.get(id)).status,
      (status) => status === "done" || status === "error",
    );
    (await live.delete(id)).should.be.true();
  });

  it("is told 404 when there is nothing to delete", async () => {
    const live = liveOf(await start());
    const error = await live.delete("00000000-0000-0000-0000-000000000000").catch((thrown) => thrown);
    error.status.should.equal(404);
  });

  it('hears "split infinity" as one final', async () => {
    const engine = await start();
    engine.control.script({ text: "Split infinity." });
    const session = liveOf(engine).startSession({ ...FORMAT, language_config: { languages: ["en"] } });
    session.status.should.equal("starting");
    const transcripts: LiveV2TranscriptMessage[] = [];
    session.on("message", (message) => {
      if (message.type === "transcript") transcripts.push(message);
    });
    const over = speak(session);
    await until(
      () => session.status,
      (status) => status === "ending",
    );
    (await over).code?.should.equal(1000);
    session.status.should.equal("ended");
    transcripts.every(({ data }) => data.is_final).should.be.true();
    transcripts
      .map(({ data }) => data.utterance.text)
      .join(" ")
      .should.match(/^\ssplit infinity\p{P}*$/iu);
  });

  for (const code of [undefined, 1011, 4500]) {
    it(`goes on after ${code === undefined ? "a cut" : `a close with ${code}`}, and nothing is lost or doubled`, async () => {
      const engine = await start();
      const audio = Buffer.concat(Array.from({ length: 5 }, () => SPLIT_INFINITY));
      const finals = async () => {
        const texts: string[] = [];
        const session = liveOf(engine).startSession(FORMAT);
        session.on("message", (message) => {
          if (message.type === "transcript") texts.push(message.data.utterance.text);
        });
        const over = told(session, "ended");
        for (let at = 0; at < audio.length; at += 1600) session.sendAudio(audio.subarray(at, at + 1600));
        // A stop is forgotten by this client when the socket drops, so all has to be there before.
        await until(
          () => (session as unknown as { audioBuffer: unknown }).audioBuffer,
          (rest) => rest === null,
        );
        session.stopRecording();
        await over;
        return { texts, id: await session.getSessionId() };
      };
      const whole = await finals();
      whole.texts.should.have.length(5);
      for (const after of [30_000, 200_000, 1600])
        engine.control.socketFault({ kind: "drop", after, ...(code === undefined ? {} : { code }) });
      const cut = await finals();
      cut.texts.should.eql(whole.texts);
      const bytes = await liveOf(engine).getFile(cut.id);
      Buffer.from(bytes).subarray(44).equals(audio).should.be.true();
    });
  }
});
