import should from "should";
import { seeded } from "../../src/faults";
import type { Engine, LiveListener } from "../../src/index";
import { call, closeAll, start, until } from "../support/engine";
import { client, connect, type LiveClient, session, sound, TWO } from "../support/live";

/** Sends the rest of a session's audio from where the engine stands, told by the ack of an empty chunk. */
async function resume(url: string, audio: Buffer, before: LiveClient[] = []): Promise<LiveClient> {
  const live = await client(url).opened();
  before.push(live);
  live.send({ type: "audio_chunk", data: { chunk: "" } });
  const { data } = await live.first("audio_chunk");
  live.audio(audio.subarray(data.byte_range[1]));
  return live;
}

/** What an undisturbed session of this audio says. */
async function undisturbed(engine: Engine, audio: Buffer): Promise<string[]> {
  const live = await connect(engine);
  live.audio(audio);
  live.stop();
  await live.closed();
  return live.finals;
}

describe("a live session whose socket is lost", () => {
  afterEach(closeAll);

  /** The recording of a session, without its header. */
  async function recording(engine: Engine, id: string): Promise<Buffer> {
    return (await call(engine, "GET", `/v2/live/${id}/file`)).body.subarray(44);
  }

  for (const code of [undefined, 1001, 1011, 4000, 4500]) {
    it(`goes on with the same token after ${code ?? "a cut"}, and counts its bytes on`, async () => {
      const engine = await start();
      const finals = await undisturbed(engine, TWO);
      engine.control.socketFault({ kind: "drop", after: 40_000, ...(code === undefined ? {} : { code }) });
      const { id, url } = await session(engine);
      const first = await client(url).opened();
      first.audio(TWO);
      (await first.closed()).should.equal(code ?? 1006);
      const second = await resume(url, TWO);
      // 40 000 bytes are passed within the 13th chunk: that one is not taken.
      second.of("audio_chunk")[0].data.byte_range.should.eql([38_400, 38_400]);
      second.stop();
      (await second.closed()).should.equal(1000);
      [...first.finals, ...second.finals].should.eql(finals);
      (await recording(engine, id)).equals(TWO).should.be.true();
      second.of("audio_chunk").at(-1).data.byte_range[1].should.equal(TWO.length);
    });
  }

  it("forgets what it did not acknowledge, and takes it for good at a stop", async () => {
    const engine = await start();
    const finals = await undisturbed(engine, TWO);
    engine.control.socketFault({ kind: "withhold-acks" });
    engine.control.socketFault({ kind: "withhold-acks", acks: 5, skip: 1 });
    engine.control.socketFault({ kind: "withhold-acks", skip: 2 });
    const { id, url } = await session(engine);
    const first = await client(url).opened();
    first.audio(TWO.subarray(0, 32_000));
    first.socket.terminate();
    await first.closed();
    first.of("audio_chunk").should.be.empty();
    const second = await client(url).opened();
    second.audio(TWO.subarray(0, 32_000));
    await until(
      () => second.of("audio_chunk").length,
      (count) => count === 5,
    );
    // Five were held back, so the sixth ack is about all six.
    second.of("audio_chunk")[0].data.should.eql({ byte_range: [0, 19_200], time_range: [0, 0.6] });
    second.socket.terminate();
    await second.closed();
    const third = await client(url).opened();
    third.audio(TWO.subarray(32_000));
    third.stop();
    (await third.closed()).should.equal(1000);
    third.of("audio_chunk").should.be.empty();
    [...first.finals, ...second.finals, ...third.finals].should.eql(finals);
    (await recording(engine, id)).equals(TWO).should.be.true();
  });

  it("may lose the last acks: who asks where it stands doubles nothing, who does not doubles what it sends again", async () => {
    const engine = await start();
    const finals = await undisturbed(engine, TWO);
    for (const asks of [true, false]) {
      engine.control.socketFault({ kind: "drop", after: 40_000, acks: 3 });
      const { id, url } = await session(engine);
      const first = await client(url).opened();
      first.audio(TWO);
      await first.closed();
      const acked = first.of("audio_chunk").at(-1).data.byte_range[1];
      acked.should.equal(38_400 - 3 * 3200);
      const second = await client(url).opened();
      if (asks) second.send({ type: "audio_chunk", data: { chunk: "" } });
      const from = asks ? (await second.first("audio_chunk")).data.byte_range[1] : acked;
      second.audio(TWO.subarray(from));
      second.stop();
      await second.closed();
      const length = (await recording(engine, id)).length;
      length.should.equal(asks ? TWO.length : TWO.length + 3 * 3200);
      if (asks) [...first.finals, ...second.finals].should.eql(finals);
      else [...first.finals, ...second.finals].should.not.eql(finals);
    }
  });

  it("counts bytes over the connection when told so", async () => {
    const engine = await start({ liveBytes: "connection" });
    const live = await connect(engine);
    live.send(Buffer.alloc(3200));
    await live.first("audio_chunk");
    live.socket.terminate();
    await live.closed();
    const again = await client(live.url).opened();
    again.send(Buffer.alloc(3200));
    (await again.first("audio_chunk")).data.should.eql({ byte_range: [0, 3200], time_range: [0.1, 0.2] });
  });

  it("keeps what there is to say until somebody is there", async () => {
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const words = [{ word: " Hello.", start: 0, end: 1, confidence: 1 }];
    const said = {
      id: "00_00000000",
      start: 0,
      end: 1,
      channel: 0,
      text: " Hello.",
      confidence: 1,
      language: "en",
      words,
    };
    const live = {
      open: (_settings: unknown, listener: LiveListener) => ({
        write: () => undefined,
        finish: async () => {
          await gate;
          listener.final(said);
        },
        close: () => undefined,
      }),
    };
    const engine = await start({ live });
    const first = await connect(engine);
    first.audio(sound([1, 300]));
    first.stop();
    await first.first("stop_recording");
    first.socket.terminate();
    await first.closed();
    open();
    const isDone = async () => (await call(engine, "GET", `/v2/live/${first.id}`)).body.status === "done";
    await until(isDone, Boolean);
    const second = client(first.url);
    (await second.closed()).should.equal(1000);
    second.finals.should.eql([" Hello."]);
    second.of("post_final_transcript").should.have.length(1);
    const late = client(first.url);
    await late.closed();
    should(late.status).equal(403);
  });

  it("says the same through twenty drops at random points by either side, with acks lost", async () => {
    const engine = await start();
    const audio = sound(
      ...Array.from({ length: 40 }, (_, index): [number, number][] => [
        [0.9, 200 + 17 * index],
        [0.6, 0],
      ]).flat(),
    );
    const finals = await undisturbed(engine, audio);
    finals.should.have.length(40);
    const random = seeded(20);
    const draw = (below: number) => Math.floor(random() * below);
    const { id, url } = await session(engine);
    const clients: LiveClient[] = [];
    const heard = () => clients.flatMap((live) => live.finals);
    // A final is told a moment after the chunk that ends its utterance: with 0.3 s of silence after 0.9 s of every 1.5 s.
    const over = (bytes: number) => Math.floor((bytes / 32_000 + 1.5 - 1.22) / 1.5);
    for (let drop = 0; drop < 20; drop += 1) {
      if (drop % 2 === 0) {
        engine.control.socketFault({ kind: "drop", after: draw(60_000) + 3200, acks: draw(4) });
        await (await resume(url, audio, clients)).closed();
      } else {
        const live = await resume(url, audio.subarray(0, draw(60_000) + (clients.length + 1) * 60_000), clients);
        // What is on its way to a client that goes is lost, here as at Gladia: it goes when all has come.
        live.send({ type: "audio_chunk", data: { chunk: "" } });
        await until(
          () => live.of("audio_chunk").filter(({ data }) => data.byte_range[0] === data.byte_range[1]).length,
          (count) => count === 2,
        );
        const { byte_range } = live.of("audio_chunk").at(-1).data;
        await until(heard, ({ length }) => length >= over(byte_range[1]));
        live.socket.terminate();
        await live.closed();
      }
    }
    const last = await resume(url, audio, clients);
    last.stop();
    (await last.closed()).should.equal(1000);
    heard().should.eql(finals);
    (await recording(engine, id)).equals(audio).should.be.true();
  });
});
