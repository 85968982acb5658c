import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import should from "should";
import { GladiaClient } from "../../src/client";
import { Transport } from "../../src/http/transport";
import { downloadFile } from "../../src/jobs/download";

const ID = "00000000-0000-4000-8000-000000000000";

describe("what is asked of one job", () => {
  let folder: string;
  let server: Server;
  let transport: Transport;
  let client: GladiaClient;
  let answer: RequestListener;
  let requests: number;

  const download = (path: string, signal = new AbortController().signal) =>
    downloadFile(client, ID, path, { kind: "pre-recorded", signal });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "gladia-download-"));
    requests = 0;
    server = createServer((request, response) => {
      requests++;
      answer(request, response);
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    transport = new Transport({});
    const apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    client = new GladiaClient({ apiUrl, apiKey: "key", timeout: 5, retries: 3, product: "Test/1", transport });
  });
  afterEach(async () => {
    await transport.close();
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true, force: true });
  });

  describe("its audio in a file", () => {
    it("is whole, though several are written to one path at once", async () => {
      answer = (_request, response) => {
        response.write("RIFF");
        setTimeout(() => response.end("audio"), 20);
      };
      const path = join(folder, "new", "a.wav");
      await Promise.all(Array.from({ length: 5 }, () => download(path)));
      should(await readFile(path, "utf8")).equal("RIFFaudio");
      should(await readdir(join(folder, "new"))).eql(["a.wav"]);
    });

    it("leaves what stood there when it breaks off, and nothing else", async () => {
      answer = (_request, response) => {
        response.writeHead(200, { "content-length": "1000" }).write("RIFF");
        setTimeout(() => response.destroy(), 20);
      };
      const path = join(folder, "a.wav");
      await writeFile(path, "before");
      await should(download(path)).be.rejectedWith({ code: "GLADIA_NETWORK" });
      should(await readFile(path, "utf8")).equal("before");
      should(await readdir(folder)).eql(["a.wav"]);
    });
  });

  describe("that it is deleted", () => {
    it("is done when it is gone after an answer that was lost", async () => {
      answer = (request, response) => {
        if (requests === 1) request.socket.destroy();
        else response.writeHead(404).end("{}");
      };
      await client.delete(ID);
      should(requests).equal(2);
    });

    it("is not done when it never was there, or the server was busy before", async () => {
      answer = (_request, response) => void response.writeHead(404).end("{}");
      await should(client.delete(ID)).be.rejectedWith({ code: "GLADIA_NOT_FOUND" });
      requests = 0;
      answer = (_request, response) =>
        void response.writeHead(requests === 1 ? 429 : 404, { "retry-after": "0" }).end("{}");
      await should(client.delete(ID)).be.rejectedWith({ code: "GLADIA_NOT_FOUND" });
      should(requests).equal(2);
    });
  });
});
