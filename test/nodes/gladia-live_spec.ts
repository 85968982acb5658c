import should from "should";
import { type Engine, startEngine } from "../support/engine";
import { Flow, type Msg, until } from "../support/flow";
import helper from "../support/helper";
import { speech } from "../support/live";

describe("gladia-live", () => {
  let engine: Engine & { folder: string };
  const account = (more: object = {}) => ({ apiUrl: engine.url, ...more });
  const others: Msg[] = [];

  const start = async (live: object = {}, more: object = {}) => {
    others.length = 0;
    const node = { type: "gladia-live", ...live, wires: [["out"], ["progress"], ["others"]] };
    const flow = await Flow.start(
      [node],
      account(more),
      {},
      [],
      [{ id: "others", z: "tab", x: 1, y: 1, type: "helper", wires: [] }],
    );
    helper.getNode("others").on("input", (msg) => others.push(msg as Msg));
    return flow;
  };
  /** Audio as a microphone sends it, but not as slowly. */
  const chunks = (audio: Buffer, more: object = {}, size = 3200): Msg[] =>
    Array.from({ length: Math.ceil(audio.length / size) }, (_, i) => ({
      ...more,
      payload: audio.subarray(i * size, (i + 1) * size),
    }));

  before(async () => {
    engine = await startEngine();
  });
  after(() => engine.close());
  beforeEach(() => {
    engine.control.reset();
    engine.control.settings.languages = "any";
  });
  afterEach(() => Flow.stop());

  it("gives finals, partials and everything else at its three outputs, with the source's fields", async () => {
    const flow = await start();
    const { seen } = flow;
    for (const msg of chunks(speech(2), { topic: "kitchen", _session: { type: "tcp", id: "s1" }, mine: 7 }))
      flow.receive(msg);
    flow.receive({ control: "stop" });
    await until(() => seen.out.length === 2);
    for (const msg of seen.out) {
      should(msg).have.properties({ topic: "kitchen", mine: 7 });
      should(msg["_session"]).eql({ type: "tcp", id: "s1" });
      should(msg.payload).startWith("speech ");
      should(msg.gladia?.is_final).equal(true);
      should(msg.gladia?.id).match(/^[\da-f-]{36}$/);
      should(msg.gladia?.message?.type).equal("transcript");
    }
    await until(() =>
      others.some(
        (msg) => msg.gladia?.message?.type === "end_recording" || msg.gladia?.message?.type === "post_transcript",
      ),
    );
    should(others.map((msg) => msg.gladia?.message?.type)).containEql("speech_start");
    should(others.map((msg) => msg.gladia?.message?.type)).not.containEql("audio_chunk");
    should(seen.caught).eql([]);
  });
});
