import { once } from "node:events";
import { createServer as createPlain, type Server } from "node:http";
import { createServer } from "node:https";
import { type AddressInfo, connect, createServer as createTcp, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import should from "should";
import { WebSocketServer } from "ws";
import { Transport } from "../../src/http/transport";
import { sendAudioFrame } from "../../src/live/frame-memory";
import { LiveSocket } from "../../src/live/socket";
import { draws } from "../support/draws";
import { CERTIFICATE, SERVER_TLS } from "../support/slow-server";

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

  const secure = () => createServer(SERVER_TLS);

  /** A connection to a server that keeps quiet. */
  async function connected(accept: (far: Socket) => void): Promise<Socket> {
    const server = createTcp((far) => accept(far.on("error", () => {})));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const near = connect((server.address() as AddressInfo).port, "127.0.0.1");
    near.once("close", () => server.close());
    await once(near, "connect");
    return near;
  }

  /** Sends a recording over each of three connections at once, and looks at what each of them brought. */
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
    for (const [n, pieces] of sent.entries()) {
      const wanted = pieces.flatMap((piece, i) => (i % 10 === 0 ? [piece, `after ${i}`] : [piece]));
      const got = heard.get(`/${n}`) ?? [];
      should(got.length).equal(wanted.length + 1);
      for (const [i, one] of [...wanted, "end"].entries()) {
        should(typeof one === "string" ? one === got[i] : one.equals(got[i] as Buffer)).equal(true, `message ${i}`);
      }
    }
  }

  it("brings audio of any size, in its order among texts, from several sessions at once", async () => {
    await sendAll(createPlain(), "ws", 0);
  });

  it("brings it over TLS", async () => {
    await sendAll(secure(), "wss", 0);
  });

  it("keeps it whole while the network takes nothing", async () => {
    await sendAll(createPlain(), "ws", 800);
    await sendAll(secure(), "wss", 800);
  });

  it("uses the same memory again, with another key, and leaves the audio as it is", async () => {
    const near = await connected((far) => far.resume());
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
    }
    should(memories.size).be.belowOrEqual(2);
    should(keys.size).be.above(2900);
    should(audio.equals(Buffer.alloc(3200, 7))).equal(true);
  });

  it("leaves what it cannot frame, and a network that is behind, to the library", async () => {
    const near = await connected((far) => far.pause());
    try {
      should(sendAudioFrame(near, Buffer.alloc(125))).equal(false);
      should(sendAudioFrame(near, Buffer.alloc(65_536))).equal(false);
      should(near.bytesWritten).equal(0);
      while (near.writableLength === 0) near.write(Buffer.alloc(1_000_000));
      should(sendAudioFrame(near, Buffer.alloc(3200))).equal(false);
    } finally {
      near.destroy();
    }
  });
});
