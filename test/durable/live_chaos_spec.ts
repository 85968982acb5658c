import should from "should";
import { Transport } from "../../src/http/transport";
import { breakingLine } from "../support/breaking-line";
import { draws } from "../support/draws";
import { type Engine, startEngine } from "../support/engine";
import { type Heard, open, recordingOf, speech } from "../support/live";

/** Losses of the connection in a minute of speech. */
const LOSSES = 20;
const MINUTE = 60 * 32_000;
/** How many times as fast as it is spoken. */
const SPEED = 8;

interface Spoken {
  data: { utterance: { start: number; text: string } };
}

describe("a minute of speech over a line that breaks twenty times", function () {
  this.timeout(60_000);
  let engine: Engine & { folder: string };
  let line: Awaited<ReturnType<typeof breakingLine>>;
  let transport: Transport;

  beforeEach(async () => {
    engine = await startEngine();
    line = await breakingLine(engine.url);
    transport = new Transport();
  });
  afterEach(async () => {
    await transport.close();
    await line.close();
    await engine.close();
  });

  const audio = speech(60, 0.6, 0.39);

  /** The finals joined, and the recording's bytes. */
  const run = async () => {
    const heard: Heard = open(line, transport, { speed: SPEED });
    heard.session.write(audio);
    heard.session.stop();
    const { error, reason, ids } = await heard.ended(45_000);
    should(error).equal(undefined);
    should(reason).equal("stopped");
    should(heard.dropped).equal(0);
    // A final that is lost on its way comes last, from the session's result.
    const spoken = heard.messages.filter(({ type }) => type === "transcript") as unknown as Spoken[];
    spoken.sort((one, other) => one.data.utterance.start - other.data.utterance.start);
    return {
      heard,
      text: spoken.map(({ data }) => data.utterance.text).join(""),
      recording: await recordingOf(engine, ids[0] as string),
    };
  };

  it("gives the same finals as an undisturbed line, and each byte once, whichever side breaks and whatever acks are lost", async () => {
    const undisturbed = await run();
    should(undisturbed.heard.finals()).have.length(60);
    const draw = draws(20_261_126);
    for (let n = 0; n < LOSSES; n++) {
      const after = Math.round((0.2 + draw() * 0.8) * (MINUTE / LOSSES));
      const acks = Math.floor(draw() * 6);
      // Each connection is lost by the server or on the way; both are told of each connection, one never comes to it.
      const isServer = draw() < 0.5;
      engine.control.socketFault({ kind: "drop", after: isServer ? after : 10 * MINUTE, acks });
      line.breaks.push(isServer ? 100 * MINUTE : after);
    }
    const before = engine.control.counts.socket ?? 0;
    const disturbed = await run();
    should((engine.control.counts.socket ?? 0) - before).be.aboveOrEqual(LOSSES);
    should(line.broken).be.above(3);
    should(disturbed.text).equal(undisturbed.text);
    should(disturbed.recording.length).equal(undisturbed.recording.length);
    should(disturbed.recording.equals(undisturbed.recording)).equal(true);
    should(engine.control.counts.live).equal(2);
  });
});
