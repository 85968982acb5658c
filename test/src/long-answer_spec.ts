import { once } from "node:events";
import { Worker } from "node:worker_threads";
import should from "should";
import { Api } from "../../src/http/api";
import { Transport } from "../../src/http/transport";

/** In a thread of its own, so that it sends while this one parses, as a server on another machine does. */
const SERVER = `
const { createServer } = require("node:http");
const { parentPort } = require("node:worker_threads");
const body = Buffer.alloc(32_000_000, "[1,2]");
const server = createServer((_, response) => response.writeHead(200, { "content-type": "application/json" }).end(body));
server.listen(0, "127.0.0.1", () => parentPort.postMessage({ port: server.address().port, length: body.length }));
`;

/** Bytes after which it is read slowly: the system has come to hold much by then. */
const FAST = 20_000_000;

/** Reads slowly, as a small computer does, so that there is always more to read; and sees how much it reads in one turn. */
class SlowReader {
  read = 0;
  mostOfATurn = 0;
  #ofThisTurn = 0;

  write(chunk: Buffer): undefined {
    if (this.#ofThisTurn === 0) {
      setImmediate(() => {
        this.#ofThisTurn = 0;
      });
    }
    this.read += chunk.length;
    this.#ofThisTurn += chunk.length;
    this.mostOfATurn = Math.max(this.mostOfATurn, this.#ofThisTurn);
    if (this.read < FAST) return;
    const end = performance.now() + 2;
    while (performance.now() < end);
  }

  end(): void {}
}

describe("a long answer of a near server", () => {
  it("is read with turns of the event loop in between", async () => {
    const server = new Worker(SERVER, { eval: true });
    const transport = new Transport({});
    try {
      const [{ port, length }] = await once(server, "message");
      const apiUrl = `http://127.0.0.1:${port}`;
      const api = new Api({ apiUrl, apiKey: "key", timeout: 60, retries: 0, product: "Test/1", transport });
      const { read, mostOfATurn } = await api.read(
        { method: "GET", path: "/v2/pre-recorded/long", repeatable: true, most: length },
        () => new SlowReader(),
      );
      should(read).equal(length);
      should(mostOfATurn).be.belowOrEqual(600 * 1024);
    } finally {
      await transport.close();
      await server.terminate();
    }
  });
});
