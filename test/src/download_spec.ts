import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import should from "should";
import { GladiaClient } from "../../src/client";
import { Transport } from "../../src/http/transport";
import { downloadFile } from "../../src/jobs/download";

describe("a download to a file", () => {
  const audio: Record<string, Buffer> = { one: randomBytes(3_000_000), two: randomBytes(2_000_000) };
  let folder: string;
  let path: string;
  let answers: ServerResponse[];
  /** Sends half of it, and goes on when it is told to. */
  let isHalf: boolean;
  let transport: Transport;
  let client: GladiaClient;
  let began: () => void;

  const server = createServer((request, response) => {
    answers.push(response);
    const bytes = audio[(request.url ?? "").split("/").at(-2) ?? ""] ?? Buffer.alloc(0);
    response.writeHead(200, { "content-length": bytes.length });
    response.write(bytes.subarray(0, bytes.length / 2));
    if (!isHalf) response.end(bytes.subarray(bytes.length / 2));
    began();
  });
  const get = (id: string, to = path, { signal } = new AbortController()) =>
    downloadFile(client, id, to, { kind: "pre-recorded", signal });

  before((done) => {
    server.listen(0, "127.0.0.1", () => {
      const apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      transport = new Transport({});
      client = new GladiaClient({ apiUrl, apiKey: "key", timeout: 60, retries: 0, product: "Test/1", transport });
      done();
    });
  });
  after(async () => {
    await transport.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "gladia-download-"));
    path = join(folder, "audio.wav");
    answers = [];
    isHalf = false;
    began = () => {};
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("makes the folders on the way", async () => {
    const deep = join(folder, "a", "b", "audio.wav");
    await get("one", deep);
    should((await readFile(deep)).equals(audio["one"] as Buffer)).be.true();
  });

  it("asks for nothing where it cannot be written", async () => {
    await writeFile(path, "a file, not a folder");
    await should(get("one", join(path, "audio.wav"))).be.rejectedWith({ code: "GLADIA_CONFIG" });
    should(answers).be.empty();
  });

  it("leaves a folder that stands under its name, and no part", async () => {
    await mkdir(join(path, "inside"), { recursive: true });
    await should(get("one")).be.rejectedWith({ code: "GLADIA_CONFIG" });
    should(await readdir(folder)).eql(["audio.wav"]);
  });

  it("goes side by side with another to the same path in the same millisecond", async () => {
    const now = Date.now;
    Date.now = () => 1_800_000_000_000;
    try {
      await Promise.all([get("one"), get("two")]);
    } finally {
      Date.now = now;
    }
    const written = await readFile(path);
    should(Object.values(audio).some((bytes) => bytes.equals(written))).be.true();
    should(await readdir(folder)).eql(["audio.wav"]);
  });

  it("that is ended half-way leaves the old file, and the server is told", async () => {
    await writeFile(path, "old");
    isHalf = true;
    const leave = new AbortController();
    const started = new Promise<void>((resolve) => {
      began = resolve;
    });
    const ended = get("one", path, leave);
    await started;
    const [answer] = answers;
    const closed = new Promise((resolve) => answer?.once("close", resolve));
    leave.abort(new Error("enough"));
    await should(ended).be.rejected();
    await closed;
    should(await readFile(path, "utf8")).equal("old");
    should(await readdir(folder)).eql(["audio.wav"]);
  });

  it("that breaks off half-way leaves the old file", async () => {
    await writeFile(path, "old");
    isHalf = true;
    began = () => answers[0]?.destroy();
    await should(get("one")).be.rejectedWith({ code: "GLADIA_NETWORK" });
    should(await readFile(path, "utf8")).equal("old");
    should(await readdir(folder)).eql(["audio.wav"]);
  });
});
