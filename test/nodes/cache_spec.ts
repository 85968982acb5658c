import should from "should";
import gladiaSidebar from "../../nodes/gladia-sidebar";
import { type Engine, startEngine, wav } from "../support/engine";
import { Flow, until } from "../support/flow";
import helper from "../support/helper";

describe("an account that does not pay twice", function () {
  this.timeout(30_000);
  let engine: Engine & { folder: string };

  before(async () => {
    engine = await startEngine();
    await helper.startServer();
  });
  after(async () => {
    await helper.stopServer();
    await engine.close();
  });
  beforeEach(() => {
    engine.control.reset();
    engine.control.settings.languages = "any";
    engine.control.settings.deliveryDelays = [];
  });
  afterEach(() => Flow.stop());

  const account = (more: object = {}) => ({ apiUrl: engine.url, cache: true, ...more });
  const sidebar = async (flow: Flow) =>
    (await helper.request().get(`/gladia-sidebar/accounts/${flow.account}/jobs`)).body.jobs as Record<
      string,
      unknown
    >[];

  it("gives the known result, says so, and makes a new job where the message asks for one", async () => {
    const flow = await Flow.start([{ type: "gladia-transcribe" }], account(), {}, [gladiaSidebar]);
    const audio = wav(0.4, 11);
    const { out } = await flow.run({ payload: audio, filename: "a.wav" });
    should(out[0]?.gladia).not.have.property("cached");
    await flow.run({ payload: Buffer.from(audio), filename: "a.wav", topic: "again" });
    should(out[1]).match({
      payload: out[0]?.payload,
      topic: "again",
      gladia: { id: out[0]?.gladia?.id, cached: true },
    });
    should(out[1]?.gladia?.job?.status).equal("done");
    should(engine.control.jobs).have.length(1);
    should(await sidebar(flow)).match([{ id: out[0]?.gladia?.id, state: "done", held: false }]);
    await flow.run({ ...out[1], payload: audio, cache: false });
    should(out[2]?.gladia).not.have.property("cached");
    should(out[2]?.gladia?.id).not.equal(out[0]?.gladia?.id);
    should(engine.control.jobs).have.length(2);
    await flow.run({ payload: audio, options: { diarization: true } });
    should(engine.control.jobs).have.length(3);
  });

  it("gives the known job to a message that does not wait, whose record is over", async () => {
    const flow = await Flow.start(
      [{ type: "gladia-transcribe", wait: "no" }, { type: "gladia-get-result" }],
      account(),
      {},
      [gladiaSidebar],
    );
    const audio = wav(0.4, 12);
    const { out } = await flow.run({ payload: audio });
    await flow.run({ payload: audio });
    should(out[1]?.payload).equal(out[0]?.payload);
    should(out[1]?.gladia).match({ id: out[0]?.gladia?.id, cached: true });
    should(engine.control.jobs).have.length(1);
    should(await sidebar(flow)).match([{ state: "done", held: false }]);
  });

  it("makes one job of the same audio at the same time", async () => {
    engine.control.script({ processing: 300 });
    const flow = await Flow.start([{ type: "gladia-transcribe" }], account({ concurrency: "3" }));
    const audio = wav(0.4, 13);
    const { out } = await flow.run(...Array.from({ length: 6 }, () => ({ payload: audio })));
    should(new Set(out.map(({ gladia }) => gladia?.id)).size).equal(1);
    should(out.filter(({ gladia }) => gladia?.cached)).have.length(5);
    should(engine.control.jobs).have.length(1);
  });

  it("tells callback nodes of a known job as of a new one, once for each message", async () => {
    const chain = [{ type: "gladia-transcribe", wait: "no", wires: [["progress"]] }, { type: "gladia-callback" }];
    const flow = await Flow.start(chain, account({ callbackUrl: helper.url() }));
    const audio = wav(0.4, 14);
    for (let n = 1; n <= 3; n++) {
      flow.receive({ payload: audio });
      await until(() => flow.seen.out.length === n);
    }
    should(engine.control.jobs).have.length(1);
    should(new Set(flow.seen.out.map(({ gladia }) => gladia?.id)).size).equal(1);
  });

  it("pays each time where it is not switched on", async () => {
    const flow = await Flow.start([{ type: "gladia-transcribe" }], account({ cache: false }));
    const audio = wav(0.4, 15);
    const { out } = await flow.run({ payload: audio });
    await flow.run({ payload: audio });
    should(out[1]?.gladia).not.have.property("cached");
    should(engine.control.jobs).have.length(2);
  });
});
