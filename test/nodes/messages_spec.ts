import should from "should";
import { messageTurns } from "../../nodes/messages/messages";
import { type Engine, startEngine, wav } from "../support/engine";
import { Flow, type Msg, until } from "../support/flow";
import helper from "../support/helper";

const TRANSCRIBE = [{ type: "gladia-transcribe" }];

/** A message with a field that cannot be read from the moment when `isBroken`. */
function withBrokenField(isBroken: (msg: Msg) => boolean, payload: unknown = wav()): Msg {
  const msg: Msg = { payload };
  return Object.defineProperty(msg, "broken", {
    enumerable: true,
    get() {
      if (isBroken(msg)) throw new Error("this field cannot be read");
      return 1;
    },
  });
}

describe("a message that Node-RED cannot pass on", () => {
  let engine: Engine & { folder: string };

  before(async () => {
    engine = await startEngine();
  });
  after(() => engine.close());
  beforeEach(() => {
    engine.control.reset();
    engine.control.settings.languages = "any";
  });
  afterEach(() => Flow.stop());

  /** The process goes on, and so does the node. */
  const nextIsFine = async (flow: Flow) => {
    const { out } = await flow.run({ payload: wav(), topic: "next" });
    should(out.at(-1)?.["topic"]).equal("next");
  };

  it("ends at Catch without what cannot be told there", async () => {
    const flow = await Flow.start(TRANSCRIBE, { apiUrl: engine.url });
    const { out, caught, warnings } = await flow.run(withBrokenField(() => true, 7));
    should(out).be.empty();
    should(caught).have.length(1);
    should(caught[0]?.error.message).match(/no audio/);
    should(warnings.join()).match(/cannot copy the fields broken /);
    await nextIsFine(flow);
  });

  it("ends when it has gone on and cannot be told to Complete nodes", async () => {
    const flow = await Flow.start(TRANSCRIBE, { apiUrl: engine.url });
    flow.receive(withBrokenField(({ gladia }) => gladia?.job !== undefined));
    await until(() => flow.seen.errors.length > 0);
    should(flow.seen.out.length).equal(1);
    should(flow.seen.caught.length).equal(0);
    await nextIsFine(flow);
  });

  it("ends at Catch when it cannot be sent", async () => {
    const flow = await Flow.start([{ type: "gladia-transcribe", wires: [["progress", "out"], []] }], {
      apiUrl: engine.url,
    });
    const { caught } = await flow.run(
      withBrokenField(({ gladia }) => gladia?.job !== undefined && gladia.error === undefined && !caughtYet()),
    );
    function caughtYet() {
      const { stackTraceLimit } = Error;
      Error.stackTraceLimit = 50;
      const { stack = "" } = new Error();
      Error.stackTraceLimit = stackTraceLimit;
      return stack.includes("handleError");
    }
    should(caught).have.length(1);
    should(caught[0]?.error.message).match(/cannot be read/);
    await nextIsFine(flow);
  });

  it("tells once which of its fields a restart would lose, and which are too much each time", async () => {
    const flow = await Flow.start(TRANSCRIBE, { apiUrl: engine.url });
    const lost = () => ({ payload: wav(), reply: () => 1, why: new Error("no"), view: new Uint8Array(3), big: 10n });
    await flow.run(lost(), lost());
    should(flow.seen.out).have.length(2);
    const told = (names: RegExp) => flow.seen.warnings.filter((text) => names.test(text)).length;
    should([told(/fields reply, why of/), told(/fields view hold bytes/), told(/fields big of/)]).eql([1, 1, 2]);
    should(flow.seen.warnings).have.length(4);
  });
});

describe("a message that is under way when flows are deployed", () => {
  let engine: Engine & { folder: string };

  beforeEach(async () => {
    engine = await startEngine();
  });
  afterEach(async () => {
    await Flow.stop();
    await engine.close();
  });

  it("goes on once where thousands wait for their turn, so that its account is open before it has its own", async () => {
    engine.control.script({ processing: 1500 });
    const flow = await Flow.start(TRANSCRIBE, { apiUrl: engine.url }, { userDir: engine.folder });
    flow.receive({ payload: wav(), topic: "once" });
    await until(() => engine.control.counts.get + engine.control.counts.list > 0);
    let waiting = 30_000;
    for (let n = waiting; n > 0; n--) void messageTurns.next().then(() => waiting--);
    await helper.setFlows(flow.flow as never, "full" as never);
    const ended: Msg[] = [];
    for (const id of ["out", "caught"]) helper.getNode(id).on("input", (msg) => ended.push(msg as Msg));
    await until(() => ended.length > 0 && waiting === 0, 20_000);
    flow.receive({ payload: wav(), topic: "next" });
    await until(() => ended.some(({ topic }) => topic === "next"), 20_000);
    should(ended.map(({ topic }) => topic)).eql(["once", "next"]);
  });
});
