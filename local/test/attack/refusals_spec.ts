import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import should from "should";
import { findFfmpeg } from "../../src/audio/ffmpeg";
import { RATE } from "../../src/audio/track";
import { download } from "../../src/jobs/download";
import { createMoonshine } from "../../src/recogniser/moonshine";
import { fixture, WAVS, wavOfLength, wavOfRate } from "../support/containers";
import { call, closeAll, final, start, upload } from "../support/engine";
import { receiver } from "../support/receiver";

const run = promisify(execFile);

describe("what the local engine refuses", () => {
  const alone = createMoonshine({ ffmpeg: false });
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "refusals-"));
  });
  afterEach(async () => {
    await closeAll();
    await alone.close();
  });
  after(() => rm(folder, { recursive: true }));

  async function file(bytes: Uint8Array): Promise<string> {
    const path = join(folder, "sound");
    await writeFile(path, bytes);
    return path;
  }

  const silence = /The file says it has \d+ samples per second; 4,000 to 768,000 are read\./;

  it("rates that no sound has, with 400, before it decodes anything", async () => {
    const engines = [await start(), await start({ recogniser: createMoonshine({ ffmpeg: false }) })];
    for (const engine of engines) {
      for (const rate of [0, 1, 3999, 768_001, 4_000_000_000]) {
        const answer = await upload(engine, wavOfRate(rate), "a.wav");
        should(answer).containEql({ statusCode: 400 });
        should(answer.message).match(silence);
      }
      for (const rate of [4000, 768_000])
        (await upload(engine, wavOfRate(rate), "a.wav")).audio_metadata.audio_duration.should.equal(100_000 / rate);
      should((await upload(engine, wavOfRate(RATE, 1000, 0), "a.wav")).statusCode).equal(400);
      should((await upload(engine, wavOfRate(RATE, 1000, 9), "a.wav")).statusCode).equal(422);
    }
  });

  it("the same for audio that a job fetches: the job ends with 400", async () => {
    const remote = await receiver([{ status: 200, body: wavOfRate(1) }]);
    const engine = await start({ recogniser: createMoonshine({ ffmpeg: false }) });
    const { body } = await call(engine, "POST", "/v2/pre-recorded", { audio_url: `${remote.url}/a.wav` });
    (await final(engine, body.id)).should.containEql({ status: "error", error_code: 400 });
  });

  it("more than the API takes at once, by what the header says", async () => {
    const long = await file(wavOfLength(0));
    // Half a gigabyte that takes no room on the disk.
    await truncate(long, 500_000_000);
    const message = "The audio lasts longer than 255 minutes, the most that is read.";
    const refusal = { name: "UnreadableAudio", status: 400, message };
    await alone.probe(long).should.be.rejectedWith(refusal);
    const flac = fixture("flac");
    flac.writeUInt32BE(0xffff_ffff, 22);
    await alone.probe(await file(flac)).should.be.rejectedWith(refusal);
    should(alone.pid).be.undefined();
  });

  it("a few bytes that unpack to days of silence, in little memory", async function () {
    const ffmpeg = await findFfmpeg();
    // Needs a tool that is not part of the package.
    if (!ffmpeg) this.skip();
    const args = "-v error -f lavfi -i anullsrc=r=8000:cl=mono -t 20000 -frame_size 65535 -c:a flac -f flac -";
    const { stdout } = await run(ffmpeg, args.split(" "), { encoding: "buffer", maxBuffer: 1_000_000 });
    const path = await file(stdout);
    const probing = alone.probe(path);
    probing.catch(() => {});
    let peak = 0;
    const look = async () => {
      const status = await readFile(`/proc/${alone.pid}/status`, "utf8").catch(() => "");
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0));
    };
    const looking = setInterval(look, 20);
    await probing.should.be.rejectedWith({ status: 400, message: /lasts longer than 255 minutes/ });
    clearInterval(looking);
    // 3,200 MB when all of it was unpacked at once.
    peak.should.be.below(600_000);
    await alone.close();
  });

  it("audio at an address that gives it drop by drop, so that the recogniser is free again", async () => {
    const patience = { slowest: 10_000, seconds: 0.3, longest: 1 };
    for (const [piece, beginning] of [
      ["x", 1000],
      ["x".repeat(20_000), 0],
      ["", 0],
    ] as const) {
      const server = createServer((_, response) => {
        if (piece === "") return;
        response.write("x".repeat(beginning));
        const drip = setInterval(() => response.write(piece), 20);
        response.once("close", () => clearInterval(drip));
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a.wav`;
      const read = async () => {
        const { chunks } = await download(url, new AbortController().signal, patience);
        for await (const _ of chunks);
      };
      await read().should.be.rejectedWith({ status: 400, message: /comes too slowly, or does not end/ });
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  describe("bodies without end", () => {
    const boundary = "content-type: multipart/form-data; boundary=b\r\n";
    const disposition = "--b\r\ncontent-disposition: form-data; name=";
    const bodies: [string, string, string, string, RegExp][] = [
      ["before the first part of a form", boundary, "", "x", /^$/],
      ["in a field of a form", boundary, `${disposition}"a"\r\n\r\n`, "x", /^$/],
      ["in the head of a part", boundary, "--b\r\n", "x", /^$/],
      ["in a file", boundary, `${disposition}"audio"; filename="a"\r\n\r\n`, "x", /^HTTP\/1.1 413 /],
      ["of parts", boundary, "", `${disposition}"x"; filename="y"\r\n\r\nz\r\n`, /^HTTP\/1.1 413 /],
      ["of JSON", "content-type: application/json\r\n", "[", "[", /^HTTP\/1.1 413 /],
      ["without a key", `${boundary}x-gladia-key:\r\n`, "", "x", /^HTTP\/1.1 401 /],
    ];
    for (const [where, head, begin, more, answer] of bodies) {
      it(`${where}: the connection is cut`, async () => {
        const engine = await start({ maxUpload: 5_000_000 });
        const { hostname, port } = new URL(engine.url);
        const key = head.includes("x-gladia-key") ? "" : "x-gladia-key: k\r\n";
        const request = `POST /v2/upload HTTP/1.1\r\nhost: localhost\r\n${key}${head}transfer-encoding: chunked\r\n\r\n`;
        const piece = more.repeat(Math.ceil(65_536 / more.length));
        const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
        let got = "";
        const socket = connect(Number(port), hostname);
        const closed = new Promise((resolve) => socket.once("close", resolve));
        socket.on("error", () => undefined).on("data", (data) => (got += String(data)));
        socket.write(request + (begin && chunk(begin)));
        const go = () => {
          while (!socket.destroyed) if (!socket.write(chunk(piece))) return void socket.once("drain", go);
        };
        go();
        await closed; // never, were it not cut
        if (got !== "") got.should.match(answer); // the reset may overtake the answer
      });
    }
  });

  it("JSON that is nested without end, with 400", async () => {
    const engine = await start();
    const { audio_url } = await upload(engine, WAVS["plain"] as Buffer, "a.wav");
    for (const depth of [2000, 100_000, 900_000]) {
      for (const [open, close] of [
        ["[", "]"],
        ['{"a":', "}"],
      ] as const) {
        const inner = `${open.repeat(depth)}1${close.repeat(depth)}`;
        if (inner.length > 1_900_000) continue;
        const bodies = [
          ["/v2/pre-recorded", `{"audio_url":"${audio_url}","custom_metadata":{"a":${inner}}}`],
          ["/v2/pre-recorded", `{"audio_url":"${audio_url}","nested":${inner}}`],
          ["/v2/upload", `{"audio_url":${inner}}`],
        ] as const;
        for (const [path, body] of bodies) (await call(engine, "POST", path, body)).status.should.equal(400);
      }
    }
    const most = { a: JSON.parse(`${"[".repeat(990)}${"]".repeat(990)}`) };
    const taken = await call(engine, "POST", "/v2/pre-recorded", { audio_url, custom_metadata: most });
    taken.status.should.equal(201);
    (await final(engine, taken.body.id)).custom_metadata.should.eql(most);
  });
});
