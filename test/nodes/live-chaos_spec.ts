import should from "should";
import { LiveSession } from "../../src/live/session";
import { draws } from "../support/draws";
import { type Engine, startEngine } from "../support/engine";
import { Flow, type Msg, until } from "../support/flow";
import { recordingOf, speech } from "../support/live";

const DROPS = 20;
/** How many times as fast as it is spoken the audio goes out: the only difference to real use. */
const SPEED = 20;

describe("a live session over a connection that breaks again and again", function () {
  this.timeout(60_000);
  const { open } = LiveSession;
  let engine: Engine & { folder: string };
  const audio = speech(66); // a minute
  let undisturbed: string[];

  before(async () => {
    LiveSession.open = (deps, request) => open.call(LiveSession, { ...deps, speed: SPEED }, request);
    engine = await startEngine();
  });
  after(async () => {
    LiveSession.open = open;
    await engine.close();
  });
  beforeEach(() => {
    engine.control.reset();
    engine.control.settings.languages = "any";
  });
  afterEach(() => Flow.stop());

  /** The finals of a minute of audio in the order in which they were said: what was lost on the way is made up for later. */
  const transcribe = async (size = 3200) => {
    const flow = await Flow.start([{ type: "gladia-live", wires: [["out"], [], []] }], { apiUrl: engine.url });
    for (let at = 0; at < audio.length; at += size) flow.receive({ payload: audio.subarray(at, at + size) });
    flow.receive({ control: "stop" });
    const { out, caught, statuses, warnings } = flow.seen;
    await until(() => out.length > 0 && statuses.at(-1)?.text === undefined, 50_000);
    should(caught).eql([]);
    should(warnings).eql([]);
    const ids = new Set(out.map(({ gladia }) => gladia?.id));
    should(ids.size).equal(1);
    const recording = await recordingOf(engine, String([...ids][0]));
    return {
      finals: [...out].sort((a, b) => startOf(a) - startOf(b)).map(({ payload }) => payload as string),
      recording,
    };
  };

  it("hears a minute where nothing breaks", async () => {
    const { finals, recording } = await transcribe();
    should(new Set(finals).size).equal(66);
    should(finals).have.length(66);
    should(recording.length - 44).equal(audio.length);
    should(engine.control.counts.socket).equal(1);
    undisturbed = finals;
  });

  // A server that counts anew on each connection cannot say what it took without an ack that came.
  for (const [liveBytes, seed, mostAcks] of [
    ["session", 7, 3],
    ["connection", 11, 0],
  ] as const) {
    it(`says the same after ${DROPS} losses with up to ${mostAcks} acks, bytes counted over the ${liveBytes}`, async () => {
      const draw = draws(seed);
      engine.control.settings.liveBytes = liveBytes;
      for (let n = 0; n < DROPS; n++) {
        const after = 10_000 + Math.floor(draw() * 140_000);
        engine.control.socketFault({ kind: "drop", after, acks: Math.floor(draw() * (mostAcks + 1)) });
      }
      const { finals, recording } = await transcribe(1000 + Math.floor(draw() * 5000) * 2);
      should(engine.control.counts.socket).equal(DROPS + 1);
      should(engine.control.counts.live).equal(1);
      should(finals.join(" ")).equal(undisturbed.join(" "));
      should(recording.length - 44).equal(audio.length);
      should(recording.subarray(44).equals(audio)).equal(true);
    });
  }
});

function startOf({ gladia }: Msg): number {
  const { data } = (gladia?.message ?? {}) as { data: { utterance: { start: number } } };
  return data.utterance.start;
}
