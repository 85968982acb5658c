import should from "should";
import { idIn, jobIds } from "../../nodes/messages/job-ids";
import { type Engine, startEngine, wav } from "../support/engine";
import { Flow, type Msg, until } from "../support/flow";
import { speech } from "../support/live";

/** JSON so many lists deep, which is more than Node-RED can copy. */
const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
/** What is no text, and cannot be made one. */
const textless = '{"toString": 1, "valueOf": 1}';
const sound = wav().toString("base64");
const ID = "3fb0a7f6-4b5e-4d21-9a77-0b6d2f3a1c55";

/** Whole messages as a websocket takes them from strangers: what is wrong with them, and the code of the error. */
const attacks: [string, Record<string, unknown>, string, string | undefined][] = [
  ["a deep payload", { type: "gladia-transcribe" }, `{"payload": ${deep}}`, "GLADIA_AUDIO"],
  ["a deep payload", { type: "gladia-upload" }, `{"payload": ${deep}}`, "GLADIA_AUDIO"],
  [
    "deep options",
    { type: "gladia-transcribe" },
    `{"payload": "${sound}", "options": {"a": ${deep}}}`,
    "GLADIA_OPTIONS",
  ],
  ["a deep field", { type: "gladia-transcribe" }, `{"payload": "no such file", "mine": ${deep}}`, "GLADIA_AUDIO"],
  ["a deep field", { type: "gladia-get-result" }, `{"payload": "${ID}", "mine": ${deep}}`, "GLADIA_NOT_FOUND"],
  [
    "a deep field",
    { type: "gladia-jobs", operation: "get" },
    `{"payload": "${ID}", "mine": ${deep}}`,
    "GLADIA_NOT_FOUND",
  ],
  ["a deep filter", { type: "gladia-jobs" }, `{"filter": {"custom_metadata": ${deep}}}`, "GLADIA_OPTIONS"],
  ["a filter of 5 MB", { type: "gladia-jobs" }, `{"filter": {"status": "${"x".repeat(5_000_000)}"}}`, "GLADIA_OPTIONS"],
  ["a deep job", { type: "gladia-format" }, `{"gladia": {"job": {"result": ${deep}}}}`, "GLADIA_CONFIG"],
  [
    "pieces of nothing",
    { type: "gladia-transcribe" },
    `{"parts": {"type": "buffer", "index": 0, "id": ${textless}}, "mine": ${deep}}`,
    undefined,
  ],
  [
    "a session of nothing",
    { type: "gladia-live", session: "room" },
    `{"room": ${textless}, "mine": ${deep}}`,
    undefined,
  ],
];

describe("messages as an attack", () => {
  let engine: Engine;
  before(async () => {
    engine = await startEngine();
  });
  after(() => engine.close());
  afterEach(() => Flow.stop());

  for (const [what, node, text, code] of attacks) {
    it(`end once, at Catch: ${what} for ${node["type"]}`, async () => {
      const flow = await Flow.start([node], { apiUrl: engine.url, retries: 0 });
      const { out, caught } = await flow.run(JSON.parse(text) as Msg);
      should(out).be.empty();
      should(caught.map(({ error }) => error.code)).eql([code]);
      should(caught[0]?.error.message.length).be.within(10, 400);
      if (code) should(caught[0]?.gladia?.error?.code).equal(code);
    });
  }

  it("end once, at Catch: fields that throw when they are read", async () => {
    const flow = await Flow.start([{ type: "gladia-upload" }], { apiUrl: engine.url, retries: 0 });
    const thrown = () => {
      throw new Error("not you");
    };
    const trap = Object.defineProperty({}, "id", { enumerable: true, get: thrown });
    for (const field of ["gladia", "options", "parts", "mine"]) {
      flow.seen.caught.length = 0;
      const { caught } = await flow.run({ payload: "no such file", [field]: trap });
      should(caught).have.length(1);
      should(caught[0]?.error.message).match(/no such file|not you/);
    }
  });

  it("name ids in lists of any length, in turns of the event loop, and none in addresses of megabytes", async () => {
    let turns = 0;
    let isOver = false;
    const turn = () => {
      turns++;
      if (!isOver) setImmediate(turn);
    };
    turn();
    const ids = await jobIds(
      Array.from({ length: 100_000 }, (_, i) => `https://example.com/v2/pre-recorded/job${i}`),
      true,
    );
    isOver = true;
    should(ids).have.length(100_000);
    should(turns).be.aboveOrEqual(20);
    for (const part of ["a/", "../", "%61/", "ä"])
      should(idIn(`https://x/${part.repeat(1_000_000)}job`)).be.undefined();
    should(idIn(" ".repeat(5_000_000))).be.undefined();
  });

  it("begin no more live sessions than 200, however many sources they come from", async () => {
    const flow = await Flow.start([{ type: "gladia-live" }], { apiUrl: engine.url });
    const { live: before } = engine.control.counts;
    const sources = Array.from({ length: 300 }, (_, i) => ({ _session: { type: "websocket", id: `s${i}` } }));
    const { caught } = await flow.run(...sources.map((source) => ({ ...source, payload: Buffer.alloc(640) })));
    should(caught.map(({ error }) => error.code)).eql(Array(100).fill("GLADIA_QUEUE_FULL"));
    // Who speaks already is heard.
    await flow.run({ ...sources[0], payload: Buffer.alloc(640) });
    should(flow.seen.caught).have.length(100);
    await until(() => engine.control.counts.live === before + 200);
    flow.receive({ control: "cancel-all" });
  });

  it("go on in a live session without what Node-RED cannot copy, which is said", async () => {
    const flow = await Flow.start([{ type: "gladia-live" }], { apiUrl: engine.url });
    const { seen } = flow;
    flow.receive(JSON.parse(`{"payload": "${speech(2).toString("base64")}", "topic": "hall", "mine": ${deep}}`));
    flow.receive({ control: "stop" });
    await until(() => seen.out.length === 2);
    for (const msg of seen.out) should(msg).have.property("topic", "hall");
    for (const msg of seen.out) should(msg).not.have.property("mine");
    should(seen.warnings.filter((text) => /cannot copy the fields mine /.test(text))).not.be.empty();
    should(seen.caught.map(({ error }) => error.message)).be.empty();
  });
});
