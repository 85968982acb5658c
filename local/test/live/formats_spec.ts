import should from "should";
import { FrameReader } from "../../src/live/format";
import { call, closeAll, start } from "../support/engine";
import { connect } from "../support/live";

const CODECS = [
  ["wav/pcm", 8],
  ["wav/pcm", 16],
  ["wav/pcm", 24],
  ["wav/pcm", 32],
  ["wav/alaw", 8],
  ["wav/ulaw", 8],
] as const;

/** A sample of -1 to 1 as G.711 has it, found by search: the code whose decoded value lies nearest. */
function companded(codec: "alaw" | "ulaw"): (sample: number) => number {
  const codes = Buffer.from(Array.from({ length: 256 }, (_, code) => code));
  const [values] = new FrameReader({ codec, bytes: 1, rate: 8000, channels: 1 }).read(codes);
  const sorted = [...(values as Float32Array).entries()].sort((a, b) => a[1] - b[1]);
  return (sample) =>
    sorted.reduce((best, one) => (Math.abs(one[1] - sample) < Math.abs(best[1] - sample) ? one : best))[0];
}

const alaw = companded("alaw");
const ulaw = companded("ulaw");

/** One sample in bytes. */
function written(encoding: string, depth: number, sample: number): Buffer {
  const bytes = Buffer.alloc(depth / 8);
  if (encoding === "wav/alaw") bytes[0] = alaw(sample);
  else if (encoding === "wav/ulaw") bytes[0] = ulaw(sample);
  else if (depth === 8) bytes[0] = Math.round(sample * 127) + 128;
  else bytes.writeIntLE(Math.round(sample * (2 ** (depth - 1) - 1)), 0, depth / 8);
  return bytes;
}

/** Seconds 0.3 to 1.3 of 2 are a tone, in the last channel alone. */
function tone(encoding: string, depth: number, rate: number, channels: number): Buffer {
  const samples = new Map<number, Buffer>();
  const of = (sample: number) => {
    const known = samples.get(sample) ?? written(encoding, depth, sample);
    samples.set(sample, known);
    return known;
  };
  const silence = of(0);
  const pieces: Buffer[] = [];
  for (let frame = 0; frame < 2 * rate; frame += 1) {
    const isLoud = frame >= 0.3 * rate && frame < 1.3 * rate;
    const sample = isLoud ? Math.round(Math.sin((2 * Math.PI * 400 * frame) / rate) * 50) / 100 : 0;
    for (let channel = 1; channel < channels; channel += 1) pieces.push(silence);
    pieces.push(of(sample));
  }
  return Buffer.concat(pieces);
}

describe("the formats of live audio", () => {
  afterEach(closeAll);

  for (const [encoding, bit_depth] of CODECS) {
    it(`are heard and recorded: ${encoding} of ${bit_depth} bits at every rate, of several channels`, async () => {
      const engine = await start();
      for (const [sample_rate, channels] of [
        [8000, 1],
        [16_000, 2],
        [32_000, 1],
        [44_100, 8],
        [48_000, 1],
      ] as const) {
        const audio = tone(encoding, bit_depth, sample_rate, channels);
        const live = await connect(engine, { encoding, bit_depth, sample_rate, channels });
        live.audio(audio, 10_007);
        live.stop();
        (await live.closed()).should.equal(1000);
        const [said, ...more] = live.of("transcript").map(({ data }) => data.utterance);
        more.should.be.empty();
        said.channel.should.equal(channels - 1);
        said.start.should.be.approximately(0.3, 0.03);
        said.end.should.be.approximately(1.3, 0.1);
        live
          .of("audio_chunk")
          .at(-1)
          .data.should.containEql({
            byte_range: [Math.floor(audio.length / 10_007) * 10_007, audio.length],
          });
        live.of("audio_chunk").at(-1).data.time_range[1].should.equal(2);
        const { body } = await call(engine, "GET", `/v2/live/${live.id}/file`);
        body.subarray(44).equals(audio).should.be.true();
        body.toString("latin1", 0, 4).should.equal("RIFF");
        body.readUInt32LE(4).should.equal(body.length - 8);
        body.readUInt16LE(20).should.equal({ "wav/pcm": 1, "wav/alaw": 6, "wav/ulaw": 7 }[encoding]);
        [body.readUInt16LE(22), body.readUInt32LE(24), body.readUInt16LE(34)].should.eql([
          channels,
          sample_rate,
          bit_depth,
        ]);
        body.readUInt32LE(40).should.equal(audio.length);
        const job = await call(engine, "GET", `/v2/live/${live.id}`);
        job.body.result.metadata.should.containEql({ audio_duration: 2, billing_time: 2 * channels });
      }
    });
  }

  it("decode as the standard says", () => {
    const read = (codec: "alaw" | "ulaw", ...codes: number[]) =>
      [...(new FrameReader({ codec, bytes: 1, rate: 8000, channels: 1 }).read(Buffer.from(codes))[0] ?? [])].map(
        (sample) => sample * 32_768,
      );
    // Values of ITU-T G.711, scaled to 16 bits.
    read("ulaw", 0x00, 0x80, 0x7f, 0xff, 0x0f, 0x8f).should.eql([-32_124, 32_124, 0, 0, -16_764, 16_764]);
    read("alaw", 0x2a, 0xaa, 0xd5, 0x55, 0x80, 0x00).should.eql([-32_256, 32_256, 8, -8, 5504, -5504]);
  });

  it("may begin with a WAV header, however it is cut", async () => {
    const engine = await start();
    const audio = tone("wav/pcm", 16, 16_000, 1);
    const head = (await call(engine, "GET", `/v2/live/${await recordedId()}/file`)).body.subarray(0, 36) as Buffer;
    const list = Buffer.concat([Buffer.from("LIST"), Buffer.from([3, 0, 0, 0]), Buffer.from("abc\0")]);
    const header = Buffer.concat([head, list, Buffer.from("data"), Buffer.from([0xff, 0xff, 0xff, 0xff])]);
    for (const chunk of [1600, 7]) {
      const live = await connect(engine);
      live.audio(Buffer.concat([header, audio.subarray(0, 40_000)]), chunk);
      live.stop();
      await live.closed();
      live
        .of("audio_chunk")
        .at(-1)
        .data.byte_range[1].should.equal(header.length + 40_000);
      const { body } = await call(engine, "GET", `/v2/live/${live.id}/file`);
      body.subarray(44).equals(audio.subarray(0, 40_000)).should.be.true();
    }

    async function recordedId(): Promise<string> {
      const live = await connect(engine);
      live.audio(audio);
      live.stop();
      await live.closed();
      return live.id;
    }
  });

  it("take bytes that only look like a header for sound", async () => {
    const engine = await start();
    const audio = Buffer.concat([Buffer.from("RIFFabcdWAVX"), tone("wav/pcm", 16, 16_000, 1)]);
    const live = await connect(engine);
    live.audio(audio);
    live.stop();
    await live.closed();
    const { body } = await call(engine, "GET", `/v2/live/${live.id}/file`);
    should(body.subarray(44).equals(audio)).be.true();
  });
});
