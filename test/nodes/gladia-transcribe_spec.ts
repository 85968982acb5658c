import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import should from "should";
import { type Engine, startEngine, wav } from "../support/engine";
import { Flow } from "../support/flow";

const sha = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

describe("gladia-transcribe", () => {
  let engine: Engine & { folder: string };
  const account = (more: Record<string, unknown> = {}) => ({ apiUrl: engine.url, ...more });

  before(async () => {
    engine = await startEngine();
  });
  after(() => engine.close());
  beforeEach(() => {
    engine.control.reset();
    engine.control.settings.languages = "any";
  });
  afterEach(() => Flow.stop());

  it("turns a Buffer into text and keeps the message", async () => {
    const audio = wav();
    const flow = await Flow.start([{ type: "gladia-transcribe" }], account());
    const { out, caught, completed, progress } = await flow.run({
      payload: audio,
      topic: "door",
      filename: "bell.wav",
      own: 7,
    });
    should(caught).be.empty();
    should(out).have.length(1);
    should(completed).have.length(1);
    const [msg] = out;
    should(msg?.payload).equal(`speech of bell.wav ${sha(audio).slice(0, 8)}`);
    should(msg?.["topic"]).equal("door");
    should(msg?.["own"]).equal(7);
    should(msg?.gladia?.text).equal(msg?.payload);
    should(msg?.gladia?.job?.status).equal("done");
    should(msg?.gladia?.id).equal(msg?.gladia?.job?.id);
    should(engine.control.uploads.map(({ sha256 }) => sha256)).eql([sha(audio)]);
    should(progress.map(({ payload }) => payload.status)).containEql("uploading");
    should(progress.at(-1)?.payload).have.properties(["id", "status", "elapsed"]);
  });

  it("reads a path that is relative to Node-RED's working directory", async () => {
    const audio = wav(0.3, 5);
    await writeFile(join(engine.folder, "note.wav"), audio);
    const flow = await Flow.start([{ type: "gladia-transcribe" }], account(), { fileWorkingDirectory: engine.folder });
    const { out } = await flow.run({ payload: "note.wav" });
    should(out[0]?.payload).equal(`speech of note.wav ${sha(audio).slice(0, 8)}`);
  });
});
