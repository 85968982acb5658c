import { createHash } from "node:crypto";
import { utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import should from "should";
import { type Engine, startEngine, wav } from "../support/engine";
import { Flow, type Msg, until } from "../support/flow";
import { coreNode } from "../support/helper";

const fileNodes = coreNode("storage/10-file");
const splitNodes = coreNode("sequence/17-split");
const sha = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const TRANSCRIBE = [{ type: "gladia-transcribe", wait: "no" }];

describe("audio in pieces", () => {
  let engine: Engine & { folder: string };
  const settings = () => ({ fileWorkingDirectory: engine.folder });
  const account = () => ({ apiUrl: engine.url, timeout: 5, retries: 1 });
  const uploads = () => engine.control.uploads.map(({ filename, sha256 }) => [filename, sha256]).sort();

  before(async () => {
    engine = await startEngine();
  });
  after(() => engine.close());
  beforeEach(() => engine.control.reset());
  afterEach(() => Flow.stop());

  /** Pieces as the Dashboard's upload widget sends them. */
  const widget = (bytes: Buffer, id: string, chunk = 256 * 1024): Msg[] => {
    const count = Math.ceil(bytes.length / chunk);
    return Array.from({ length: count }, (_, index) => ({
      payload: Buffer.from(bytes.subarray(index * chunk, (index + 1) * chunk)),
      file: { name: `${id}.wav`, size: bytes.length, type: "audio/wav" },
      parts: { id, type: "string", ch: "", index, count, chunk },
    }));
  };

  it("is one upload and one job from the Dashboard's widget", async () => {
    const bytes = wav(32, 5); // a million bytes: four pieces
    const flow = await Flow.start(TRANSCRIBE, account());
    const { out, caught } = await flow.run(...widget(bytes, "memo"));
    should(caught).be.empty();
    should(uploads()).eql([["memo.wav", sha(bytes)]]);
    should(engine.control.jobs).have.length(1);
    should(out).have.length(1);
    should(out[0]).not.have.property("parts");
  });

  for (const [what, as] of [
    ["typed arrays", (piece: Buffer) => new Uint8Array(piece)],
    ["ArrayBuffers", (piece: Buffer) => new Uint8Array(piece).buffer],
    ["Buffers that went through JSON", (piece: Buffer) => JSON.parse(JSON.stringify(piece)) as unknown],
  ] as const) {
    it(`is one job from ${what}`, async () => {
      const bytes = wav(20, 17);
      const flow = await Flow.start(TRANSCRIBE, account());
      const { caught } = await flow.run(
        ...widget(bytes, "memo").map((piece) => ({ ...piece, payload: as(piece.payload) })),
      );
      should(caught).be.empty();
      should(uploads()).eql([["memo.wav", sha(bytes)]]);
      should(engine.control.jobs).have.length(1);
    });
  }

  it("is two jobs when two browsers upload at once", async () => {
    const [a, b] = [wav(20, 6), wav(20, 7)];
    const flow = await Flow.start(TRANSCRIBE, account());
    const [first, second] = [widget(a, "a"), widget(b, "b")];
    await flow.run(...first.flatMap((piece, i) => [piece, second[i] as Msg]));
    should(uploads()).eql([
      ["a.wav", sha(a)],
      ["b.wav", sha(b)],
    ]);
    should(engine.control.jobs).have.length(2);
  });

  it("is not what core's split node makes of a text or a list", async () => {
    const [a, b] = [wav(1, 8), wav(1, 9)];
    const split = {
      type: "split",
      splt: "\\n",
      spltType: "str",
      arraySplt: 1,
      arraySpltType: "len",
      stream: false,
      addname: "",
    };
    const flow = await Flow.start([split, ...TRANSCRIBE], account(), settings(), [splitNodes]);
    flow.receive({ payload: [a, b] });
    const { out, caught } = flow.seen;
    await until(() => out.length + caught.length === 2);
    should(
      uploads()
        .map(([, sum]) => sum)
        .sort(),
    ).eql([sha(a), sha(b)].sort());
    flow.receive({ payload: "no/such/one.wav\nno/such/two.wav" });
    await until(() => caught.length === 2);
    for (const { error } of caught) should(error.message).match(/no file at/);
  });

  it("is each file once, when one file in node reads several for messages with one id", async () => {
    const files = [
      wav(20, 11),
      wav(9, 12),
      wav(14, 13),
      Buffer.concat([wav(1), Buffer.alloc(65_536 * 2 - wav(1).length, 7)]),
    ];
    for (const [i, bytes] of files.entries()) {
      const path = join(engine.folder, `many-${i}.wav`);
      await writeFile(path, bytes);
      await utimes(path, 1, 1);
    }
    const reader = { type: "file in", filename: "payload", filenameType: "msg", format: "stream", chunk: true };
    const flow = await Flow.start([reader, ...TRANSCRIBE], account(), settings(), [fileNodes]);
    for (const i of files.keys()) flow.receive({ _msgid: "same", payload: `many-${i}.wav` });
    const { out, caught } = flow.seen;
    await until(() => out.length + caught.length >= files.length);
    should(caught.map(({ error }) => error.message)).be.empty();
    should(uploads()).eql(files.map((bytes, i) => [`many-${i}.wav`, sha(bytes)]));
    should(engine.control.jobs).have.length(files.length);
  });

  const pieces = (bytes: Buffer, filename: string, size = 65_536): Msg[] => {
    const count = Math.ceil(bytes.length / size);
    const parts = { id: "one", type: "buffer", ch: "" };
    const full = bytes.length % size === 0;
    const list: Msg[] = Array.from({ length: count }, (_, index) => ({
      payload: bytes.subarray(index * size, (index + 1) * size),
      filename,
      parts: { ...parts, index, ...(index === count - 1 && !full ? { count } : {}) },
    }));
    return full ? [...list, { parts: { ...parts, index: count, count } }] : list;
  };

  it("is whole when empty last pieces do not say whose they are", async () => {
    const full = (seed: number, count: number) =>
      Buffer.concat([wav(1, seed), Buffer.alloc(65_536 * count - wav(1).length, seed)]);
    const [a, b] = [full(1, 2), full(2, 4)];
    const [first, second] = [pieces(a, "a.wav"), pieces(b, "b.wav")];
    const flow = await Flow.start(TRANSCRIBE, account());
    const [a0, a1, aEnd] = first as [Msg, Msg, Msg];
    const [b0, b1, b2, b3, bEnd] = second as [Msg, Msg, Msg, Msg, Msg];
    // a ends while b, too, has had two pieces
    const { caught } = await flow.run(a0, b0, a1, b1, aEnd, b2, b3, bEnd);
    should(caught.map(({ error }) => error.message)).be.empty();
    should(uploads()).eql([
      ["a.wav", sha(a)],
      ["b.wav", sha(b)],
    ]);
  });

  it("begins anew with number 0, also for the same file", async () => {
    const bytes = wav(6, 14);
    const flow = await Flow.start(TRANSCRIBE, account());
    const list = pieces(bytes, "again.wav");
    const { caught } = await flow.run(...list.flatMap((piece) => [piece, { ...piece, parts: { ...piece["parts"] } }]));
    should(caught).be.empty();
    should(uploads()).eql([
      ["again.wav", sha(bytes)],
      ["again.wav", sha(bytes)],
    ]);
  });

  it("fails once when it is no audio, and the rest of it ends unnoticed", async () => {
    const flow = await Flow.start(TRANSCRIBE, account());
    const bytes = Buffer.from("Dear diary. ".repeat(30_000));
    const { caught, out } = await flow.run(...pieces(bytes, "diary.wav"));
    should(caught).have.length(1);
    should(caught[0]?.error.message).match(/text, not audio/);
    should(out).be.empty();
    should(engine.control.requests).be.empty();
  });

  it("fails when the next one does not come, and holds nothing afterwards", async () => {
    const flow = await Flow.start(TRANSCRIBE, { ...account(), timeout: 0.3 });
    const [first] = pieces(wav(6, 15), "cut.wav");
    const { caught } = await flow.run(first as Msg);
    should(caught[0]?.error.message).match(/last one did not come/);
    should(engine.control.jobs).be.empty();
  });

  it("is told to be gone when the account cannot be opened", async () => {
    const flow = await Flow.start(TRANSCRIBE, { ...account(), apiKey: "" });
    const { caught } = await flow.run(...pieces(wav(6, 16), "x.wav"));
    should(caught.map(({ error }) => error.code)).eql(["GLADIA_CONFIG"]);
  });
});
