import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pathToFileURL } from "node:url";
import should from "should";
import { type Engine, startEngine, wav } from "../support/engine";
import { Flow, type Msg, until } from "../support/flow";
import { coreNode } from "../support/helper";

const fileNodes = coreNode("storage/10-file");
const sha = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const UPLOAD = [{ type: "gladia-upload" }];

describe("audio in", () => {
  let engine: Engine & { folder: string };
  const audio = wav(2, 3);
  const settings = () => ({ fileWorkingDirectory: engine.folder });
  const account = () => ({ apiUrl: engine.url, timeout: 5 });
  const uploads = () => engine.control.uploads.map(({ filename, sha256 }) => [filename, sha256]);

  before(async () => {
    engine = await startEngine();
    await writeFile(join(engine.folder, "clip.wav"), audio);
    await mkdir(join(engine.folder, "folder"));
  });
  after(() => engine.close());
  beforeEach(() => engine.control.reset());
  afterEach(() => Flow.stop());

  const forms: [string, () => Msg, string][] = [
    ["a Buffer", () => ({ payload: audio }), "audio.wav"],
    ["a Buffer with a name", () => ({ payload: audio, filename: "/some/where/door bell.wav" }), "door bell.wav"],
    ["a Uint8Array", () => ({ payload: new Uint8Array(audio) }), "audio.wav"],
    ["a relative path", () => ({ payload: "clip.wav" }), "clip.wav"],
    ["a file: URL", () => ({ payload: pathToFileURL(join(engine.folder, "clip.wav")).href }), "clip.wav"],
    ["a data: URI", () => ({ payload: `data:audio/wav;base64,${audio.toString("base64")}` }), "audio.wav"],
    ["a Readable", () => ({ payload: Readable.from([audio.subarray(0, 9000), audio.subarray(9000)]) }), "audio.wav"],
  ];
  for (const [what, message, name] of forms) {
    it(`uploads ${what}, byte for byte`, async () => {
      const flow = await Flow.start(UPLOAD, account(), settings());
      const { out, caught } = await flow.run(message());
      should(caught).be.empty();
      should(uploads()).eql([[name, sha(audio)]]);
      should(out[0]?.payload).equal(out[0]?.gladia?.audio_url);
      should(out[0]?.gladia?.audio_metadata?.audio_duration).be.approximately(2, 0.01);
    });
  }

  it("uploads with its length, and without a second copy of the key anywhere", async () => {
    const flow = await Flow.start(UPLOAD, account(), settings());
    const { out } = await flow.run({ payload: "clip.wav" });
    const [request] = engine.control.requests;
    should(Number(request?.headers["content-length"])).be.above(audio.length);
    should(JSON.stringify(out)).not.containEql('"key"');
  });

  it("takes the pieces of core's file in node while they come", async () => {
    const long = wav(20, 9); // 640 044 bytes: ten pieces
    await writeFile(join(engine.folder, "long.wav"), long);
    const reader = { type: "file in", filename: "long.wav", filenameType: "str", format: "stream", chunk: true };
    const flow = await Flow.start([reader, ...UPLOAD], account(), settings(), [fileNodes]);
    flow.receive({ payload: "go", topic: "pieces" });
    const { out, caught } = flow.seen;
    await until(() => out.length + caught.length > 0);
    should(caught).be.empty();
    should(uploads()).eql([["long.wav", sha(long)]]);
    should(out).have.length(1);
    should(out[0]?.["topic"]).equal("pieces");
    should(out[0]).not.have.property("parts");
  });

  it("takes a file whose last piece is as long as the others, which ends with an empty one", async () => {
    const even = Buffer.concat([wav(1), Buffer.alloc(65_536 * 2 - wav(1).length, 7)]);
    await writeFile(join(engine.folder, "even.wav"), even);
    const reader = { type: "file in", filename: "even.wav", filenameType: "str", format: "stream", chunk: true };
    const flow = await Flow.start([reader, ...UPLOAD], account(), settings(), [fileNodes]);
    flow.receive({ payload: "go" });
    const { out, caught } = flow.seen;
    await until(() => out.length + caught.length > 0);
    should(caught).be.empty();
    should(out).have.length(1);
    should(uploads()).eql([["even.wav", sha(even)]]);
  });

  it("ends two mingled sequences each with its own bytes", async () => {
    const files = [wav(3, 21), wav(3, 22)];
    const flow = await Flow.start(UPLOAD, account());
    const pieces = (file: Buffer, id: string) =>
      [0, 1, 2].map((index) => ({
        payload: file.subarray(index * 40_000, index === 2 ? undefined : (index + 1) * 40_000),
        filename: `${id}.wav`,
        parts: { id, type: "buffer", index, ...(index === 2 ? { count: 3 } : {}) },
      }));
    const [a = [], b = []] = files.map((file, i) => pieces(file, `id${i}`));
    const { out } = await flow.run(...a.flatMap((piece, i) => [piece, b[i] as Msg]));
    should(out).have.length(2);
    should(uploads().sort()).eql(files.map((file, i) => [`id${i}.wav`, sha(file)]));
  });

  it("says that a piece is missing, once", async () => {
    const flow = await Flow.start(UPLOAD, account());
    const parts = (index: number) => ({
      parts: { id: "x", type: "buffer", index, ...(index === 3 ? { count: 4 } : {}) },
    });
    const { caught, out } = await flow.run(
      { payload: audio.subarray(0, 9000), ...parts(0) },
      { payload: audio.subarray(18_000, 27_000), ...parts(2) },
      { payload: audio.subarray(27_000), ...parts(3) },
    );
    should(out).be.empty();
    should(caught).have.length(1);
    should(caught[0]?.error.code).equal("GLADIA_AUDIO");
  });

  describe("from addresses", () => {
    let server: Server;
    let base: string;
    const asked: { url: string | undefined; key: unknown }[] = [];
    before(async () => {
      server = createServer((request, response) => {
        asked.push({ url: request.url, key: request.headers["x-gladia-key"] });
        if (request.url === "/moved") response.writeHead(302, { location: "/talk.wav" }).end();
        else if (request.url === "/talk.wav?token=t")
          response.writeHead(200, { "content-length": audio.length }).end(audio);
        else if (request.url === "/talk.wav") response.end(audio);
        else if (request.url === "/page") response.end("<!doctype html><html><body>Please log in</body></html>");
        else response.writeHead(404).end("gone");
      }).listen(0, "127.0.0.1");
      await new Promise((resolve) => server.once("listening", resolve));
      base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    after(() => server.close());
    beforeEach(() => {
      asked.length = 0;
    });

    it("lets Gladia fetch a link", async () => {
      const flow = await Flow.start(UPLOAD, account());
      const { out } = await flow.run({ payload: `${base}/talk.wav` });
      should(out[0]?.gladia?.audio_metadata?.source).equal(`${base}/talk.wav`);
      should(engine.control.requests[0]?.headers["content-type"]).equal("application/json");
    });

    for (const path of ["/talk.wav?token=t", "/talk.wav", "/moved"]) {
      it(`fetches ${path} here when told to, without the key`, async () => {
        const flow = await Flow.start([{ type: "gladia-upload", fetch: true }], account());
        const { out } = await flow.run({ payload: base + path });
        should(out).have.length(1);
        should(uploads().map(([, sum]) => sum)).eql([sha(audio)]);
        should(asked.filter(({ key }) => key !== undefined)).be.empty();
      });
    }

    it("hands a link to the job as it is, and fetches it when told to", async () => {
      const flow = await Flow.start([{ type: "gladia-transcribe" }], account());
      await flow.run({ payload: `${base}/talk.wav` });
      should(engine.control.jobs[0]?.audio_url).equal(`${base}/talk.wav`);
      await Flow.stop();
      const fetching = await Flow.start([{ type: "gladia-transcribe", fetch: true }], account());
      await fetching.run({ payload: `${base}/talk.wav` });
      should(engine.control.jobs[1]?.audio_url).startWith(engine.url);
    });

    it("refuses a page and an address without audio", async () => {
      const flow = await Flow.start([{ type: "gladia-upload", fetch: true }], account());
      const { caught } = await flow.run({ payload: `${base}/page` }, { payload: `${base}/nothing` });
      should(caught.map(({ error }) => error.code)).eql(["GLADIA_AUDIO", "GLADIA_AUDIO"]);
      should(engine.control.counts.upload).equal(0);
    });
  });

  const bad: [string, unknown, RegExp][] = [
    ["nothing", undefined, /no audio in the message/],
    ["an empty Buffer", Buffer.alloc(0), /0 bytes/],
    ["text in a Buffer", Buffer.from("Dear diary, today I ..."), /text, not audio/],
    ["a web page in a Buffer", Buffer.from("<!DOCTYPE html><html></html>"), /web page/],
    ["JSON in a Buffer", Buffer.from('{"error": "no such file"}'), /JSON/],
    ["a missing path", "no/such/file.wav", /no file at/],
    ["a folder", "folder", /is a folder/],
    ["a number", 42, /type number/],
    ["an object", { audio: 1 }, /type object/],
    ["an array", [1], /type array/],
    ["a bad URL", "https://exa mple", /not a valid URL/],
    ["an unknown scheme", "ftp://example.com/a.wav", /begin with ftp/],
    ["a broken data: URI", "data:nonsense", /data: URI is broken/],
    ["an empty data: URI", "data:audio/wav;base64,", /0 bytes/],
  ];
  for (const [what, payload, message] of bad) {
    it(`refuses ${what} and sends nothing`, async () => {
      const flow = await Flow.start([{ type: "gladia-transcribe" }], account(), settings());
      const { caught, out } = await flow.run({ payload, keep: "me" });
      should(out).be.empty();
      should(caught).have.length(1);
      const [msg] = caught;
      should(msg?.error.code).equal("GLADIA_AUDIO");
      should(msg?.error.message).match(message);
      should(msg?.error.cause.retryable).equal(false);
      should(msg?.gladia?.error?.message).match(message);
      should(msg?.["keep"]).equal("me");
      should(engine.control.requests).be.empty();
    });
  }

  it("refuses a file over 1,000,000,000 bytes before it is read", async () => {
    const { open } = await import("node:fs/promises");
    const path = join(engine.folder, "huge.wav");
    const file = await open(path, "w");
    await file.write(audio.subarray(0, 44));
    await file.truncate(1_000_000_001);
    await file.close();
    const flow = await Flow.start(UPLOAD, account(), settings());
    const { caught } = await flow.run({ payload: "huge.wav" });
    should(caught[0]?.error.message).match(/1000000001 bytes/);
    should(engine.control.requests).be.empty();
  });

  it("takes the audio and its name from any field", async () => {
    const node = { type: "gladia-upload", audio: "req.files[0].buffer", filename: "req.files[0].originalname" };
    const flow = await Flow.start([node], account());
    const { out } = await flow.run({ payload: "other", req: { files: [{ buffer: audio, originalname: "up.wav" }] } });
    should(uploads()).eql([["up.wav", sha(audio)]]);
    should(out[0]?.["req"]).be.ok();
  });
});
