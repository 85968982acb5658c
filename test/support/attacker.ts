import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A server of somebody else's: it keeps every byte that it is sent, and answers as if it were Gladia. */
export async function startAttacker() {
  const heard: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      heard.push(`${request.method} ${request.url}\n${request.rawHeaders.join("\n")}\n${Buffer.concat(chunks)}`);
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ items: [], next: null, audio_url: "http://127.0.0.1/file/1", id: "stolen" }));
    });
  });
  // As a proxy it is asked for tunnels.
  server.on("connect", (request, socket) => {
    heard.push(`CONNECT ${request.url}\n${request.rawHeaders.join("\n")}`);
    socket.on("error", () => {});
    socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
  });
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** All that it was sent, as text. */
    heard,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
