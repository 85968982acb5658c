import should from "should";
import { type Engine, startEngine, wav } from "../support/engine";
import { Flow, until } from "../support/flow";
import helper from "../support/helper";

describe("where a result goes", () => {
  let engine: Engine & { folder: string };
  const account = () => ({ apiUrl: engine.url });
  const field = (msg: object | undefined, name: string) => (msg as Record<string, unknown> | undefined)?.[name];

  before(async () => {
    engine = await startEngine();
  });
  after(() => engine.close());
  afterEach(() => Flow.stop());

  it("is a property of the message that the node names; the payload stays", async () => {
    const chain = [
      { type: "gladia-upload", property: "sound.url", propertyType: "msg" },
      { type: "gladia-transcribe", audio: "sound.url", audioType: "msg", wait: "no", property: "job" },
      { type: "gladia-get-result", job: "job", jobType: "msg", property: "said", output: "dialogue" },
    ];
    const flow = await Flow.start(chain, account());
    const { out, caught } = await flow.run({ payload: wav(), filename: "a.wav" });
    should(caught).eql([]);
    const [msg] = out;
    should(Buffer.isBuffer(msg?.payload)).be.true();
    should(field(field(msg, "sound") as object, "url")).equal(msg?.gladia?.audio_url);
    should(field(msg, "job")).equal(msg?.gladia?.id);
    should(field(msg, "said")).match(/^Speaker 1: speech of a\.wav/);
  });

  it("may be the flow's or the global context", async () => {
    const node = { type: "gladia-transcribe", property: "last.text", propertyType: "flow" };
    const flow = await Flow.start([node], account());
    const { out } = await flow.run({ payload: wav(), filename: "b.wav" });
    should(Buffer.isBuffer(out[0]?.payload)).be.true();
    const transcribe = flow.flow.find(({ type }) => type === "gladia-transcribe");
    const { flow: context } = helper.getNode(String(transcribe?.["id"])).context();
    should((context.get("last") as { text: string }).text).startWith("speech of b.wav");
  });

  it("must be somewhere", async () => {
    const flow = await Flow.start([{ type: "gladia-upload", property: "topic.url" }], account());
    const { caught } = await flow.run({ payload: wav(), topic: "a text" }, { payload: wav(), topic: { url: "" } });
    should(caught.map(({ error }) => error.code)).eql(["GLADIA_CONFIG"]);
    await until(() => flow.seen.out.length === 1);
  });

  it("is the payload in flows that were saved before", async () => {
    const flow = await Flow.start([{ type: "gladia-transcribe" }], account());
    should((await flow.run({ payload: wav(), filename: "c.wav" })).out[0]?.payload).startWith("speech of c.wav");
  });
});
