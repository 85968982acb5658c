import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import zlib from "node:zlib";
import should from "should";
import { readAudio } from "../../src/audio";
import { isPrivateAddress, publicLookup } from "../../src/http/public-network";
import { Transport } from "../../src/http/transport";
import { type Engine, startEngine, wav } from "../support/engine";
import { Flow, type Msg } from "../support/flow";
import helper from "../support/helper";

const sha = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
/** What core's http in node puts on a message, as far as it matters here. */
const req = () => ({ method: "POST", headers: { "content-type": "text/plain" }, body: "..." });

describe("a stranger's message", () => {
  let engine: Engine & { folder: string };
  let server: Server;
  let base: string;
  let hits: string[] = [];
  const audio = wav(1, 3);
  const settings = () => ({ fileWorkingDirectory: engine.folder });
  const account = (more = {}) => ({ apiUrl: engine.url, timeout: 5, retries: 1, ...more });
  const uploads = () => engine.control.uploads.map(({ sha256 }) => sha256);

  before(async () => {
    engine = await startEngine();
    await writeFile(join(engine.folder, "secret.wav"), audio);
    await utimes(join(engine.folder, "secret.wav"), 1, 1);
    server = createServer((request, response) => {
      hits.push(String(request.url));
      const to = new URL(String(request.url), "http://x").searchParams.get("to");
      if (to) response.writeHead(302, { location: to }).end();
      else response.end(audio);
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(async () => {
    server.close();
    await engine.close();
  });
  beforeEach(() => {
    engine.control.reset();
    hits = [];
  });
  afterEach(() => Flow.stop());

  const path = () => join(engine.folder, "secret.wav");
  const texts: [string, () => unknown][] = [
    ["a path", path],
    ["a path that is not there", () => join(engine.folder, "no-such-file.wav")],
    ["a relative path", () => "secret.wav"],
    ["a path up", () => "../../../../etc/hostname"],
    ["a path with a blank before it", () => ` ${path()}`],
    ["a file: URL", () => pathToFileURL(path()).href],
    ["a folder", () => engine.folder],
    ["a device", () => "/dev/zero"],
    ["an object with a path", () => ({ type: "voice", path: path() })],
    ["an object with a file: URL", () => ({ url: pathToFileURL(path()).href })],
    ["an upload whose data is a path", () => ({ filename: "x.wav", data: path() })],
    ["a list with such an object", () => [{ file: { path: path() } }]],
    ["a link with a bot's token", () => `${base}/file/bot1:AAE/x.wav`],
  ];

  it("names no file and no link to fetch, and cannot tell what is there", async () => {
    const flow = await Flow.start([{ type: "gladia-transcribe", fetch: true }], account(), settings());
    const all = [...texts.map(([, payload]) => payload()), `${base}/a.wav`, "http://192.168.0.1/cam.wav"];
    const { caught, out } = await flow.run(...all.map((payload): Msg => ({ payload, req: req() })));
    should(out).be.empty();
    should(caught).have.length(all.length);
    should([...new Set(caught.map(({ error }) => `${error.code} ${error.message}`))]).have.length(1);
    should(caught[0]?.error.message).match(/HTTP request.*\(paths\)/);
    should(engine.control.requests).be.empty();
    should(hits).be.empty();
  });

  for (const where of ["flow", "global"]) {
    it(`names no file through the ${where} context`, async () => {
      const node = { type: "gladia-upload", audio: "sent", audioType: where };
      const flow = await Flow.start([node], account(), settings());
      // biome-ignore lint/suspicious/noExplicitAny: the helper's nodes have no types
      const context = (helper.getNode(flow.flow[1]?.["id"] as string) as any).context();
      context[where].set("sent", path());
      const { caught } = await flow.run({ payload: "", req: req() });
      should(caught[0]?.error.code).equal("GLADIA_AUDIO");
      should(engine.control.requests).be.empty();
    });
  }

  it("names no file by an expression either", async () => {
    const node = { type: "gladia-upload", audio: "req.body", audioType: "jsonata" };
    const flow = await Flow.start([node], account(), settings());
    const { caught } = await flow.run({ payload: "", req: { ...req(), body: path() } });
    should(caught[0]?.error.message).match(/\(paths\)/);
    should(engine.control.requests).be.empty();
  });

  const allowed: [string, object, object][] = [
    ["without a request", {}, {}],
    ["with paths set to yes", { paths: "yes" }, { req: req() }],
    ["typed into the node", { audio: "secret.wav", audioType: "str" }, { req: req() }],
    ["typed into the node, with paths set to no", { audio: "secret.wav", audioType: "str", paths: "no" }, {}],
  ];
  for (const [what, properties, message] of allowed) {
    it(`may name a file ${what}`, async () => {
      const flow = await Flow.start([{ type: "gladia-upload", ...properties }], account(), settings());
      const { caught } = await flow.run({ payload: "secret.wav", ...message });
      should(caught.map(({ error }) => error.message)).be.empty();
      should(uploads()).eql([sha(audio)]);
    });
  }

  it("names no file without a request where paths is no", async () => {
    const flow = await Flow.start([{ type: "gladia-upload", paths: "no" }], account(), settings());
    const { caught } = await flow.run({ payload: "secret.wav" });
    should(caught[0]?.error.message).match(/reads no files.*\(paths\)/);
  });

  it("brings bytes, base64, a data: URI and a link for Gladia as ever", async () => {
    const flow = await Flow.start([{ type: "gladia-transcribe", wait: "no" }], account(), settings());
    const sent = [
      audio,
      audio.toString("base64"),
      `data:audio/wav;base64,${audio.toString("base64")}`,
      { buffer: audio },
    ];
    const { caught, out } = await flow.run(
      ...[...sent, `${base}/a.wav`].map((payload): Msg => ({ payload, req: req() })),
    );
    should(caught.map(({ error }) => error.message)).be.empty();
    should(out).have.length(5);
    should(uploads()).have.length(5); // the engine took the link's, too
  });

  it("chooses no file that a job's audio is written to, but a new one in the working directory", async () => {
    const made = await Flow.start([{ type: "gladia-transcribe", wait: "no" }], account(), settings());
    const id = (await made.run({ payload: audio })).out[0]?.payload;
    await Flow.stop();
    const flow = (more: object) =>
      Flow.start([{ type: "gladia-jobs", operation: "download", path: "to", pathType: "msg", ...more }], account(), {
        fileWorkingDirectory: join(engine.folder, "work"),
      });
    await mkdir(join(engine.folder, "work"), { recursive: true });
    await writeFile(join(engine.folder, "work", "there"), "before");
    const outside = join(engine.folder, "stolen.wav");
    const paths = [
      outside,
      "../stolen.wav",
      "x/../../stolen.wav",
      "..",
      ".",
      "there",
      "there/x.wav",
      "\0",
      "x".repeat(5000),
    ];
    const { caught, out } = await (await flow({})).run(...paths.map((to): Msg => ({ payload: id, to, req: req() })));
    should(out).be.empty();
    should(caught.map(({ error }) => error.code)).eql(paths.map(() => "GLADIA_CONFIG"));
    should((await readdir(engine.folder)).filter((name) => name.includes("stolen"))).be.empty();
    should(await readFile(join(engine.folder, "work", "there"), "utf8")).equal("before");
    await Flow.stop();
    const inside = await (await flow({})).run({ payload: id, to: "new/a.wav", req: req() });
    should(inside.caught.map(({ error }) => error.message)).be.empty();
    should(await readFile(join(engine.folder, "work", "new", "a.wav"))).eql(audio);
    await Flow.stop();
    for (const [node, msg] of [
      [{ path: outside, pathType: "str" }, { req: req() }],
      [{}, { to: outside }],
    ]) {
      const { caught } = await (await flow(node as object)).run({ payload: id, ...msg });
      should(caught.map(({ error }) => error.message)).be.empty();
      should(await readFile(outside)).eql(audio);
      await rm(outside);
      await Flow.stop();
    }
  });

  const bytes: [string, Buffer][] = [
    ["a database", Buffer.from(`SQLite format 3\0${"\x01\0".repeat(90)}`, "latin1")],
    ["an archive", zlib.gzipSync("hello")],
    ["a program", Buffer.from(`\x7fELF\x02\x01\x01${"\0".repeat(90)}`, "latin1")],
    ["what is not known", Buffer.from(wav(1).subarray(44, 9000))],
    ["what looks like audio for three bytes", Buffer.concat([Buffer.from("fffb90", "hex"), Buffer.alloc(5000, 0x80)])],
  ];
  for (const [what, payload] of bytes) {
    it(`does not bring ${what}`, async () => {
      const flow = await Flow.start([{ type: "gladia-upload", paths: "yes" }], account(), settings());
      const file = join(engine.folder, "other.bin");
      await writeFile(file, payload);
      await utimes(file, 1, 1);
      const { caught, out } = await flow.run({ payload, req: req() }, { payload: file, req: req() });
      should(out).be.empty();
      should(caught.map(({ error }) => error.code)).eql(["GLADIA_AUDIO", "GLADIA_AUDIO"]);
      should(engine.control.requests).be.empty();
    });
  }

  describe("with a link to fetch", () => {
    const fetching = (more = {}, properties = {}) =>
      Flow.start([{ type: "gladia-upload", fetch: true, paths: "yes", ...properties }], account(more), settings());
    const port = () => new URL(base).port;
    const hosts = [
      "127.0.0.1",
      "localhost",
      "127.1",
      "0x7f.1",
      "2130706433",
      "0.0.0.0",
      "[::1]",
      "[::ffff:127.0.0.1]",
      "[::]",
      "169.254.169.254",
      "[fe80::1]",
      "[fd00::1]",
      "10.0.0.1",
    ];

    it("does not reach this machine or a private network, however it is written", async () => {
      const flow = await fetching();
      const { caught } = await flow.run(
        ...hosts.map((host): Msg => ({ payload: `http://${host}:${port()}/a.wav`, req: req() })),
      );
      should(caught.map(({ error }) => error.code)).eql(hosts.map(() => "GLADIA_AUDIO"));
      for (const { error } of caught) should(error.message).match(/private network.*\(lan\)/);
      should(hits).be.empty();
      should(engine.control.requests).be.empty();
    });

    for (const [what, properties, message] of [
      ["without a request", {}, {}],
      ["with lan set to yes", { lan: "yes" }, { req: req() }],
      ["typed into the node", { audioType: "str", lan: "no" }, { req: req() }],
    ] as const) {
      it(`reaches a camera at home ${what}`, async () => {
        const flow = await fetching(
          {},
          "audioType" in properties ? { ...properties, audio: `${base}/a.wav` } : properties,
        );
        const { caught } = await flow.run({ payload: `${base}/a.wav`, ...message });
        should(caught.map(({ error }) => error.message)).be.empty();
        should(uploads()).eql([sha(audio)]);
      });
    }

    it("reaches no private network without a request where lan is no", async () => {
      const flow = await fetching({}, { lan: "no" });
      const { caught } = await flow.run({ payload: `${base}/a.wav` });
      should(caught[0]?.error.message).match(/\(lan\)/);
      should(hits).be.empty();
    });

    it("is not led there by a server on the internet", async () => {
      // A proxy stands for the internet: what is asked of 93.184.216.34 goes to our own server.
      const asked: string[] = [];
      const sockets = new Set<Socket>();
      const proxy = createServer().on("connect", (request, socket: Socket) => {
        asked.push(String(request.url));
        const onward = connect(Number(port()), "127.0.0.1", () => {
          socket.write("HTTP/1.1 200 OK\r\n\r\n");
          onward.pipe(socket).pipe(onward);
        });
        for (const end of [socket, onward]) sockets.add(end.on("error", () => end.destroy()));
      });
      await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
      const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
      const transport = new Transport({ proxy: { url } });
      const options = {
        fetch: true,
        folder: engine.folder,
        isOwn: () => false,
        transport,
        timeout: 5,
        retries: 3,
        signal: new AbortController().signal,
      };
      const trust = { paths: "yes", lan: false, unknown: false } as const;
      const found = await readAudio("http://93.184.216.34/a.wav", { ...options, trust });
      should(found.kind).equal("stream");
      if (found.kind === "stream") await found.close();
      hits = [];
      for (const to of [`http://127.0.0.1:${port()}/in`, "http://10.1.2.3/in", "http://no-such-name.invalid/in"]) {
        const link = `http://93.184.216.34/moved?to=${encodeURIComponent(to)}`;
        await should(readAudio(link, { ...options, trust })).rejectedWith({ code: "GLADIA_AUDIO", message: /\(lan\)/ });
      }
      should(hits.filter((hit) => hit.startsWith("/in"))).be.empty();
      should(asked.filter((host) => !host.startsWith("93.184.216.34"))).be.empty();
      await transport.close();
      for (const socket of sockets) socket.destroy();
      proxy.close();
    });
  });

  it("is cut when it unpacks to more than a thousand million bytes", async function () {
    this.timeout(60_000);
    const zeros = zlib.gzipSync(Buffer.alloc(10_000_000));
    const bomb = createServer((_, response) => {
      response.writeHead(200, { "content-encoding": "gzip" });
      response.write(zlib.gzipSync(audio));
      for (let i = 0; i < 110; i++) response.write(zeros);
      response.end();
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => bomb.once("listening", resolve));
    const transport = new Transport();
    const { signal } = new AbortController();
    const options = { fetch: true, folder: "/", isOwn: () => false, transport, timeout: 5, retries: 0, signal };
    const found = await readAudio(`http://127.0.0.1:${(bomb.address() as AddressInfo).port}/a.wav`, options);
    should(found.kind).equal("stream");
    let bytes = 0;
    if (found.kind === "stream") {
      const { chunks } = await found.open(signal);
      const drain = async () => {
        for await (const chunk of chunks) bytes += chunk.length;
      };
      await should(drain()).rejectedWith({ code: "GLADIA_AUDIO", message: /too large/ });
      await found.close();
    }
    should(bytes).be.belowOrEqual(1_000_000_000);
    await transport.close();
    bomb.closeAllConnections();
    bomb.close();
  });

  it("of 5 MB is no path, and costs nothing", async () => {
    const flow = await Flow.start([{ type: "gladia-upload" }], account(), settings());
    const words = [
      "a".repeat(5_000_000),
      "../".repeat(1_700_000),
      `file:///${"a/".repeat(2_500_000)}`,
      `https://${"a".repeat(5_000_000)}`,
    ];
    const { caught } = await flow.run(...words.map((payload): Msg => ({ payload })));
    should(caught.map(({ error }) => error.code)).eql(words.map(() => "GLADIA_AUDIO"));
    for (const { error } of caught) should(error.message.length).be.below(400);
    should(engine.control.requests).be.empty();
  });
});

describe("an address", () => {
  for (const address of [
    "127.0.0.1",
    "10.1.2.3",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:10.0.0.1",
    "::ffff:7f00:1",
    "::127.0.0.1",
    "64:ff9b::a00:1",
    "2002:a00:1::",
    "fe80::1%eth0",
    "fec0::1",
    "fc00::1",
    "fdff::1",
    "ff02::1",
    "2001:db8::1",
    "2001:2::1",
    "2001:10::1",
    "3fff::1",
    "5f00::1",
    "192.88.99.1",
    "no address",
  ]) {
    it(`is not public: ${address}`, () => should(isPrivateAddress(address)).be.true());
  }
  for (const address of [
    "1.1.1.1",
    "93.184.216.34",
    "172.32.0.1",
    "100.128.0.1",
    "192.169.0.1",
    "2606:4700::1111",
    "::ffff:1.1.1.1",
    "64:ff9b::101:101",
    "2002:101:101::",
    "2a00::1",
  ]) {
    it(`is public: ${address}`, () => should(isPrivateAddress(address)).be.false());
  }

  for (const all of [true, false]) {
    it(`is looked at when a name is looked up (${all ? "all" : "one"})`, async () => {
      const error = await new Promise((resolve) => publicLookup("localhost", { all }, (fault) => resolve(fault)));
      should(error).have.property("code", "GLADIA_AUDIO");
    });
  }
});
