import should from "should";
import { SessionRow } from "../../nodes/live/row";
import { MemoryStore } from "../../src/jobs/memory-store";
import { transcriptOf } from "../../src/live/messages";
import { LiveSession } from "../../src/live/session";
import { type Engine, startEngine } from "../support/engine";
import { until } from "../support/flow";
import { PCM, recordingOf, speech } from "../support/live";
import { TestAccount } from "../support/test-account";

describe("one who speaks past the limit of one live session", () => {
  let engine: Engine & { folder: string };
  let test: TestAccount;

  before(async () => {
    engine = await startEngine();
    engine.control.settings.languages = "any";
    test = await TestAccount.open(engine, new MemoryStore());
  });
  after(async () => {
    await test.end();
    await engine.close();
  });

  it("has a row for each session at Gladia, which says which one it is, how long, and what was said in it", async () => {
    const { account } = test;
    const { client, transport, history } = account;
    let keys = 0;
    const row = new SessionRow({ account, node: "n", newKey: () => `row-${++keys}`, cancel: () => session.cancel() });
    const rows = () => history.list().sort((one, other) => one.key.localeCompare(other.key));
    let ids: string[] | undefined;
    const session: LiveSession = LiveSession.open(
      {
        ...{ client, transport, speed: 20, longest: { pause: 60, at: 1.7 } },
        listener: {
          onSession: (id, before) => row.named(id, before),
          onSessionEnd: (id) => row.over(id, undefined),
          onState: (state, seconds) => row.set(state, seconds),
          onMessage: (message, id) => {
            const transcript = transcriptOf(message);
            if (transcript?.isFinal) row.heard(transcript.text, id);
          },
          onEnd: (result) => {
            ids = result.ids;
            row.ended(session.seconds, false, result.error?.message);
          },
        },
      },
      { options: {}, format: PCM },
    );
    await until(() => rows()[0]?.id !== undefined);
    should(rows()).have.length(1);
    should(rows()[0]).not.have.property("part");
    const audio = speech(5);
    session.write(audio);
    session.stop();
    await until(() => ids !== undefined);
    should(rows().map(({ id }) => id)).eql(ids);
    should(rows().map(({ part }) => part)).eql([1, 2, 3]);
    should(rows().map(({ state, held }) => ({ state, held }))).eql(Array(3).fill({ state: "done", held: false }));
    for (const { id = "", duration } of rows()) {
      const seconds = ((await recordingOf(engine, id)).length - 44) / 32_000;
      should(duration).be.approximately(seconds, 0.11);
    }
    const words = (await Promise.all((ids ?? []).map((id) => client.get(id, { kind: "live" })))).map((job) =>
      String(job.result?.transcription?.full_transcript).trim(),
    );
    should(words.every((text) => text !== "")).equal(true);
    should(rows().map(({ text }) => text)).eql(words);
  });
});
