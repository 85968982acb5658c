import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A server that answers as it is told, and counts what it could send. */
export class HostileServer {
  /** Bytes of bodies that were handed to the network. */
  sent = 0;
  /** The requests so far: method and path. */
  readonly asked: string[] = [];
  readonly #server = createServer((request, response) => {
    this.asked.push(`${request.method} ${request.url}`);
    request.on("error", () => {});
    response.on("error", () => {});
    request.resume().on("end", () => this.answer(request, response));
  });

  /** What is done with a request whose body has come. */
  answer: (request: IncomingMessage, response: ServerResponse) => void = (_, response) => void response.end();

  async start(): Promise<this> {
    this.#server.listen(0, "127.0.0.1");
    await new Promise((resolve) => this.#server.once("listening", resolve));
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** A body that begins with one text and goes on with another, without end but for `most` bytes. */
  endless(begin: string, more: string, status = 200, most = 400_000_000): typeof this.answer {
    const piece = Buffer.from(more.repeat(Math.ceil(65_536 / more.length)));
    return (_, response) => {
      response.writeHead(status, { "content-type": "application/json" }).write(begin);
      let left = most;
      const go = () => {
        while (!response.destroyed && left > 0) {
          left -= piece.length;
          this.sent += piece.length;
          if (!response.write(piece)) return void response.once("drain", go);
        }
        response.end();
      };
      go();
    };
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
