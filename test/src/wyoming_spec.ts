import should from "should";
import { type PcmFormat, pcmFormat, SpeechConverter, wavFile } from "../../src/wyoming/audio";
import { EventReader, encodeEvent, type WyomingEvent } from "../../src/wyoming/frames";
import { infoOf, languageOf } from "../../src/wyoming/info";
import { joined } from "../../src/wyoming/speech";

/** Events as clients of Home Assistant's write them: data in a part of its own. By the protocol's README. */
const FIXTURES: [bytes: string, event: { type: string; data: object; payload?: string }][] = [
  ['{"type": "describe", "version": "1.5.4"}\n', { type: "describe", data: {} }],
  ['{"type": "ping", "version": "1.5.4", "data_length": 14}\n{"text": "a1"}', { type: "ping", data: { text: "a1" } }],
  [
    '{"type": "transcribe", "version": "1.5.4", "data_length": 35}\n{"name": null, "language": "en-US"}',
    { type: "transcribe", data: { name: null, language: "en-US" } },
  ],
  [
    '{"type": "audio-start", "version": "1.5.4", "data_length": 61}\n{"rate": 16000, "width": 2, "channels": 1, "timestamp": null}',
    { type: "audio-start", data: { rate: 16000, width: 2, channels: 1, timestamp: null } },
  ],
  [
    '{"type": "audio-chunk", "version": "1.5.4", "data_length": 42, "payload_length": 4}\n{"rate": 16000, "width": 2, "channels": 1}\n\n\0\xff',
    { type: "audio-chunk", data: { rate: 16000, width: 2, channels: 1 }, payload: "\n\n\0\xff" },
  ],
  [
    '{"type": "audio-stop", "version": "1.5.4", "data_length": 18}\n{"timestamp": 120}',
    { type: "audio-stop", data: { timestamp: 120 } },
  ],
  // Older programs write the data into the line; what follows goes over it.
  ['{"type": "transcribe", "data": {"language": "de"}}\n', { type: "transcribe", data: { language: "de" } }],
  [
    '{"type":"x","data":{"a":1,"b":1},"data_length":7,"payload_length":null}\n{"b":2}',
    { type: "x", data: { a: 1, b: 2 } },
  ],
];

const read = (...chunks: Buffer[]) => {
  const reader = new EventReader();
  return chunks.flatMap((chunk) => [...reader.read(chunk)]);
};
const plain = ({ type, data, payload }: WyomingEvent) => ({ type, data, payload: payload.toString("latin1") });
const EXPECTED = FIXTURES.map(([, { payload = "", ...event }]) => ({ ...event, payload }));
const BYTES = Buffer.from(FIXTURES.map(([bytes]) => bytes).join(""), "latin1");

describe("Wyoming events", () => {
  it("are read as they are written by the clients of Home Assistant", () => {
    should(read(BYTES).map(plain)).eql(EXPECTED);
  });

  it("are read wherever the network cuts them", () => {
    for (let size = 1; size < 80; size++) {
      const chunks = Array.from({ length: Math.ceil(BYTES.length / size) }, (_, i) =>
        BYTES.subarray(i * size, (i + 1) * size),
      );
      should(read(...chunks).map(plain)).eql(EXPECTED, `${size} bytes`);
    }
  });

  const WRITTEN: [type: string, data: Record<string, unknown> | undefined, bytes: string][] = [
    [
      "transcript",
      { text: "héllo", language: "en" },
      '{"type":"transcript","version":"1.8.0","data_length":33}\n{"text":"héllo","language":"en"}',
    ],
    ["transcript-start", {}, '{"type":"transcript-start","version":"1.8.0","data_length":2}\n{}'],
    [
      "transcript-chunk",
      { text: " a" },
      '{"type":"transcript-chunk","version":"1.8.0","data_length":13}\n{"text":" a"}',
    ],
    ["transcript-stop", undefined, '{"type":"transcript-stop","version":"1.8.0","data_length":2}\n{}'],
    [
      "error",
      { text: "no", code: "X" },
      '{"type":"error","version":"1.8.0","data_length":24}\n{"text":"no","code":"X"}',
    ],
    ["pong", { text: "a" }, '{"type":"pong","version":"1.8.0","data_length":12}\n{"text":"a"}'],
  ];
  for (const [type, data, bytes] of WRITTEN) {
    it(`are written byte for byte: ${type}`, () => {
      should(encodeEvent(type, data).toString("utf8")).equal(bytes);
      should(read(encodeEvent(type, data, Buffer.from("xy"))).map(plain)).eql([
        { type, data: data ?? {}, payload: "xy" },
      ]);
    });
  }

  it("describe one program that is installed, with all languages and its attribution", () => {
    const { asr } = infoOf("Gladia", "1.2.3", true) as { asr: Record<string, unknown>[] };
    should(asr).have.length(1);
    const [program = {}] = asr;
    should(program).have.properties({ name: "Gladia", installed: true, version: "1.2.3" });
    should(program["attribution"]).have.properties(["name", "url"]);
    should(program["requires_external_vad"]).equal(true);
    should(program["supports_transcript_streaming"]).equal(true);
    const [model] = program["models"] as Record<string, unknown>[];
    should(model).have.properties({ installed: true, version: "1.2.3" });
    should(model?.["languages"]).containDeep(["de", "en", "ja", "zh"]);
  });

  it("name languages as Home Assistant does, or as Gladia", () => {
    const asked = ["en-US", "de_CH", "zh-Hant-HK", "nb", "iw", "EN", "xx", "", null, 7];
    should(asked.map(languageOf)).eql(["en", "de", "zh", "no", "he", "en", undefined, undefined, undefined, undefined]);
  });

  it("have audio in formats that can be", () => {
    should(pcmFormat({ rate: 16000, width: 2, channels: 1, timestamp: 0 })).eql({ rate: 16000, width: 2, channels: 1 });
    for (const [rate, width, channels] of [
      [0, 2, 1],
      [16000, 3.5, 1],
      [16000, 2, 0],
      ["16000", 2, 1],
      [1e9, 2, 1],
      [16000, 5, 1],
      [16000, 2, 9],
      [undefined, undefined, undefined],
    ]) {
      should(() => pcmFormat({ rate, width, channels })).throw({ code: "GLADIA_AUDIO" });
    }
    const wav = wavFile([Buffer.from([1, 2]), Buffer.from([3, 4])]);
    should(wav.toString("hex")).equal(
      "524946462800000057415645666d74201000000001000100803e0000007d0000020010006461746104000000" + "01020304",
    );
  });

  it("give finals as one text", () => {
    should(joined([" Turn on", " the light. ", "", "Now."])).equal("Turn on the light. Now.");
    should(joined(["電気を", "つけて。", "Alexa"])).equal("電気をつけて。Alexa");
    should(joined([])).equal("");
  });
});

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
