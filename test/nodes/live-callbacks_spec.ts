import should from "should";
import { addressOf } from "../support/callbacks";
import { type Engine, startEngine } from "../support/engine";
import { Flow, until } from "../support/flow";
import helper from "../support/helper";
import { speech } from "../support/live";

describe("callbacks of a live session", () => {
  let engine: Engine & { folder: string };

  before(async () => {
    engine = await startEngine();
    await helper.startServer();
  });
  after(async () => {
    await helper.stopServer();
    await engine.close();
  });
  afterEach(() => Flow.stop());

  it("reach gladia-callback, each once, beside the session's own outputs", async () => {
    const flow = await Flow.start(
      [{ type: "gladia-live", wires: [["progress"], [], []] }, { type: "gladia-callback" }],
      { apiUrl: engine.url, callbackUrl: helper.url() },
    );
    const options = { callback: true, callback_config: { url: addressOf(flow.account) } };
    const audio = speech(2);
    for (let at = 0; at < audio.length; at += 3200) {
      flow.receive({ payload: audio.subarray(at, at + 3200), options });
    }
    flow.receive({ control: "stop" });
    const { out, progress } = flow.seen;
    await until(() => progress.length === 2 && out.some(({ topic }) => topic === "live.end_session"));
    const finals = out.filter(({ topic }) => topic === "live.transcript");
    should(finals.map(({ payload }) => payload.data.utterance.text.trim())).eql(progress.map(({ payload }) => payload));
    should(new Set(out.map(({ gladia }) => gladia?.id))).eql(new Set([progress[0]?.gladia?.id]));
    should(new Set(out.map(({ gladia }) => gladia?.source))).eql(new Set(["live"]));
    should(flow.seen.caught).eql([]);
  });
});
