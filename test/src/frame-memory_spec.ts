import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer as createPlain, type Server } from "node:http";
import { createServer } from "node:https";
import { type AddressInfo, connect, createServer as createTcp, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import should from "should";
import { WebSocketServer } from "ws";
import { Transport } from "../../src/http/transport";
import { sendAudioFrame } from "../../src/live/frame-memory";
import { LiveSocket } from "../../src/live/socket";
import { draws } from "../support/draws";
import { CERTIFICATE } from "../support/slow-server";

const TLS = join(__dirname, "../support/tls");
const AROUND = [1, 2, 125, 126, 127, 128, 3200, 4096, 65_534, 65_535, 65_536, 65_537, 200_000];

/** Audio of every size at which a frame looks different, and of sizes between, each filled with bytes of its own. */
function recording(seed: number): Buffer[] {
  const draw = draws(seed);
  const sizes = [...AROUND, ...Array.from({ length: 150 }, () => 1 + Math.floor(draw() * 20_000))];
  return sizes.map((size) => Buffer.from(Uint8Array.from({ length: size }, () => draw() * 256)));
}

describe("the memory of live audio's frames", () => {
  const servers: Server[] = [];
  const transports: Transport[] = [];
  afterEach(async () => {
    await Promise.all(transports.splice(0).map((transport) => transport.close()));
    for (const server of servers.splice(0)) server.close();
  });

  /** Sends a recording over each of three connections at once; gives what each of them brought. */
  async function sendAll(server: Server, scheme: string, pause: number) {
    servers.push(server);
    const heard = new Map<string, (string | Buffer)[]>();
    new WebSocketServer({ server, perMessageDeflate: false }).on("connection", (socket, request) => {
      const { socket: connection } = request;
      const all: (string | Buffer)[] = [];
      heard.set(request.url ?? "", all);
      if (pause > 0) {
        connection.pause();
        setTimeout(() => connection.resume(), pause);
      }
      socket.on("message", (data: Buffer, isBinary) => {
        all.push(isBinary ? Buffer.from(data) : String(data));
        if (String(data) === "end") socket.close(1000);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const transport = new Transport({ tls: { ca: CERTIFICATE } });
    transports.push(transport);
    const sent = [1, 2, 3].map(recording);
    const codes = await Promise.all(
      sent.map(async (pieces, n) => {
        let isOpen: () => void = () => {};
        const open = new Promise<void>((resolve) => {
          isOpen = resolve;
        });
        const socket = new LiveSocket(transport, `${scheme}://localhost:${port}/${n}`, {
          onOpen: isOpen,
          onText: () => {},
          onAlive: () => {},
        });
        await open;
        for (const [i, piece] of pieces.entries()) {
          socket.send(piece);
          if (i % 10 === 0) socket.send(`after ${i}`);
          if (i % 7 === 0) await sleep(1);
        }
        socket.send("end");
        return (await socket.closed).code;
      }),
    );
    should(codes).eql([1000, 1000, 1000]);
    const wanted = sent.map((pieces) => [
      ...pieces.flatMap((piece, i) => (i % 10 === 0 ? [piece, `after ${i}`] : [piece])),
      "end",
    ]);
    return wanted.map((all, n) => ({ all, heard: heard.get(`/${n}`) ?? [] }));
  }

  const same = (results: { all: (string | Buffer)[]; heard: (string | Buffer)[] }[]) => {
    for (const { all, heard } of results) {
      should(heard.length).equal(all.length);
      for (const [i, one] of all.entries()) {
        should(typeof one === "string" ? one === heard[i] : one.equals(heard[i] as Buffer)).equal(true, `message ${i}`);
      }
    }
  };

  it("brings audio of any size, in its order among texts, from several sessions at once", async () => {
    same(await sendAll(createPlain(), "ws", 0));
  });

  it("brings it over TLS", async () => {
    same(await sendAll(createServer({ key: readFileSync(join(TLS, "key.pem")), cert: CERTIFICATE }), "wss", 0));
  });

  it("keeps it whole while the network takes nothing", async () => {
    same(await sendAll(createPlain(), "ws", 800));
    same(await sendAll(createServer({ key: readFileSync(join(TLS, "key.pem")), cert: CERTIFICATE }), "wss", 800));
  });

  it("uses the same memory again, with another key, and leaves the audio as it is", async () => {
    const server = createTcp((far) => far.on("error", () => {}).resume());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const near: Socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    await once(near, "connect");
    const [memories, keys] = [new Set<ArrayBufferLike>(), new Set<number>()];
    const { write } = near;
    near.write = ((frame: Buffer, sent: () => void) => {
      memories.add(frame.buffer);
      keys.add(frame.readUInt32BE(4));
      return write.call(near, frame, sent as never);
    }) as typeof near.write;
    const audio = Buffer.alloc(3200, 7);
    try {
      for (let n = 0; n < 3000; n++) {
        should(sendAudioFrame(near, audio)).equal(true);
        await new Promise(setImmediate);
        while (near.writableLength > 0) await sleep(1);
      }
    } finally {
      near.destroy();
      server.close();
    }
    should(memories.size).be.belowOrEqual(2);
    should(keys.size).be.above(2900);
    should(audio.equals(Buffer.alloc(3200, 7))).equal(true);
  });

  it("leaves what it cannot frame, and a network that is behind, to the library", async () => {
    const server = createTcp((far) => far.on("error", () => {}).pause());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const near = connect((server.address() as AddressInfo).port, "127.0.0.1");
    await once(near, "connect");
    try {
      should(sendAudioFrame(near, Buffer.alloc(125))).equal(false);
      should(sendAudioFrame(near, Buffer.alloc(65_536))).equal(false);
      should(near.bytesWritten).equal(0);
      while (near.writableLength === 0) near.write(Buffer.alloc(1_000_000));
      should(sendAudioFrame(near, Buffer.alloc(3200))).equal(false);
    } finally {
      near.destroy();
      server.close();
    }
  });
});
