import { createReadStream } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream/promises";
import { type Control, remember } from "./control";

/** A second origin, as a cloud's file storage: it hands out signed addresses and refuses who shows it an API key. */
export class SignedUrlServer {
  private server: Server | undefined;
  private readonly signed = new Map<string, string>();

  constructor(
    private readonly control: Control,
    private readonly host: string,
  ) {}

  /**
   * Makes an address for a file; starts the origin when it is the first.
   * @param path where the file lies
   */
  async sign(path: string): Promise<string> {
    this.server ??= createServer((request, response) => {
      this.answer(request, response).catch(() => response.destroy());
    });
    const { server } = this;
    if (!server.listening) await new Promise<void>((resolve) => server.listen(0, this.host, resolve));
    const token = crypto.randomUUID();
    this.signed.set(`/${token}`, path);
    return `http://${this.host}:${(server.address() as AddressInfo).port}/${token}`;
  }

  async close(): Promise<void> {
    const { server } = this;
    if (server === undefined) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { "x-gladia-key": given, ...headers } = request.headers;
    const { method = "", url = "" } = request;
    const key = given !== undefined;
    const path = this.signed.get(url);
    const status = key ? 400 : path === undefined ? 403 : 200;
    remember(this.control.storage, { route: "file", method, url, key, headers, status });
    response.statusCode = status;
    if (status !== 200 || path === undefined) {
      response.setHeader("content-type", "application/xml").end("<Error><Code>AccessDenied</Code></Error>");
      return;
    }
    response.setHeader("content-type", "application/octet-stream");
    await pipeline(createReadStream(path), response);
  }
}
