import { createHash, randomBytes } from "node:crypto";
import { appendFileSync, existsSync, readdirSync, readlinkSync, truncateSync, writeFileSync } from "node:fs";
import { appendFile, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import should from "should";
import { readAudio } from "../../src/audio";
import type { AudioStream } from "../../src/audio/source";
import { GladiaClient } from "../../src/client";
import type { TlsOptions } from "../../src/http/transport";
import { Transport } from "../../src/http/transport";
import { CERTIFICATE, slowServer } from "../support/slow-server";

const sha = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

describe("an upload", () => {
  let folder: string;
  let path: string;
  const bytes = Buffer.concat([Buffer.from("RIFF....WAVE"), randomBytes(12_000_000)]);
  let transport: Transport;
  const open: { close(): Promise<void> }[] = [];

  const clientFor = (apiUrl: string, more: { timeout?: number; retries?: number; tls?: TlsOptions } = {}) => {
    transport = new Transport({ tls: more.tls });
    open.push(transport);
    return new GladiaClient({ apiUrl, apiKey: "key", timeout: 60, retries: 0, product: "Test/1", transport, ...more });
  };
  const audioOf = async (value: unknown, more: { fetch?: boolean } = {}) =>
    (await readAudio(value, {
      fetch: false,
      folder,
      isOwn: () => false,
      transport,
      timeout: 60,
      retries: 0,
      signal: new AbortController().signal,
      ...more,
    })) as AudioStream;
  /** Files of ours that this process holds open; Linux tells. */
  const held = () =>
    existsSync("/proc/self/fd")
      ? readdirSync("/proc/self/fd").filter((fd) => {
          try {
            return readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder);
          } catch {
            return false; // the handle that listed the folder
          }
        }).length
      : 0;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "gladia-upload-"));
    path = join(folder, "long.wav");
    await writeFile(path, bytes);
  });
  after(() => rm(folder, { recursive: true, force: true }));
  afterEach(async () => {
    for (const thing of open.splice(0)) await thing.close();
    should(held()).equal(0);
  });

  for (const tls of [false, true]) {
    for (const rate of [0, 12_000_000]) {
      it(`arrives byte for byte (${tls ? "TLS" : "plain"}, ${rate ? "slow" : "fast"} server)`, async () => {
        const server = await slowServer({ rate, tls });
        open.push(server);
        const client = clientFor(server.url, tls ? { tls: { ca: CERTIFICATE } } : {});
        for (const value of [path, bytes]) await client.upload(await audioOf(value));
        should(server.received.map(({ sha256 }) => sha256)).eql([sha(bytes), sha(bytes)]);
        for (const { contentLength } of server.received) should(Number(contentLength)).be.above(bytes.length);
      });
    }
  }

  it("refuses a certificate that nobody vouches for", async () => {
    const server = await slowServer({ rate: 0, tls: true });
    open.push(server);
    const client = clientFor(server.url);
    await should(client.upload(await audioOf(path))).rejectedWith(/not trusted/);
  });

  describe("that takes more than twice the timeout on a slow line", () => {
    for (const [what, value] of [
      ["a path", () => path],
      ["a Buffer", () => bytes],
    ] as const) {
      it(`completes from ${what}`, async () => {
        const server = await slowServer({ rate: 4_000_000 });
        open.push(server);
        const client = clientFor(server.url, { timeout: 1 });
        await client.upload(await audioOf(value()));
        should(server.received[0]?.sha256).equal(sha(bytes));
      });
    }

    it("completes from a URL", async () => {
      const source = createServer((_, response) => response.end(bytes)).listen(0, "127.0.0.1");
      await new Promise((resolve) => source.once("listening", resolve));
      open.push({ close: () => new Promise((resolve) => source.close(() => resolve())) });
      const server = await slowServer({ rate: 4_000_000 });
      open.push(server);
      const client = clientFor(server.url, { timeout: 1 });
      const { port } = source.address() as AddressInfo;
      await client.upload(await audioOf(`http://127.0.0.1:${port}/a.wav`, { fetch: true }));
      should(server.received[0]?.sha256).equal(sha(bytes));
    });
  });

  it("waits for a file that is still written, and sends all of it", async () => {
    const growing = join(folder, "growing.wav");
    await writeFile(growing, bytes);
    const server = await slowServer({ rate: 0 });
    open.push(server);
    const sending = clientFor(server.url).upload(await audioOf(growing));
    await appendFile(growing, bytes);
    await sending;
    should(server.received[0]?.sha256).equal(sha(Buffer.concat([bytes, bytes])));
  });

  for (const [what, change] of [
    ["grows", (file: string) => appendFileSync(file, "more")],
    ["is written anew with the same length", (file: string) => writeFileSync(file, bytes)],
  ] as const) {
    it(`gives up a file that ${what} while it is sent`, async () => {
      const changing = join(folder, `changing ${what}.wav`);
      await writeFile(changing, bytes);
      await utimes(changing, 1, 1);
      const server = await slowServer({ rate: 8_000_000 });
      open.push(server);
      let changed = false;
      const onBytes = () => {
        if (!changed) change(changing);
        changed = true;
      };
      const sending = clientFor(server.url).upload(await audioOf(changing), { onBytes });
      await should(sending).rejectedWith({ code: "GLADIA_AUDIO" });
      should(server.received.filter(({ sha256 }) => sha256 !== "broken")).be.empty();
    });
  }

  it("tells a file that became shorter", async () => {
    const shrinking = join(folder, "shrinking.wav");
    await writeFile(shrinking, bytes);
    const server = await slowServer({ rate: 4_000_000 });
    open.push(server);
    const sending = clientFor(server.url).upload(await audioOf(shrinking), {
      onBytes: () => truncateSync(shrinking, 1000),
    });
    await should(sending).rejectedWith({ code: "GLADIA_AUDIO" });
  });

  it("lets go of the file when nobody listens, when it is cancelled and when the server refuses", async () => {
    const refusing = createServer((_, response) => response.writeHead(413).end()).listen(0, "127.0.0.1");
    await new Promise((resolve) => refusing.once("listening", resolve));
    open.push({
      close: async () => {
        refusing.closeAllConnections();
        await new Promise((resolve) => refusing.close(resolve));
      },
    });
    const { port } = refusing.address() as AddressInfo;
    await should(clientFor(`http://127.0.0.1:${port}`).upload(await audioOf(path))).rejected();
    should(held()).equal(0);
    await should(clientFor("http://127.0.0.1:9").upload(await audioOf(path))).rejectedWith({ code: "GLADIA_NETWORK" });
    should(held()).equal(0);
    const server = await slowServer({ rate: 1_000_000 });
    open.push(server);
    const cancel = new AbortController();
    const sending = clientFor(server.url).upload(await audioOf(path), { signal: cancel.signal });
    setTimeout(() => cancel.abort(new Error("enough")), 200);
    await should(sending).rejectedWith("enough");
    should(held()).equal(0);
  });
});
