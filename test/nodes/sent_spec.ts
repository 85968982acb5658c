import { createHash } from "node:crypto";
import { appendFile, symlink, utimes, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import zlib from "node:zlib";
import should from "should";
import { type Engine, startEngine, wav } from "../support/engine";
import { Flow, type Msg, until } from "../support/flow";
import { coreNode } from "../support/helper";

const functionNode = coreNode("function/10-function");
const sha = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const UPLOAD = [{ type: "gladia-upload" }];

describe("what people send", () => {
  let engine: Engine & { folder: string };
  const audio = wav(2, 3);
  const base64 = audio.toString("base64");
  const settings = () => ({ fileWorkingDirectory: engine.folder });
  const account = () => ({ apiUrl: engine.url, timeout: 5, retries: 1 });
  const uploads = () => engine.control.uploads.map(({ filename, sha256 }) => [filename, sha256]);
  /** A file that nobody writes any more. */
  const put = async (name: string, bytes: Buffer = audio) => {
    const path = join(engine.folder, name);
    await writeFile(path, bytes);
    await utimes(path, new Date(2020, 1, 1), new Date(2020, 1, 1));
    return path;
  };

  before(async () => {
    engine = await startEngine();
  });
  after(() => engine.close());
  beforeEach(() => engine.control.reset());
  afterEach(() => Flow.stop());

  const wrapped = (end: string) => (base64.match(/.{1,76}/g) ?? []).join(end);
  const percent = [...audio.subarray(0, 20_044)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
  const short = audio.subarray(0, 20_044);
  const parameters = "data:video/webm;codecs=vp8,opus;base64,";
  const quoted = 'data:audio/webm;codecs="vp8,opus";base64,';

  const forms: [string, () => unknown, string?, Buffer?][] = [
    ["a data: URI as readAsDataURL makes it", () => parameters + base64],
    ["a data: URI with a quoted parameter", () => quoted + base64],
    ["a data: URI in capitals", () => `DATA:AUDIO/WAV;BASE64,${base64}`],
    ["a data: URI with blanks", () => ` data:audio/webm; codecs="vp8, opus" ; base64 , ${base64}`],
    ["a data: URI as bytes", () => Buffer.from(parameters + base64)],
    ["a data: URI with several parameters", () => `data:audio/wav;charset=utf-8;name="a, b;c.wav";base64,${base64}`],
    ["a data: URI wrapped with LF", () => `data:audio/wav;base64,${wrapped("\n")}`],
    ["a data: URI wrapped with CRLF", () => `data:audio/wav;base64,\r\n${wrapped("\r\n")}\r\n`],
    ["a data: URI with escapes in its base64", () => `data:audio/wav;base64,${encodeURIComponent(base64)}`],
    ["a percent-encoded data: URI", () => `data:audio/wav,${percent}`, "audio.wav", short],
    ["plain base64", () => base64],
    ["base64 wrapped with LF", () => wrapped("\n")],
    ["base64 wrapped with CRLF", () => `${wrapped("\r\n")}\r\n`],
    ["base64 as bytes", () => Buffer.from(wrapped("\r\n"))],
    ["base64url without padding", () => audio.toString("base64url")],
    ["a Buffer that went through JSON", () => JSON.parse(JSON.stringify(audio))],
    [
      "a typed array that went through JSON",
      () => JSON.parse(JSON.stringify(new Uint8Array(short))),
      "audio.wav",
      short,
    ],
    ["a list of bytes, as other languages have it", () => [...short], "audio.wav", short],
    ["a request's files by field", () => ({ audio: [{ buffer: audio, originalname: "up.wav" }] }), "up.wav"],
    ["a request's files as objects", () => ({ audio: { data: audio, name: "up.wav", size: 9, md5: "" } }), "up.wav"],
    ["a request", () => ({ body: { a: 1 }, files: { audio: [{ buffer: audio, originalname: "r.wav" }] } }), "r.wav"],
    ["base64 where bytes are", () => ({ buffer: base64, filename: "b.wav" }), "b.wav"],
    ["a multer file", () => ({ buffer: audio, originalname: "up.wav", mimetype: "audio/wav" }), "up.wav"],
    ["the only file of a request", () => [{ buffer: audio, originalname: "up.wav" }], "up.wav"],
    [
      "a multer file that went through JSON",
      () => JSON.parse(JSON.stringify({ buffer: audio, originalname: "j.wav" })),
      "j.wav",
    ],
    ["data and filename", () => ({ data: audio, filename: "d.wav" }), "d.wav"],
    ["a messenger's media, in base64", () => ({ mimetype: "audio/wav", data: base64, filename: "m.wav" }), "m.wav"],
    ["an e-mail's attachment", () => ({ content: audio, filename: "a.wav", contentType: "audio/wav" }), "a.wav"],
    ["a DataView", () => new DataView(new Uint8Array(audio).buffer)],
    [
      "an async iterable",
      () =>
        (async function* () {
          yield new Uint8Array(audio);
        })(),
    ],
  ];
  for (const [what, payload, name = "audio.wav", bytes = audio] of forms) {
    it(`takes ${what}`, async () => {
      const flow = await Flow.start(UPLOAD, account(), settings());
      const { out, caught } = await flow.run({ payload: payload() });
      should(caught.map(({ error }) => error.message)).be.empty();
      should(uploads()).eql([[name, sha(bytes)]]);
      should(out).have.length(1);
    });
  }

  for (const payload of [
    { a: { url: "http://127.0.0.1:9/x.wav" } },
    { a: [{ name: "x" }] },
    Array(99).fill(7),
    { 0: 1 },
  ]) {
    it(`takes ${JSON.stringify(payload).slice(0, 40)} for no audio`, async () => {
      const flow = await Flow.start(UPLOAD, account(), settings());
      const { caught } = await flow.run({ payload });
      should(caught[0]?.error.message).match(/type (object|array) is no audio/);
      should(engine.control.requests).be.empty();
    });
  }

  for (const code of [
    "new Uint8Array(msg.payload).buffer",
    "new Uint8Array(msg.payload)",
    "new DataView(new Uint8Array(msg.payload).buffer)",
  ]) {
    it(`takes what a function node makes by ${code}`, async () => {
      const made = { type: "function", func: `msg.payload = ${code}; return msg;`, outputs: 1 };
      const flow = await Flow.start([made, ...UPLOAD], account(), settings(), [functionNode]);
      const { caught } = await flow.run({ payload: audio });
      should(caught.map(({ error }) => error.message)).be.empty();
      should(uploads()).eql([["audio.wav", sha(audio)]]);
    });
  }

  it("takes a Telegram message with a saved file, and one with a link", async () => {
    const path = await put("file_7.oga");
    const token = "/file/bot123456:AAE-secret_token/voice/file_8.oga";
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(String(request.url));
      response.end(audio);
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const weblink = `http://127.0.0.1:${(server.address() as AddressInfo).port}${token}`;
    const payload = { chatId: 5, messageId: 6, type: "voice", content: "AwACAgIAAxkBAAIB", duration: 2 };
    const flow = await Flow.start(UPLOAD, account(), settings());
    const { caught, out } = await flow.run(
      { payload: { ...payload, weblink, path } },
      { payload: { ...payload, weblink } },
    );
    server.close();
    should(caught.map(({ error }) => error.message)).be.empty();
    should(uploads().sort()).eql([
      ["file_7.oga", sha(audio)],
      ["file_8.oga", sha(audio)],
    ]);
    // The link holds the bot's token: it is fetched here, never handed on.
    should(asked).eql([token]);
    should(JSON.stringify([engine.control.requests, out.map((msg) => msg.gladia)])).not.containEql("secret_token");
  });

  it("asks which of several uploaded files is meant", async () => {
    const flow = await Flow.start(UPLOAD, account(), settings());
    const files = [
      { buffer: audio, originalname: "a.wav" },
      { buffer: audio, originalname: "b.wav" },
    ];
    const [a, b] = files;
    const { caught } = await flow.run({ payload: files }, { payload: { first: [a], second: [b] } });
    should(caught).have.length(2);
    for (const { error } of caught) should(error.message).match(/2 files.*req\.files\[0\]/);
  });

  describe("by name", () => {
    const names: [string, Msg, string][] = [
      ["a # in msg.filename", { payload: audio, filename: "Track #1.mp3" }, "Track #1.mp3"],
      ["nothing but a question mark", { payload: audio, filename: "?.mp3" }, "?.mp3"],
      ["a date", { payload: audio, filename: "Meeting 2024.06.12" }, "Meeting 2024.06.12.wav"],
      ["no extension", { payload: audio, filename: "download" }, "download.wav"],
      ["a script's extension", { payload: audio, filename: "get.php" }, "get.php.wav"],
      ["folders going up", { payload: audio, filename: "../../etc/passwd" }, "passwd.wav"],
      ["only dots", { payload: audio, filename: ".." }, "audio.wav"],
      ["Windows' folders", { payload: audio, filename: "C:\\Users\\me\\talk.wav" }, "talk.wav"],
      ["control characters", { payload: audio, filename: "a\r\nb\0c\u202e.wav" }, "abc.wav"],
      ["UTF-8 read as Latin-1", { payload: audio, filename: "Interview MÃ¼ller.m4a" }, "Interview Müller.m4a"],
      ["an umlaut", { payload: audio, filename: "Interview Müller.m4a" }, "Interview Müller.m4a"],
      ["a URL", { payload: audio, filename: "https://example.org/a/talk%20one.mp3?token=secret#t=3" }, "talk one.mp3"],
      ["a name beside it, as the Dashboard has it", { payload: audio, file: { name: "memo.wav" } }, "memo.wav"],
      ["500 characters", { payload: audio, filename: `${"x".repeat(500)}.mp3` }, `${"x".repeat(196)}.mp3`],
    ];
    for (const [what, message, name] of names) {
      it(`keeps ${what}`, async () => {
        const flow = await Flow.start(UPLOAD, account(), settings());
        const { caught } = await flow.run(message);
        should(caught.map(({ error }) => error.message)).be.empty();
        should(uploads().map(([filename]) => filename)).eql([name]);
      });
    }

    for (const name of ["C# lesson 1.wav", "What? Really.wav", " lead.wav", "100% real.wav", "Track #1"]) {
      it(`reads the file "${name}"`, async () => {
        await put(name);
        const flow = await Flow.start(UPLOAD, account(), settings());
        const { caught } = await flow.run({ payload: name });
        should(caught.map(({ error }) => error.message)).be.empty();
        should(uploads()).eql([[name === "Track #1" ? "Track #1.wav" : name.trim(), sha(audio)]]);
      });
    }

    it("reads a path with blanks around it that no file has", async () => {
      await put("plain.wav");
      const flow = await Flow.start(UPLOAD, account(), settings());
      await flow.run({ payload: " plain.wav\n" });
      should(uploads()).eql([["plain.wav", sha(audio)]]);
    });
  });

  describe("that cannot be read", () => {
    const faults: [string, () => Promise<string>, RegExp][] = [
      [
        "a circle of links",
        async () => {
          await symlink("loop-b.wav", join(engine.folder, "loop-a.wav"));
          await symlink("loop-a.wav", join(engine.folder, "loop-b.wav"));
          return "loop-a.wav";
        },
        /circle of symbolic links/,
      ],
      ["a device", async () => "/dev/null", /not a regular file/],
      ["a name that is too long", async () => `${"n".repeat(300)}.wav`, /longer than the file system allows/],
      ["a path that goes through a file", async () => `${await put("file.wav")}/x.wav`, /no file at/],
      ["a very long text", async () => "word ".repeat(2000), /10000 characters|9999 characters/],
      [
        "base64 of an image",
        async () => Buffer.from(`\x89PNG\r\n\x1a\n${"\0\x01".repeat(50)}`, "latin1").toString("base64"),
        /image \(PNG\)/,
      ],
      ["base64 that breaks off", async () => `${base64.slice(0, 5001)}`, /base64 is broken/],
      ["base64 with something in it", async () => `${base64.slice(0, 8000)}*${base64.slice(8000)}`, /base64 is broken/],
    ];
    for (const [what, value, message] of faults) {
      it(`says so of ${what}, in a few words`, async () => {
        const payload = await value();
        const flow = await Flow.start(UPLOAD, account(), settings());
        const { caught } = await flow.run({ payload });
        should(caught[0]?.error.code).equal("GLADIA_AUDIO");
        should(caught[0]?.error.message).match(message);
        should(caught[0]?.error.message.length).be.below(400);
        should(engine.control.requests).be.empty();
      });
    }

    const others: [string, Buffer, RegExp][] = [
      ["a database", Buffer.from(`SQLite format 3\0${"\x01\0".repeat(50)}`, "latin1"), /database \(SQLite\)/],
      ["an archive", zlib.gzipSync("hello"), /archive \(gzip\)/],
      ["an archive with a recording in it", zlib.gzipSync(audio), /archive \(gzip\)/],
      ["a program", Buffer.from(`\x7fELF\x02\x01\x01${"\0".repeat(60)}`, "latin1"), /program \(ELF\)/],
      ["a PDF", Buffer.from("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "latin1"), /document \(PDF\)/],
      ["a photo", Buffer.from("ffd8ffe000104a46494600010100", "hex"), /image \(JPEG\)/],
      [
        "an Office document",
        Buffer.from("PK\x03\x04\x14\0\x06\0........................[Content_Types].xml", "latin1"),
        /document \(Office\)/,
      ],
    ];
    for (const [what, payload, message] of others) {
      it(`refuses ${what}`, async () => {
        const flow = await Flow.start(UPLOAD, account(), settings());
        const { caught } = await flow.run({ payload });
        should(caught[0]?.error.code).equal("GLADIA_AUDIO");
        should(caught[0]?.error.message).match(message);
        should(engine.control.requests).be.empty();
      });
    }

    it("sends bytes of a format that is not known, from whoever is trusted", async () => {
      const flow = await Flow.start(UPLOAD, account(), settings());
      const unknown = Buffer.from("\x01\x02\x03\x04headerless\x00\x00\x07", "latin1");
      await flow.run({ payload: unknown, filename: "x.raw" });
      should(uploads()).eql([["x.raw", sha(unknown)]]);
    });
  });

  describe("that is still written", () => {
    it("is waited for until it rests, and told so", async () => {
      const path = join(engine.folder, "growing.wav");
      await writeFile(path, audio.subarray(0, 0));
      const flow = await Flow.start(UPLOAD, account(), settings());
      flow.receive({ payload: "growing.wav" });
      for (let at = 0; at < audio.length; at += 16_000) {
        await appendFile(path, audio.subarray(at, at + 16_000));
        await sleep(300);
      }
      should(engine.control.uploads).be.empty();
      const { out, caught, statuses } = flow.seen;
      await until(() => out.length + caught.length > 0);
      should(uploads()).eql([["growing.wav", sha(audio)]]);
      should(statuses.map(({ text }) => text)).containEql("gladia-upload.status.growing");
    });

    it("is given up when it does not rest within the timeout", async () => {
      const path = join(engine.folder, "endless.wav");
      await writeFile(path, audio);
      const flow = await Flow.start([{ type: "gladia-transcribe" }], { ...account(), timeout: 1.5 }, settings());
      const { caught, out } = flow.seen;
      flow.receive({ payload: "endless.wav" });
      while (caught.length + out.length === 0) {
        await appendFile(path, Buffer.alloc(100));
        await sleep(50);
      }
      should(caught[0]?.error.code).equal("GLADIA_AUDIO");
      should(caught[0]?.error.message).match(/still being written/);
      should(engine.control.requests).be.empty();
    });
  });

  describe("from addresses", () => {
    let server: Server;
    let base: string;
    let hits: string[] = [];
    const zip: Record<string, (bytes: Buffer) => Buffer> = {
      gzip: zlib.gzipSync,
      "x-gzip": zlib.gzipSync,
      deflate: zlib.deflateSync,
      br: zlib.brotliCompressSync,
      "gzip, br": (bytes) => zlib.brotliCompressSync(zlib.gzipSync(bytes)),
      "utf-8": (bytes) => bytes,
    };
    before(async () => {
      server = createServer((request, response) => {
        const url = new URL(String(request.url), "http://x");
        hits.push(url.pathname);
        const coding = url.searchParams.get("coding");
        const said = url.searchParams.get("said");
        const to = url.searchParams.get("to");
        if (to !== null) return response.writeHead(302, { location: to }).end();
        if (said !== null) response.setHeader("content-disposition", said);
        if (url.pathname === "/raw-deflate.wav")
          return response.writeHead(200, { "content-encoding": "deflate" }).end(zlib.deflateRawSync(audio));
        if (url.pathname === "/cut.wav")
          return response.writeHead(200, { "content-encoding": "gzip" }).end(zlib.gzipSync(audio).subarray(0, 20_000));
        if (coding !== null) return response.writeHead(200, { "content-encoding": coding }).end(zip[coding]?.(audio));
        response.end(audio);
      }).listen(0, "127.0.0.1");
      await new Promise((resolve) => server.once("listening", resolve));
      base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    after(() => server.close());
    beforeEach(() => {
      hits = [];
    });
    const fetching = (more = {}) =>
      Flow.start([{ type: "gladia-upload", fetch: true, ...more }], account(), settings());

    const codings = [
      ...Object.keys(zip).map((coding) => `/a.wav?coding=${encodeURIComponent(coding)}`),
      "/raw-deflate.wav",
    ];
    for (const path of codings) {
      it(`unpacks ${decodeURIComponent(path)}`, async () => {
        const flow = await fetching();
        const { caught } = await flow.run({ payload: base + path });
        should(caught.map(({ error }) => error.message)).be.empty();
        should(uploads().map(([, sum]) => sum)).eql([sha(audio)]);
      });
    }

    it("says that packed bytes break off", async () => {
      const flow = await fetching();
      const { caught } = await flow.run({ payload: `${base}/cut.wav` });
      should(caught[0]?.error.code).equal("GLADIA_AUDIO");
      should(caught[0]?.error.message).match(/packed \(gzip\)/);
    });

    const said: [string, string, string][] = [
      ["/get.php?f=1", "", "get.php.wav"],
      ["/download", 'attachment; filename="talk; one.wav"', "talk; one.wav"],
      ["/download", "attachment; filename=plain.wav", "plain.wav"],
      ["/download", "attachment; filename=\"old.wav\"; filename*=UTF-8''Gespr%C3%A4ch%201.wav", "Gespräch 1.wav"],
      ["/download", "attachment; filename*=iso-8859-1'de'Gespr%E4ch.wav", "Gespräch.wav"],
      ["/download", 'attachment; filename="../../../etc/cron.d/x.wav"', "x.wav"],
      ["/download", "attachment; filename=my talk.wav; size=3", "my talk.wav"],
      ["/download", 'filename="bare.wav"', "bare.wav"],
      ["/download", "attachment; filename*=shift_jis'ja'%89%B9%90%BA.wav", "音声.wav"],
      ["/talk.mp3", 'attachment; filename="2024.06"', "talk.mp3"],
      ["/", "inline", "127.0.0.1.wav"],
    ];
    for (const [path, header, name] of said) {
      it(`names ${path} with ${header || "nothing"}`, async () => {
        const flow = await fetching();
        const url = new URL(path, base);
        if (header) url.searchParams.set("said", header);
        const { caught } = await flow.run({ payload: url.href });
        should(caught.map(({ error }) => error.message)).be.empty();
        should(uploads().map(([filename]) => filename)).eql([name]);
      });
    }

    for (const to of ["file:///etc/passwd", "ftp://127.0.0.1/a.wav", "http://", "data:audio/wav;base64,AAAA"]) {
      it(`refuses at once to be sent on to ${to}`, async () => {
        const flow = await fetching();
        const { caught } = await flow.run({ payload: `${base}/moved?to=${encodeURIComponent(to)}` });
        should(caught[0]?.error.code).equal("GLADIA_AUDIO");
        should(caught[0]?.error.message).match(/points to another place/);
        should(hits).eql(["/moved"]);
      });
    }
  });
});
