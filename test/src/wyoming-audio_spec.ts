import should from "should";
import { type PcmFormat, SpeechConverter } from "../../src/wyoming/audio";

/** Samples from -1 to 1 as a client writes them. 8 bits: `signed` or not. */
function pcm(samples: number[], width: number, signed = true): Buffer {
  const bytes = Buffer.alloc(samples.length * width);
  samples.forEach((sample, i) => {
    const value = Math.min(2 ** (8 * width - 1) - 1, Math.round(sample * 2 ** (8 * width - 1)));
    if (width === 1 && !signed) bytes.writeUInt8(value + 0x80, i);
    else bytes.writeIntLE(value, i * width, width);
  });
  return bytes;
}

const converted = (...chunks: [PcmFormat, Buffer][]) => {
  const converter = new SpeechConverter();
  const written = chunks.flatMap(([format, bytes]) => [...converter.write(format, bytes)]);
  return Buffer.concat([...written, ...converter.end()]);
};
const samplesOf = (bytes: Buffer) =>
  Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readInt16LE(i * 2) / 0x8000);
const tone = (rate: number, seconds: number, from = 0) =>
  Array.from({ length: rate * seconds }, (_, i) => 0.5 * Math.sin((2 * Math.PI * 440 * (i + from * rate)) / rate));
/** The largest difference to a tone of 440 Hz at half the loudness, but for the ends, where a filter fades. */
const differenceToTone = (samples: number[]) => {
  const expected = tone(16_000, 1);
  return Math.max(...samples.map((sample, i) => Math.abs(sample - (expected[i] ?? 0))).slice(200, -200));
};

describe("Wyoming audio", () => {
  const at = (rate: number, width: number, channels: number): PcmFormat => ({ rate, width, channels });
  /** By hand: -0.5, 0.25, and a channel of silence beside it where there are two. */
  const BYTES: [name: string, format: PcmFormat, bytes: string, result: string][] = [
    ["16 bit as it is", at(16_000, 2, 1), "00c00020", "00c00020"],
    ["8 bit without a sign", at(16_000, 1, 1), "40a0", "00c00020"],
    ["8 bit with a sign", at(16_000, 1, 1), `c020${"00".repeat(20)}`, `00c00020${"0000".repeat(20)}`],
    ["24 bit", at(16_000, 3, 1), "0000c0000020", "00c00020"],
    ["32 bit", at(16_000, 4, 1), "000000c000000020", "00c00020"],
    ["two channels", at(16_000, 2, 2), "00c0000000200000", "00e00010"],
    ["two channels of 24 bit", at(16_000, 3, 2), "0000c0000000000020000000", "00e00010"],
    ["part of a sample at the end", at(16_000, 2, 2), "00c00000002000", "00e0"],
  ];
  for (const [name, format, bytes, result] of BYTES) {
    it(`is brought to 16 bit: ${name}`, () => {
      should(converted([format, Buffer.from(bytes, "hex")]).toString("hex")).equal(result);
    });
  }

  for (const rate of [8000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000]) {
    for (const width of [1, 2, 3, 4]) {
      for (const channels of [1, 2]) {
        it(`is brought to 16 kHz and one channel: ${rate} Hz, ${width * 8} bit, ${channels} channels`, () => {
          const format = at(rate, width, channels);
          for (const signed of width === 1 ? [true, false] : [true]) {
            const frames = tone(rate, 1).flatMap((sample) => Array<number>(channels).fill(sample));
            const samples = samplesOf(converted([format, pcm(frames, width, signed)]));
            should(samples.length).equal(16_000);
            should(differenceToTone(samples)).be.below(width === 1 ? 0.02 : 0.001);
          }
        });
      }
    }
  }

  it("is the same wherever its chunks are cut, even within a sample", () => {
    const format = at(44_100, 3, 2);
    const bytes = pcm(
      tone(44_100, 0.1).flatMap((sample) => [sample, -sample / 2]),
      3,
    );
    const whole = converted([format, bytes]);
    for (const size of [1, 5, 7, 1001]) {
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i): [PcmFormat, Buffer] => [
        format,
        bytes.subarray(i * size, (i + 1) * size),
      ]);
      should(converted(...chunks).equals(whole)).be.true(`${size} bytes`);
    }
  });

  it("goes on without a gap where a chunk is in another format", () => {
    const odd = Buffer.concat([pcm(tone(48_000, 0.5), 2), Buffer.from([1])]);
    const samples = samplesOf(converted([at(48_000, 2, 1), odd], [at(16_000, 4, 1), pcm(tone(16_000, 0.5, 0.5), 4)]));
    should(samples.length).equal(16_000);
    // The filter fades at the seam, as it does at the ends.
    const seam = tone(16_000, 1).slice(7900, 8100);
    should(differenceToTone([...samples.slice(0, 7900), ...seam, ...samples.slice(8100)])).be.below(0.001);
  });

  it("is converted in steps of a few milliseconds of work", () => {
    const converter = new SpeechConverter();
    const steps = [...converter.write(at(8000, 1, 1), Buffer.alloc(1024 * 1024, 0x80))];
    should(steps.length).equal(256);
    should(Math.max(...steps.map(({ length }) => length))).be.belowOrEqual(4 * 4096);
  });
});
