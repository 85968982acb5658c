import { randomBytes } from "node:crypto";
import { type Socket, connect as tcp } from "node:net";
import "should";
import { seeded } from "../../src/faults";
import type { Engine } from "../../src/index";
import { afterwards, call, closeAll, start, until } from "../support/engine";
import { client, connect, session, sound } from "../support/live";

describe("attacks on the live side of the local engine", () => {
  afterEach(closeAll);

  /** A session that nobody disturbs still works. */
  async function works(engine: Engine): Promise<void> {
    const live = await connect(engine);
    live.audio(sound([0.5, 300], [0.5, 0]));
    live.stop();
    (await live.closed()).should.equal(1000);
    live.finals.should.have.length(1);
  }

  /** A bare TCP connection to an engine. */
  function wire(engine: Engine): Promise<Socket> {
    return new Promise((resolve) => {
      const socket = tcp(engine.port, "127.0.0.1", () => resolve(socket));
      socket.on("error", () => undefined);
      afterwards(async () => socket.destroy());
    });
  }

  /** What comes back on a bare connection until it ends. */
  async function answer(socket: Socket, ...pieces: (string | Buffer)[]): Promise<string> {
    const chunks: Buffer[] = [];
    socket.on("data", (chunk) => chunks.push(chunk));
    const ended = new Promise((resolve) => socket.on("close", resolve));
    for (const piece of pieces) socket.write(piece);
    await ended;
    return Buffer.concat(chunks).toString("latin1");
  }

  const handshake = (path: string, headers = "") =>
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
    `Sec-WebSocket-Version: 13\r\n${headers || "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"}\r\n`;

  it("by handshakes that are none", async () => {
    const engine = await start();
    const { url } = await session(engine);
    const path = url.slice(url.indexOf("/v2"));
    for (const [asked, headers, status] of [
      ["//", "", 404],
      ["/v2/live?token=%00", "", 403],
      [`/v2/live?token=${"x".repeat(8000)}`, "", 403],
      ["/v2/live?token[]=a&token=b&token=c", "", 403],
      ["/../v2/live/../../etc/passwd", "", 404],
      [path, "Sec-WebSocket-Key: short\r\n", 400],
      [path, "X-Other: 1\r\n", 400],
    ] as const)
      (await answer(await wire(engine), handshake(asked, headers))).should.startWith(`HTTP/1.1 ${status} `, asked);
    await works(engine);
  });

  it("by frames that break the protocol, each closed with its own code", async () => {
    const engine = await start();
    const { url } = await session(engine);
    const path = url.slice(url.indexOf("/v2"));
    for (const [frame, code] of [
      [[0x82, 0x01, 0x00], 1002], // not masked
      [[0xf2, 0x80, 0, 0, 0, 0], 1002], // reserved bits
      [[0x83, 0x80, 0, 0, 0, 0], 1002], // an opcode that there is not
      [[0x80, 0x80, 0, 0, 0, 0], 1002], // goes on with nothing
      [[0x09, 0x80, 0, 0, 0, 0], 1002], // a ping in pieces
      [[0x81, 0x82, 0, 0, 0, 0, 0xff, 0xfe], 1007], // text that is no UTF-8
      [[0x82, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0], 1009], // 4 GiB to come
      [[0x82, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0], 1009], // more than there is
      [[0x88, 0x81, 0, 0, 0, 0, 3], 1002], // half a close code
    ] as const) {
      const said = await answer(await wire(engine), handshake(path), Buffer.from(frame));
      const body = Buffer.from(said.slice(said.indexOf("\r\n\r\n") + 4), "latin1");
      body[0]?.should.equal(0x88);
      body.readUInt16BE(2).should.equal(code, `${frame}`);
    }
    await works(engine);
  });

  it("by a frame in many pieces, one of which is too much", async () => {
    const engine = await start();
    const live = await connect(engine);
    for (let count = 0; count < 9; count += 1) live.socket.send(Buffer.alloc(131_072), { fin: false });
    (await live.closed()).should.equal(1009);
    await works(engine);
  });

  it("by text frames of nested JSON, of long base64 and of what looks like it", async () => {
    const engine = await start();
    for (const text of [
      "[".repeat(1_000_000),
      `{"type":${"[".repeat(400_000)}${"]".repeat(400_000)}}`,
      `{"type":"audio_chunk","data":{"chunk":"${"A".repeat(1_000_000)}!"}}`,
      `{"type":"audio_chunk","data":{"chunk":"${"=".repeat(1_000_000)}"}}`,
      '{"__proto__":{"type":"stop_recording"}}',
      '{"type":"audio_chunk","data":{"chunk":{"toString":1}}}',
      '{"type":["stop_recording"]}',
    ]) {
      const live = await connect(engine);
      live.send(text);
      (await live.closed()).should.be.within(4400, 4499, text.slice(0, 50));
    }
    const long = await connect(engine);
    long.send(`{"type":"audio_chunk","data":{"chunk":"${"A".repeat(1_000_000)}"}}`);
    (await long.first("audio_chunk")).data.byte_range.should.eql([0, 750_000]);
    await works(engine);
  });

  it("by a thousand frames at random, in every session its own", async () => {
    const engine = await start();
    const random = seeded(1000);
    for (let round = 0; round < 20; round += 1) {
      const live = await connect(engine, { encoding: "wav/pcm", bit_depth: 24, channels: 3, sample_rate: 44_100 });
      for (let count = 0; count < 50; count += 1) live.send(randomBytes(Math.floor(random() * 5000)));
      live.stop();
      (await live.closed()).should.equal(1000);
      const { body } = await call(engine, "GET", `/v2/live/${live.id}`);
      body.status.should.equal("done");
    }
    await works(engine);
  });

  it("by a client that talks and does not read", async () => {
    const engine = await start({ liveUnread: 1_000_000 });
    const live = await connect(engine);
    const { socket } = live as unknown as { socket: { _socket: Socket } };
    socket._socket.pause();
    const empty = '{"type":"audio_chunk","data":{"chunk":""}}';
    let isGone = false;
    socket._socket.on("close", () => {
      isGone = true;
    });
    for (let count = 0; count < 400 && !isGone; count += 1) {
      for (let one = 0; one < 1000; one += 1) live.send(empty);
      await until(
        () => isGone || live.socket.bufferedAmount < 1_000_000,
        (ready) => ready,
      );
    }
    // A connection that is not read shows that it is gone when it is written to.
    const isOver = () => {
      if (!isGone) live.send(empty);
      return isGone;
    };
    await until(isOver, Boolean);
    const again = await client(live.url).opened();
    again.send(empty);
    await again.first("audio_chunk");
    await works(engine);
  });

  it("by two hundred connections to one session, of which the last one counts", async () => {
    const engine = await start();
    const { url } = await session(engine);
    const clients = Array.from({ length: 200 }, () => client(url));
    await until(
      () => clients.filter(({ code }) => code !== undefined).length,
      (count) => count === 199,
    );
    const left = clients.find(({ code }) => code === undefined);
    left?.audio(sound([0.5, 300]));
    left?.stop();
    (await left?.closed())?.should.equal(1000);
    clients.filter(({ code }) => code === 4409).should.have.length(199);
    await works(engine);
  });
});
