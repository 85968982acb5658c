import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import should from "should";
import { type WebSocket, WebSocketServer } from "ws";
import { GladiaClient } from "../../src/client";
import { Transport } from "../../src/http/transport";
import type { LiveMessage } from "../../src/live/messages";
import { type LiveResult, LiveSession } from "../../src/live/session";

const KEY = "9d1f7c3e-52ab-4e86-b0c4-77e1fa60d2b3";
const TOKEN = "b1946ac9-2f3d-4c8e-9a51-0d7c6e5f4a3b";
const ID = "3fb0a7f6-4b5e-4d21-9a77-0b6d2f3a1c55";
const FORMAT = { encoding: "wav/pcm", bit_depth: 16, sample_rate: 16_000, channels: 1 } as const;

describe("what a live session's server says, as an attack", function () {
  this.timeout(60_000);
  let server: Server;
  let sockets: WebSocketServer;
  let transport: Transport;

  beforeEach(async () => {
    transport = new Transport();
    sockets = new WebSocketServer({ noServer: true });
    server = createServer((request, response) => {
      const { port } = server.address() as AddressInfo;
      const url = `ws://127.0.0.1:${port}/v2/live?token=${TOKEN}`;
      request.resume().on("end", () => response.end(JSON.stringify({ id: ID, url })));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterEach(async () => {
    await transport.close();
    sockets.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  /** Talks with a server that says what it likes and then ends the session; `turns` of the event loop that it took. */
  async function talk(say: (socket: WebSocket) => void) {
    server.on("upgrade", (request, socket, head) => {
      sockets.handleUpgrade(request, socket, head, (ws) => {
        say(ws);
        ws.close(1000);
      });
    });
    const { port } = server.address() as AddressInfo;
    const options = { apiUrl: `http://127.0.0.1:${port}`, apiKey: KEY, timeout: 10, retries: 0, product: "Test/1" };
    const client = new GladiaClient({ ...options, transport });
    const messages: LiveMessage[] = [];
    const warnings: unknown[] = [];
    let turns = 0;
    let isOver = false;
    const turn = () => {
      turns++;
      if (!isOver) setImmediate(turn);
    };
    const result = await new Promise<LiveResult>((resolve) => {
      const listener = {
        onMessage: (message: LiveMessage) => {
          if (messages.length === 0) turn();
          messages.push(message);
        },
        onWarning: (warning: unknown) => warnings.push(warning),
        onEnd: resolve,
      };
      LiveSession.open({ client, transport, listener }, { options: {}, format: FORMAT }).write(Buffer.alloc(3200));
    });
    isOver = true;
    return { messages, warnings, result, turns };
  }

  const words = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ word: ` word${i}`, start: i / 3, end: i / 3 + 0.2, confidence: 0.9 }));

  it("is read in turns of the event loop when it is long, and in its order", async () => {
    const long = {
      type: "post_final_transcript",
      data: { transcription: { utterances: [{ words: words(100_000) }] } },
    };
    const { messages, turns } = await talk((socket) => {
      for (const message of [{ type: "first" }, long, { type: "second" }, long, { type: "last" }])
        socket.send(JSON.stringify(message));
    });
    should(messages.map(({ type }) => type)).eql(["first", long.type, "second", long.type, "last"]);
    should(messages[3]?.data).eql(long.data);
    should(turns).be.aboveOrEqual(150); // 16 MB, 64 KB in each
  });

  it("is no message when it is nested deeper than any, or as long as it likes to be", async () => {
    const deep = (depth: number) => `{"type":"x","data":${"[".repeat(depth)}${"]".repeat(depth)}}`;
    const { messages, warnings } = await talk((socket) => {
      socket.send('{"type":"first"}');
      for (const depth of [198, 250, 100_000, 1_000_000]) socket.send(deep(depth));
      socket.send(`{"type":"${"x".repeat(1_000_000)}`);
      socket.send('{"type":"last"}');
    });
    should(messages.map(({ type }) => type)).eql(["first", "x", "last"]);
    should(warnings).have.length(4);
    should(JSON.stringify(warnings).length).be.below(1000);
  });

  it("holds no secret, long or short", async () => {
    const padding = "so it goes ".repeat(50_000);
    const said = { [KEY]: 1, message: `${TOKEN} ${KEY} ${Buffer.from(`a${KEY}`).toString("base64")}` };
    const { messages, warnings } = await talk((socket) => {
      for (const text of ["", padding]) {
        socket.send(JSON.stringify({ type: "error", text, error: said, data: [said] }));
        socket.send(`${KEY} ${TOKEN} ${text}`);
        socket.send(`${[...KEY].join("\0")} ${text}`);
      }
    });
    should(messages).have.length(2);
    should(warnings).have.length(4);
    const shown = JSON.stringify([messages, warnings]).replaceAll("\\u0000", "");
    for (const secret of [KEY, TOKEN, Buffer.from(`a${KEY}`).toString("base64").slice(4, 20)]) {
      should(shown).not.containEql(secret.slice(0, 10));
    }
  });
});
