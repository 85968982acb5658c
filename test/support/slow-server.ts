import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer as createPlain, type RequestListener } from "node:http";
import { createServer as createTls } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** The certificate of the TLS server, which a client has to trust. For localhost, made for these tests. */
export const CERTIFICATE = readFileSync(join(__dirname, "tls/cert.pem"), "utf8");
/** What a server needs that clients who trust the certificate take for `localhost`. */
export const SERVER_TLS = { cert: CERTIFICATE, key: readFileSync(join(__dirname, "tls/key.pem")) };

/** What a server got in the file part of an upload. */
export interface Received {
  sha256: string;
  bytes: number;
  contentLength: string | undefined;
}

/**
 * A server that takes uploads slowly and says what it got.
 * @param rate bytes a second; 0 as fast as it can
 */
export async function slowServer({ rate, tls = false }: { rate: number; tls?: boolean }) {
  const received: Received[] = [];
  const listener: RequestListener = async (request, response) => {
    const hash = createHash("sha256");
    const boundary = `\r\n--${/boundary=(.*)$/.exec(request.headers["content-type"] ?? "")?.[1]}--\r\n`;
    let head: Buffer | undefined = Buffer.alloc(0);
    let tail: Buffer = Buffer.alloc(0);
    let bytes = 0;
    try {
      for await (const chunk of request as AsyncIterable<Buffer>) {
        if (rate > 0) await sleep((chunk.length / rate) * 1000);
        let rest: Buffer = chunk;
        if (head) {
          head = Buffer.concat([head, chunk]);
          const end = head.indexOf("\r\n\r\n");
          if (end < 0) continue;
          rest = head.subarray(end + 4);
          head = undefined;
        }
        // The last bytes may be the closing boundary.
        const whole: Buffer = Buffer.concat([tail, rest]);
        const keep = Math.min(whole.length, boundary.length);
        hash.update(whole.subarray(0, whole.length - keep));
        bytes += whole.length - keep;
        tail = whole.subarray(whole.length - keep);
      }
    } catch {
      return; // the client went away; what it sent counts for nothing
    }
    if (tail.toString("latin1") !== boundary) tail = Buffer.from("broken");
    received.push({
      sha256: tail.length === boundary.length ? hash.digest("hex") : "broken",
      bytes,
      contentLength: request.headers["content-length"],
    });
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ audio_url: "https://files.test/file/1", audio_metadata: { id: "1" } }));
  };
  const options = tls ? SERVER_TLS : {};
  const server = tls ? createTls(options, listener) : createPlain(listener);
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls ? "https" : "http"}://127.0.0.1:${port}`,
    received,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
