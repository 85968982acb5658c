import { runInNewContext } from "node:vm";
import fc from "fast-check";
import should from "should";
import { type InputSettings, LiveInput, type LivePiece } from "../../src/live/input";
import { pcm16, samplesOf, socketPacket, tone, twilio, wav, wavChunk } from "../support/live-sources";

const input = (settings: Partial<InputSettings> = {}) =>
  new LiveInput({ framing: "auto", skip: 0, mono: "auto", ...settings });

/** What a session gets: its formats and all of its audio. */
interface Heard {
  formats: object[];
  audio: Buffer;
  /** The audio in each of the formats. */
  parts: Buffer[];
  ends: (string | undefined)[];
}

function heard(pieces: LivePiece[]): Record<string, Heard> {
  const sessions: Record<string, Heard> = {};
  for (const piece of pieces) {
    sessions[piece.session] ??= { formats: [], audio: Buffer.alloc(0), parts: [], ends: [] };
    const session = sessions[piece.session] as Heard;
    if (piece.kind === "start") {
      session.formats.push(piece.format);
      session.parts.push(Buffer.alloc(0));
    } else if (piece.kind === "end") session.ends.push(piece.reason);
    else {
      should(session.formats).not.be.empty();
      session.audio = Buffer.concat([session.audio, piece.bytes]);
      session.parts.push(Buffer.concat([session.parts.pop() as Buffer, piece.bytes]));
    }
  }
  return sessions;
}

/** Sends payloads of one source. */
const send = (settings: Partial<InputSettings>, payloads: unknown[], msg: object = {}): Record<string, Heard> => {
  const live = input(settings);
  return heard(payloads.flatMap((payload) => live.read({ ...msg, payload }, payload, undefined)));
};
const only = (sessions: Record<string, Heard>): Heard => {
  should(Object.keys(sessions)).have.length(1);
  return Object.values(sessions)[0] as Heard;
};

const PCM16 = { encoding: "wav/pcm", bit_depth: 16, sample_rate: 16_000, channels: 1 };
const speech = pcm16(tone(300, 16_000, 0.5));
const split = (bytes: Buffer, sizes: number[]): Buffer[] => {
  const pieces: Buffer[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] as number;
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
};
const rms = (samples: number[]) => Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);

describe("live input", () => {
  describe("values", () => {
    it("takes Buffers, typed arrays, ArrayBuffers and Buffers that went through JSON", () => {
      const array = new Uint8Array(speech);
      for (const value of [speech, array, array.buffer, JSON.parse(JSON.stringify(speech))]) {
        const { formats, audio } = only(send({}, [value]));
        should(formats).eql([PCM16]);
        should(audio.equals(speech)).be.true();
      }
    });

    it("takes arrays of floats and of 32 bit numbers for what they are, of any realm, unless something else is said", () => {
      const samples = tone(300, 16_000, 0.5);
      const array = Float32Array.from(samples);
      const foreign: unknown = runInNewContext("Float32Array.from(samples)", { samples });
      for (const value of [array, foreign, Float64Array.from(samples)]) {
        const { formats, audio } = only(send({}, [value]));
        should(formats).eql([PCM16]);
        should(Math.max(...samples.map((x, i) => Math.abs(audio.readInt16LE(i * 2) / 32_768 - x)))).be.below(0.0001);
      }
      const whole = Int32Array.from(samples, (x) => x * 2 ** 31);
      should(only(send({}, [whole])).formats).eql([{ ...PCM16, bit_depth: 32 }]);
      for (const [settings, msg] of [
        [{ bitDepth: 16 }, {}],
        [{}, { encoding: "s16le" }],
      ]) {
        should(only(send(settings as object, [array], msg)).audio.equals(Buffer.from(array.buffer))).be.true();
      }
    });

    it("carries odd bytes over to the next message, however a source splits", () => {
      fc.assert(
        fc.property(fc.array(fc.integer({ min: 1, max: 4000 }), { minLength: 1, maxLength: 8 }), (sizes) => {
          const live = input();
          const pieces = split(speech, sizes).flatMap((part) => live.read({}, part, undefined));
          for (const piece of pieces) if (piece.kind === "audio") should(piece.bytes.length % 2).equal(0);
          return only(heard(pieces)).audio.equals(speech);
        }),
        { numRuns: 30 },
      );
    });

    it("takes the texts that core nodes make of bytes that happen to be UTF-8", () => {
      // exec gives a chunk as a text when all of it is UTF-8
      const quiet = Buffer.from([0x01, 0x00, 0x02, 0x00, 0x41, 0x00, 0xc3, 0xa9, 0x05, 0x00]);
      const { audio } = only(send({}, [speech, quiet.toString("utf8"), speech]));
      should(audio.equals(Buffer.concat([speech, quiet, speech]))).be.true();
      should(only(send({ framing: "raw" }, [quiet.toString("utf8")])).audio.equals(quiet)).be.true();
    });

    it("takes base64, in lines and as data: URI", () => {
      const base64 = speech.toString("base64");
      for (const text of [base64, base64.replace(/(.{76})/g, "$1\r\n"), `data:audio/L16;rate=16000;base64,${base64}`]) {
        should(only(send({}, [text])).audio.equals(speech)).be.true();
      }
      const halves = split(speech, [1500]).map((half) => half.toString("base64"));
      should(only(send({}, halves)).audio.equals(speech)).be.true();
    });

    it("leaves out bytes at the beginning of each message", () => {
      const packets = split(speech, [320]).map((part, i) =>
        Buffer.concat([Buffer.from("AUD0\0\0\0"), Buffer.of(i % 256), part]),
      );
      should(only(send({ skip: 8 }, packets, { ip: "10.0.0.7", port: 5005 })).audio.equals(speech)).be.true();
    });

    it("tells sources apart by their connection, their address, or the flow's own word", () => {
      const live = input();
      const pieces = [
        ...live.read({ _session: { type: "tcp", id: "a1" }, ip: "10.0.0.1", port: 1 }, speech, undefined),
        ...live.read({ ip: "10.0.0.2", port: 9 }, speech, undefined),
        ...live.read({ ip: "10.0.0.2", port: 9 }, speech, "kitchen"),
        ...live.read({}, speech, undefined),
      ];
      should(Object.keys(heard(pieces))).eql(["a1", "10.0.0.2:9", "kitchen", ""]);
    });

    it("keeps the odd bytes of one source from the others", () => {
      const live = input();
      const [first, second] = [speech.subarray(0, 1001), speech.subarray(1001)];
      const pieces = [
        ...live.read({}, first, "a"),
        ...live.read({}, first, "b"),
        ...live.read({}, second, "a"),
        ...live.read({}, second, "b"),
      ];
      for (const { audio } of Object.values(heard(pieces))) should(audio.equals(speech)).be.true();
    });

    it("forgets a session", () => {
      const live = input();
      live.read({}, Buffer.of(1), "a");
      live.forget("a");
      should(only(heard(live.read({}, speech, "a"))).audio.equals(speech)).be.true();
    });

    it("remembers a bounded number of sources", () => {
      const live = input();
      live.read({}, Buffer.of(1), "first");
      for (let i = 0; i < 1000; i++) live.read({}, Buffer.of(1), `source ${i}`);
      should(only(heard(live.read({}, speech, "first"))).audio.equals(speech)).be.true();
    });

    it("takes a chunk like the one before in one step, also silence and what begins as JSON may", () => {
      const live = input();
      live.read({}, speech, undefined);
      for (const head of ["\0\0", "  ", "{ ", " {\t ", "\n\r"]) {
        const chunk = Buffer.concat([Buffer.from(head), speech]);
        should(live.pieces({}, chunk, undefined)).eql([{ kind: "audio", session: "", bytes: chunk }]);
      }
    });

    it("works on a large message in steps", () => {
      const live = input({ sampleRate: 22_050 });
      const began = [];
      let longest = 0;
      let last = performance.now();
      for (const piece of live.pieces({}, Buffer.alloc(4 * 1024 * 1024, 5), undefined)) {
        longest = Math.max(longest, piece.kind === "audio" ? piece.bytes.length : 0);
        began.push(performance.now() - last);
        last = performance.now();
      }
      should(began.length).be.above(200);
      should(longest).be.below(64 * 1024);
    });
  });

  describe("what is no audio", () => {
    const refuses = (value: unknown, key: string, settings: Partial<InputSettings> = {}) =>
      should(() => input(settings).read({}, value, undefined)).throw({ code: "GLADIA_AUDIO", key });

    it("is refused with what to do", () => {
      refuses(undefined, "live-audio-nothing");
      refuses(null, "live-audio-nothing");
      refuses(3232, "live-audio-number");
      refuses(true, "live-audio-kind");
      refuses({ temperature: 21 }, "live-audio-kind");
      refuses([1, 2], "live-audio-kind");
      refuses("turn on the light in the kitchen", "live-audio-text");
      refuses(Buffer.from("turn on the light in the kitchen"), "live-audio-text");
      // A word alone is none of the audio that follows, which it would shift.
      for (const framing of ["auto", "raw"] as const) {
        for (const word of ["start", "hello", "on!", "[1]"]) {
          const live = input({ framing });
          for (let n = 0; n < 2; n++) should(() => live.read({}, word, undefined)).throw({ key: "live-audio-text" });
          should(only(heard(live.read({}, speech, undefined))).audio.equals(speech)).be.true();
        }
        const quiet = Buffer.concat([Buffer.from("\x01\0A\0B\0"), speech]);
        const pieces = [quiet.toString("latin1", 0, 6), quiet.subarray(6)];
        should(only(send({ framing }, pieces)).audio.equals(quiet)).be.true();
        should(only(send({ framing }, ["", speech.toString("base64")])).audio.equals(speech)).be.true();
      }
      refuses('{"temperature": 21}', "live-audio-text");
      refuses("hello there", "live-audio-text", { framing: "raw" });
      refuses(speech, "live-audio-stream", { framing: "twilio" });
      refuses(speech, "live-audio-no-wav", { framing: "wav" });
      refuses(pcm16(tone(300, 16_000, 0.1)).fill(0x55), "live-audio-socket", { framing: "audiosocket" });
    });

    it("is a text among the bytes of a WebSocket, which would shift what follows", () => {
      const live = input();
      const msg = { _session: { type: "websocket", id: "w1" } };
      const [first, second] = [speech.subarray(0, 1000), speech.subarray(1000)];
      const pieces = live.read(msg, first, undefined);
      for (const text of ["ping!", '{"type":"mute"}']) {
        should(() => live.read(msg, text, undefined)).throw({ key: "live-audio-text" });
      }
      pieces.push(...live.read(msg, second, undefined));
      should(only(heard(pieces)).audio.equals(speech)).be.true();
      const other = input();
      should(() => other.read(msg, "hello", undefined)).throw({ key: "live-audio-text" });
      should(only(heard(other.read(msg, speech.toString("base64"), undefined))).audio.equals(speech)).be.true();
    });

    it("in a compressed format is refused, also what follows its header", () => {
      const webm = Buffer.from("1a45dfa39f4286810142f7810142f2810442f381084282847765626d42878104", "hex");
      const heads = {
        webm,
        mp3: Buffer.from("49443304000000000000fffb9064", "hex"),
        opus: Buffer.from(
          `4f67675300020000000000000000000000000000000000000113${Buffer.from("OpusHead").toString("hex")}`,
          "hex",
        ),
        m4a: Buffer.from("000000206674797069736f6d0000020069736f6d4d344120", "hex"),
      };
      for (const head of Object.values(heads)) {
        const live = input();
        const padded = Buffer.concat([head, Buffer.alloc(400, 0x91)]);
        should(() => live.read({}, padded, undefined)).throw({ code: "GLADIA_AUDIO", key: "live-audio-packed" });
        should(() => live.read({}, Buffer.alloc(400, 0x92), undefined)).throw({ key: "live-audio-packed" });
      }
      should(() => input().read({ encoding: "opus" }, speech, undefined)).throw({ key: "live-audio-packed" });
    });

    it("is not seen in sound that begins as a text or a frame of MPEG audio does", () => {
      // -2 and -257 are the marks of UTF-16.
      for (const first of [-2, -257]) {
        const quiet = pcm16([first, 0, 1, -1, 2, 0, 0, 1, 3, -1].map((sample) => sample / 32767));
        should(only(send({}, [quiet, speech])).audio.equals(Buffer.concat([quiet, speech]))).be.true();
      }
      // What goes on for longer than a message tells of itself that it does.
      const frames = [
        ["layer I", "ffffe400", {}],
        ["ADTS", "fff1508080000000", {}],
        ["layer III in mu-law", "fffb90647f7f7f7f", { encoding: "wav/ulaw", sampleRate: 8000 }],
      ] as const;
      for (const [, head, settings] of frames) {
        const chunk = Buffer.concat([Buffer.from(head, "hex"), Buffer.alloc(320, 0x7f)]).subarray(0, 320);
        const more = Buffer.alloc(8000, 0x7e);
        should(only(send(settings, [chunk, more])).audio.equals(Buffer.concat([chunk, more]))).be.true();
        const large = Buffer.concat([chunk, more]);
        should(only(send(settings, [large])).audio.equals(large)).be.true();
      }
    });

    it("over 128 MB in one message is refused", () => {
      refuses({ length: 1, type: "Buffer", data: { length: 2 ** 40 } }, "live-audio-kind");
      refuses("A".repeat(128 * 1024 * 1024 + 4), "live-audio-large");
    });

    it("in a format that cannot be is refused", () => {
      refuses(speech, "live-audio-bits", { bitDepth: 12 });
      refuses(speech, "live-audio-rate", { sampleRate: 100 });
      refuses(speech, "live-audio-channels", { channels: 9, mono: "keep" });
      should(only(send({ channels: 9, mono: "mix" }, [Buffer.alloc(18 * 160)])).formats).eql([PCM16]);
    });
  });

  describe("formats", () => {
    it("of microphone nodes are those of the message, also as texts", () => {
      const loud = tone(440, 48_000, 0.2);
      const floats = Buffer.from(Float32Array.from(loud).buffer);
      const { formats, audio } = only(
        send({}, [floats], { encoding: "floating-point", rate: "48000", bits: "32", channels: "1" }),
      );
      should(formats).eql([{ ...PCM16, sample_rate: 48_000 }]);
      should(rms(samplesOf(audio))).be.approximately(0.5 / Math.SQRT2, 0.001);
    });

    it("of the node come before those of the message, and what says nothing of audio is passed over", () => {
      const { formats } = only(
        send({ sampleRate: 8000 }, [speech], { rate: 48_000, encoding: "utf8", channels: ["a"] }),
      );
      should(formats).eql([{ ...PCM16, sample_rate: 8000 }]);
      should(only(send({}, [speech], { rate: 5 })).formats).eql([PCM16]);
    });

    it("that Gladia takes go through as they are", () => {
      const bytes = Buffer.from(Array.from({ length: 480 }, (_, i) => (i * 37 + 130) % 256));
      const cases: [Partial<InputSettings>, object][] = [
        [
          { encoding: "wav/pcm", bitDepth: 8 },
          { encoding: "wav/pcm", bit_depth: 8, sample_rate: 16_000 },
        ],
        [
          { bitDepth: 24, sampleRate: 44_100 },
          { encoding: "wav/pcm", bit_depth: 24, sample_rate: 44_100 },
        ],
        [
          { bitDepth: 32, sampleRate: 32_000 },
          { encoding: "wav/pcm", bit_depth: 32, sample_rate: 32_000 },
        ],
        [{ encoding: "wav/alaw" }, { encoding: "wav/alaw", bit_depth: 8, sample_rate: 8000 }],
        [
          { encoding: "wav/ulaw", sampleRate: 16_000 },
          { encoding: "wav/ulaw", bit_depth: 8, sample_rate: 16_000 },
        ],
      ];
      for (const [settings, format] of cases) {
        const { formats, audio } = only(send(settings, [bytes]));
        should(formats).eql([{ channels: 1, ...format }]);
        should(audio.equals(bytes)).be.true();
      }
    });

    it("that it does not take become 16 bit PCM", () => {
      const cases: [object, Buffer][] = [
        [{ encoding: "signed-integer", bits: 8 }, Buffer.of(0x40, 0xc0)],
        [{ encoding: "unsigned-integer", bits: 16 }, Buffer.of(0, 0xc0, 0, 0x40)],
        [{ encoding: "S16_BE" }, Buffer.of(0x40, 0, 0xc0, 0)],
        [{ encoding: "f32le" }, Buffer.from(Float32Array.of(0.5, -0.5).buffer)],
        [{ encoding: "FLOAT64_LE" }, Buffer.from(Float64Array.of(0.5, -0.5).buffer)],
      ];
      for (const [msg, bytes] of cases) {
        const { formats, audio } = only(send({}, [bytes], msg));
        should(formats).eql([PCM16]);
        should(samplesOf(audio)).eql([0.5, -0.5]);
      }
    });

    it("of float keep within bounds, whatever comes", () => {
      const floats = Float32Array.of(2, -2, Number.NaN, Number.POSITIVE_INFINITY);
      const { audio } = only(send({}, [Buffer.from(floats.buffer)], { encoding: "float32" }));
      should(samplesOf(audio)).eql([32767 / 32768, -1, 0, 32767 / 32768]);
    });

    it("of A-law and mu-law are read by the tables of G.711", () => {
      const decoded = (encoding: string, codes: number[]) =>
        samplesOf(
          only(
            send({ encoding, sampleRate: 8000, channels: 2, mono: "mix" }, [
              Buffer.from(codes.flatMap((code) => [code, code])),
            ]),
          ).audio,
        ).map((sample) => Math.round(sample * 32768));
      should(decoded("wav/ulaw", [0xff, 0x7f, 0x80, 0x00, 0xf0, 0x8f])).eql([0, 0, 32124, -32124, 120, 16764]);
      should(decoded("wav/alaw", [0xd5, 0x55, 0xaa, 0x2a, 0x80, 0x9a])).eql([8, -8, 32256, -32256, 5504, 4032]);
    });

    it("may change within a session, which is told", () => {
      const live = input();
      const pieces = [
        ...live.read({ rate: 16_000 }, speech, undefined),
        ...live.read({}, speech, undefined),
        ...live.read({ rate: 48_000 }, speech, undefined),
      ];
      const { formats, parts } = only(heard(pieces));
      should(formats).eql([PCM16, { ...PCM16, sample_rate: 48_000 }]);
      should(parts.map(({ length }) => length)).eql([speech.length * 2, speech.length]);
    });
  });

  describe("rates that Gladia does not take", () => {
    for (const [rate, wanted] of [
      [11_025, 16_000],
      [12_000, 16_000],
      [22_050, 16_000],
      [24_000, 16_000],
      [96_000, 16_000],
      [6000, 8000],
      [44_056, 16_000],
    ] as const) {
      it(`${rate} Hz become ${wanted} Hz: the same tone, as loud and as long, without a seam`, () => {
        const hertz = 440;
        const source = pcm16(tone(hertz, rate, 1));
        const { formats, audio } = only(
          heard(
            (() => {
              const live = input({ sampleRate: rate });
              return [
                ...split(source, [640, 1, 333]).flatMap((part) =>
                  live.read({ parts: { type: "buffer" } }, part, undefined),
                ),
                ...live.read({}, { code: 0 }, undefined),
              ];
            })(),
          ),
        );
        should(formats).eql([{ ...PCM16, sample_rate: wanted }]);
        const samples = samplesOf(audio);
        should(samples.length).equal(Math.ceil((rate * wanted) / rate));
        // Compared with the tone itself, but for the ends, where sound begins out of nothing.
        const expected = tone(hertz, wanted, 1);
        const error = samples.map((sample, i) => sample - (expected[i] as number)).slice(200, -200);
        should(20 * Math.log10(rms(error) / rms(expected))).be.below(-55);
      });
    }

    it("lose what the lower rate cannot hold, instead of folding it down", () => {
      const { audio } = only(send({ sampleRate: 24_000 }, [pcm16(tone(10_000, 24_000, 1))]));
      should(20 * Math.log10(rms(samplesOf(audio).slice(200, -200)) / (0.5 / Math.SQRT2))).be.below(-70);
    });
  });

  describe("WAV", () => {
    const stereo = pcm16(tone(300, 44_100, 0.3), tone(500, 44_100, 0.3));

    it("is read wherever it is split, with other chunks before the audio", () => {
      const file = wav(stereo, {
        rate: 44_100,
        channels: 2,
        before: [wavChunk("LIST", Buffer.from("INFOISFT\x03\0\0\0sox\0"))],
      });
      for (const sizes of [[1], [7, 11], [44], [100_000]]) {
        const { formats, audio } = only(send({}, split(file, sizes)));
        should(formats).eql([{ ...PCM16, sample_rate: 44_100, channels: 2 }]);
        should(audio.equals(stereo)).be.true();
      }
    });

    it("is read to its true end, whatever length the header says", () => {
      for (const length of [0, 0xffff_ffff, 0x7fff_f000, 1000]) {
        should(only(send({}, split(wav(speech, { length }), [999]))).audio.equals(speech)).be.true();
      }
    });

    it("is read to its true end also where another file, or a chunk, might begin", () => {
      for (const next of ["R", "RIFX", "B", "L", "\0", "\0L", "RIFF1234WAVX"]) {
        const audio = Buffer.concat([speech.subarray(0, 101), Buffer.from(next), speech.subarray(200, 401)]);
        for (const sizes of [[1], [7], [10_000]]) {
          const got = only(send({}, split(wav(audio, { length: 101 }), sizes))).audio;
          should(got.equals(audio.subarray(0, got.length))).be.true();
          should(got.length).be.aboveOrEqual(audio.length - 1);
        }
      }
      const odd = Buffer.alloc(101, 0x90);
      const file = Buffer.concat([
        wav(odd, { bits: 8 }),
        Buffer.alloc(1),
        wavChunk("LIST", Buffer.from("INFOISFT\x04\0\0\0Test")),
      ]);
      for (const sizes of [[1], [3, 5], [10_000]]) {
        should(only(send({}, split(Buffer.concat([file, file]), sizes))).audio).eql(Buffer.concat([odd, odd]));
      }
    });

    it("does not take what follows the audio for audio", () => {
      const file = Buffer.concat([wav(speech), wavChunk("LIST", Buffer.from("INFOISFT\x04\0\0\0flow"))]);
      for (const sizes of [[100_000], [500], [3]]) {
        should(only(send({}, split(file, sizes))).audio.equals(speech)).be.true();
      }
    });

    it("may come as a file in each message", () => {
      const files = split(speech, [3200]).map((part) => wav(part));
      const { formats, audio } = only(send({}, files));
      should(formats).eql([PCM16]);
      should(audio.equals(speech)).be.true();
    });

    it("may be float, A-law, mu-law, 8 bit, or say its format in the extended way", () => {
      const floats = Buffer.from(Float32Array.from(tone(300, 16_000, 0.1)).buffer);
      should(only(send({}, [wav(floats, { code: 3, bits: 32 })])).formats).eql([PCM16]);
      should(only(send({}, [wav(speech, { extensible: true, rate: 48_000 })])).formats).eql([
        { ...PCM16, sample_rate: 48_000 },
      ]);
      for (const [code, encoding] of [
        [6, "wav/alaw"],
        [7, "wav/ulaw"],
        [1, "wav/pcm"],
      ] as const) {
        const { formats } = only(send({}, [wav(speech, { code, bits: 8, rate: 8000 })]));
        should(formats).eql([{ encoding, bit_depth: 8, sample_rate: 8000, channels: 1 }]);
      }
    });

    it("with compressed audio or without a usable header is refused, and the next file is read", () => {
      const live = input();
      should(() => live.read({}, wav(speech, { code: 0x55 }), undefined)).throw({ key: "live-audio-wav" });
      should(() => live.read({}, wav(speech, { rate: 7 }), undefined)).throw({ key: "live-audio-rate" });
      should(() => live.read({}, wav(speech, { bits: 0 }), undefined)).throw({ key: "live-audio-bits" });
      should(only(heard(live.read({}, wav(speech), undefined))).audio.equals(speech)).be.true();
    });

    it("read from a file in parts ends its session with the last part", () => {
      const live = input();
      const parts = split(wav(speech), [4096]);
      const pieces = parts.flatMap((part, index) =>
        live.read(
          { parts: { id: "f", type: "buffer", index, ...(index === parts.length - 1 ? { count: parts.length } : {}) } },
          part,
          undefined,
        ),
      );
      should(only(heard(pieces))).have.properties({ ends: ["parts"] });
      should(only(heard(pieces)).audio.equals(speech)).be.true();
    });
  });

  describe("channels", () => {
    const voice = tone(300, 16_000, 2);
    const other = tone(500, 16_000, 2);
    const silence = voice.map(() => 0);
    const stereo = { channels: 2 };

    it("that are equal become one, which is billed once", () => {
      const { formats, audio } = only(send(stereo, split(pcm16(voice, voice), [1280])));
      should(formats).eql([PCM16]);
      should(audio.equals(pcm16(voice))).be.true();
    });

    it("that differ stay, from the first sample on", () => {
      const { formats, audio } = only(send(stereo, split(pcm16(voice, other), [1280])));
      should(formats).eql([{ ...PCM16, channels: 2 }]);
      should(audio.equals(pcm16(voice, other))).be.true();
    });

    it("that are silent at first are waited for, so that one session has them", () => {
      const quiet = silence.slice(0, 16_000);
      const both = pcm16([...quiet, ...voice], [...quiet, ...other]);
      const { formats, audio } = only(send(stereo, split(both, [1280])));
      should(formats).eql([{ ...PCM16, channels: 2 }]);
      should(audio.equals(both)).be.true();
    });

    it("that begin to differ later go on as they are, and nothing is lost", () => {
      const both = pcm16([...voice, ...voice], [...voice, ...other]);
      const { formats, parts } = only(send(stereo, split(both, [1281])));
      should(formats).eql([PCM16, { ...PCM16, channels: 2 }]);
      const [equal = Buffer.alloc(0), different = Buffer.alloc(0)] = parts;
      should(equal.length * 2 + different.length).be.within(both.length - 4, both.length);
      should(equal.equals(pcm16(voice).subarray(0, equal.length))).be.true();
      should(different.equals(both.subarray(equal.length * 2, equal.length * 2 + different.length))).be.true();
    });

    it("of A-law are compared as they are", () => {
      const codes = Buffer.from(Array.from({ length: 800 }, (_, i) => (i * 7) % 256).flatMap((code) => [code, code]));
      const { formats, audio } = only(send({ channels: 2, encoding: "wav/alaw" }, [codes]));
      should(formats).eql([{ encoding: "wav/alaw", bit_depth: 8, sample_rate: 8000, channels: 1 }]);
      should(audio).have.length(800);
    });

    it("stay, or are mixed, where the node says so", () => {
      const both = pcm16(voice, other);
      should(only(send({ ...stereo, mono: "keep" }, [pcm16(voice, voice)])).formats).eql([{ ...PCM16, channels: 2 }]);
      const { formats, audio } = only(send({ ...stereo, mono: "mix" }, [both]));
      should(formats).eql([PCM16]);
      const mean = voice.map((sample, i) => (sample + (other[i] as number)) / 2);
      should(rms(samplesOf(audio).map((sample, i) => sample - (mean[i] as number)))).be.below(1e-3);
    });

    it("of a short recording in one message are told at once", () => {
      const word = voice.slice(0, 3000);
      should(only(send({}, [wav(pcm16(word, word), { channels: 2 })])).audio.equals(pcm16(word))).be.true();
    });
  });

  describe("telephone media streams", () => {
    const call = Buffer.from(Array.from({ length: 1600 }, (_, i) => 0x80 + (i % 100)));
    const ULAW = { encoding: "wav/ulaw", bit_depth: 8, sample_rate: 8000, channels: 1 };

    for (const [name, form] of [
      ["objects", (message: object): unknown => message],
      ["JSON texts", (message: object): unknown => JSON.stringify(message)],
      ["Buffers of JSON texts", (message: object): unknown => Buffer.from(JSON.stringify(message, null, 2))],
    ] as const) {
      it(`of Twilio are read from ${name}`, () => {
        const { formats, audio, ends } = (
          send({}, twilio("MZ1", { inbound: call }).map(form), { _session: { id: "ws1" } }) as { MZ1: Heard }
        ).MZ1;
        should(formats).eql([ULAW]);
        should(audio.equals(call)).be.true();
        should(ends).eql(["stop"]);
      });
    }

    it("of Twilio are read where the whole message is theirs", () => {
      const live = input();
      const pieces = twilio("MZ1", { inbound: call }).flatMap((message) => {
        const msg = { ...message, _session: { id: "ws1" } };
        return live.read(msg, msg, undefined);
      });
      should(heard(pieces)["MZ1"]?.audio.equals(call)).be.true();
    });

    it("with two tracks give a channel to each, side by side by their times", () => {
      const reply = Buffer.from(call).reverse();
      const messages = twilio("MZ2", { outbound: reply, inbound: call });
      const { formats, audio } = only(send({}, messages));
      should(formats).eql([{ ...ULAW, channels: 2 }]);
      should(Buffer.from(audio.filter((_, i) => i % 2 === 0)).equals(call)).be.true();
      should(Buffer.from(audio.filter((_, i) => i % 2 === 1)).equals(reply)).be.true();
    });

    it("with a track that pauses have silence in its channel", () => {
      type Message = { event: string; media?: { track: string; timestamp: string } };
      const long = Buffer.concat([call, call, call, call]);
      const messages = (twilio("MZ3", { inbound: long, outbound: long }) as Message[]).filter(
        ({ media }) => media?.track !== "outbound" || Number(media.timestamp) >= 600,
      );
      const { audio } = only(send({}, messages));
      const outbound = Buffer.from(audio.filter((_, i) => i % 2 === 1));
      should(Buffer.from(audio.filter((_, i) => i % 2 === 0)).equals(long)).be.true();
      should(outbound.subarray(0, 4800).every((code) => code === 0xff)).be.true();
      should(outbound.subarray(4800).equals(long.subarray(4800))).be.true();
    });

    it("with events that nobody has heard of go on", () => {
      const messages = twilio("MZ6", { inbound: call });
      messages.splice(4, 0, { event: "quality", streamSid: "MZ6", quality: { mos: 4.2 } });
      for (const form of [
        (message: object): unknown => message,
        (message: object): unknown => JSON.stringify(message),
      ]) {
        should(only(send({}, messages.map(form))).audio.equals(call)).be.true();
      }
    });

    it("of Telnyx are read in their own order, whatever order they come in", () => {
      const media = (sequence: number, at: number) => ({
        ...{ event: "media", sequence_number: String(sequence), stream_id: "T1" },
        media: {
          track: "inbound",
          chunk: String(sequence),
          timestamp: String(at / 8),
          payload: call.subarray(at, at + 160).toString("base64"),
        },
      });
      const start = {
        ...{ event: "start", sequence_number: "1", stream_id: "T1" },
        start: { call_control_id: "v2:x", media_format: { encoding: "PCMU", sample_rate: 8000, channels: 1 } },
      };
      const pieces = Array.from({ length: 10 }, (_, i) => media(i + 2, i * 160));
      const [a, b, c, ...rest] = pieces as [object, object, object];
      const stop = { event: "stop", sequence_number: "12", stream_id: "T1" };
      const { audio, formats, ends } = only(send({}, [a, start, c, b, ...rest.reverse(), b, stop, c]));
      should(formats).eql([ULAW]);
      should(audio.equals(call)).be.true();
      should(ends).eql(["stop"]);
    });

    describe("of Telnyx with two tracks, which its start does not tell", () => {
      const reply = Buffer.from(call).reverse();
      const media = (track: string, at: number, audio: Buffer) => ({
        ...{ event: "media", stream_id: "T2" },
        media: { track, timestamp: String(at / 8), payload: audio.subarray(at, at + 160).toString("base64") },
      });
      const begin = (more: object = {}) => ({
        ...{ event: "start", stream_id: "T2" },
        start: { media_format: { encoding: "PCMU", sample_rate: 8000, channels: 1 }, ...more },
      });
      const pieces = Array.from({ length: 10 }, (_, i) => i * 160);

      it("give two channels from the beginning", () => {
        const both = pieces.flatMap((at) => [media("outbound", at, reply), media("inbound", at, call)]);
        for (const start of [begin(), begin({ tracks: ["inbound_track", "outbound_track"] })]) {
          const { formats, audio } = only(send({}, [start, ...both, { event: "stop", stream_id: "T2" }]));
          should(formats).eql([{ ...ULAW, channels: 2 }]);
          should(Buffer.from(audio.filter((_, i) => i % 2 === 0)).equals(call)).be.true();
          should(Buffer.from(audio.filter((_, i) => i % 2 === 1)).equals(reply)).be.true();
        }
      });

      it("wait for the other one no longer than a tenth of a second, and lose nothing", () => {
        const one = pieces.map((at) => media("inbound", at, call));
        const live = input();
        const counts = [begin(), ...one].map((message) => live.read({}, message, undefined).length);
        should(counts).eql([0, 0, 0, 0, 0, 6, 1, 1, 1, 1, 1]);
        for (const length of [2, 10]) {
          const short = [begin(), ...one.slice(0, length), { event: "stop", stream_id: "T2" }];
          const { formats, audio, ends } = only(send({}, short));
          should(formats).eql([ULAW]);
          should(audio.equals(call.subarray(0, length * 160))).be.true();
          should(ends).eql(["stop"]);
        }
      });
    });

    it("with a message that never comes go on without it", () => {
      const messages = twilio("MZ4", { inbound: Buffer.concat([call, call, call]) });
      messages.splice(5, 1);
      should(only(send({}, messages)).audio).have.length(call.length * 3 - 160);
    });

    it("of Voximplant are told apart by their tags", () => {
      const part = speech.subarray(0, 640);
      const of = (tag: string) => [
        { event: "start", sequenceNumber: 0, start: { tag, mediaFormat: { encoding: "PCM16", sampleRate: 16_000 } } },
        { event: "media", sequenceNumber: 1, media: { tag, chunk: 0, timestamp: 0, payload: part.toString("base64") } },
        { event: "stop", sequenceNumber: 2, stop: { tag, mediaInfo: { bytesSent: 640, duration: 20 } } },
      ];
      const [a = [], b = []] = [of("caller"), of("agent")];
      const sessions = send({}, [a[0], b[0], a[1], b[1], b[2], a[2]], { _session: { id: "ws9" } });
      should(Object.keys(sessions)).eql(["ws9/caller", "ws9/agent"]);
      for (const { formats, audio, ends } of Object.values(sessions)) {
        should(formats).eql([PCM16]);
        should(audio.equals(part)).be.true();
        should(ends).eql(["stop"]);
      }
    });

    it("of PCM are read whether its name is registered or begins with x-", () => {
      for (const encoding of ["audio/l16", "audio/x-l16", "audio/x-L16;rate=16000", "L16"]) {
        const start = { event: "start", streamId: "P1", start: { mediaFormat: { encoding, sampleRate: 16_000 } } };
        const media = { event: "media", streamId: "P1", media: { payload: speech.toString("base64") } };
        const { formats, audio } = only(send({}, [start, media]));
        should(formats).eql([PCM16]);
        should(audio.equals(speech)).be.true();
      }
    });

    it("in a coding that is not known are refused", () => {
      const start = (encoding: string) => ({
        event: "start",
        streamSid: "X",
        start: { mediaFormat: { encoding, sampleRate: 8000 } },
      });
      should(() => input().read({}, start("SPEEX-X"), undefined)).throw({ key: "live-audio-encoding" });
      should(() => input().read({}, start("OPUS"), undefined)).throw({ key: "live-audio-packed" });
    });

    it("do not begin anew by what comes after their stop", () => {
      const messages = twilio("MZ5", { inbound: call });
      const sessions = send({}, [...messages, messages[3]]);
      should(sessions["MZ5"]?.audio.equals(call)).be.true();
    });
  });

  describe("AudioSocket", () => {
    const uuid = Buffer.from("40325ec227394b5b84a9a4ea2a2a7f16", "hex");
    const key = "40325ec2-2739-4b5b-84a9-a4ea2a2a7f16";
    const connection = (kind: number, audio: Buffer) =>
      Buffer.concat([
        socketPacket(0x01, uuid),
        ...split(audio, [320]).map((part) => socketPacket(kind, part)),
        socketPacket(0x03, Buffer.from("5")),
        socketPacket(0x00),
      ]);

    it("is read however TCP splits it, by the call's id, to its end", () => {
      for (const sizes of [[1], [2, 3], [323], [100_000]]) {
        const sessions = send({}, split(connection(0x12, speech), sizes), { _session: { type: "tcp", id: "t1" } });
        should(Object.keys(sessions)).eql([key]);
        const { formats, audio, ends } = only(sessions);
        should(formats).eql([PCM16]);
        should(audio.equals(speech)).be.true();
        should(ends).eql(["hangup"]);
      }
    });

    it("is not seen in two quiet samples that begin as it does", () => {
      // 1 and 16, and then what is no packet, or none of whole samples
      for (const [kind, length] of [
        [0x55, 0x1010],
        [0x10, 0x0101],
      ] as const) {
        const quiet = Buffer.concat([Buffer.from([1, 0, 16, 0]), speech.subarray(0, 400)]);
        quiet[19] = kind;
        quiet.writeUInt16BE(length, 20);
        for (const sizes of [[1], [2, 30], [1000]]) {
          should(only(send({}, split(quiet, sizes))).audio.equals(quiet)).be.true();
        }
      }
    });

    it("has the rate that its packets say", () => {
      for (const [kind, rate] of [
        [0x10, 8000],
        [0x11, 16_000],
        [0x13, 16_000],
        [0x16, 48_000],
      ] as const) {
        should(only(send({}, [connection(kind, speech)])).formats).eql([{ ...PCM16, sample_rate: rate }]);
      }
    });

    it("ends with an error, and with garbage", () => {
      const live = input();
      const begin = Buffer.concat([socketPacket(0x01, uuid), socketPacket(0x10, speech.subarray(0, 320))]);
      should(
        only(heard([...live.read({}, begin, undefined), ...live.read({}, socketPacket(0xff, Buffer.of(1)), undefined)]))
          .ends,
      ).eql(["error"]);
      live.read({}, begin, undefined);
      should(() => live.read({}, Buffer.from("GET / HTTP/1.1\r\n"), undefined)).throw({ key: "live-audio-socket" });
    });

    it("goes to the session that the flow names", () => {
      const live = input();
      should(Object.keys(heard(live.read({}, connection(0x12, speech), "door")))).eql(["door"]);
    });
  });

  describe("a channel that Asterisk opens over a WebSocket", () => {
    const _session = { type: "websocket", id: "ws3" };
    const words = (format: string) =>
      `MEDIA_START connection_id:media1 channel:WebSocket/media1/0x1 format:${format} optimal_frame_size:160 ptime:20`;
    const json = (format: string) => ({ event: "MEDIA_START", channel: "WebSocket/media1/0x1", format, ptime: 20 });

    for (const [name, form] of [
      ["in words", words],
      ["as JSON", (format: string): unknown => JSON.stringify(json(format))],
      ["as objects", (format: string): unknown => json(format)],
    ] as const) {
      it(`has the format that it says ${name}, and what else it says is no audio`, () => {
        for (const [format, want] of [
          ["ulaw", { encoding: "wav/ulaw", bit_depth: 8, sample_rate: 8000, channels: 1 }],
          ["alaw", { encoding: "wav/alaw", bit_depth: 8, sample_rate: 8000, channels: 1 }],
          ["slin", { ...PCM16, sample_rate: 8000 }],
          ["slin16", PCM16],
          ["slin48", { ...PCM16, sample_rate: 48_000 }],
        ] as const) {
          const [a, b] = [speech.subarray(0, 1000), speech.subarray(1000)];
          const more = ["DTMF_END digit:5", '{"event":"MEDIA_XOFF"}', { event: "STATUS", queue_length: 3 }];
          const { formats, audio } = only(send({ sampleRate: 44_100 }, [form(format), a, ...more, b], { _session }));
          should(formats).eql([want]);
          should(audio.equals(speech)).be.true();
        }
      });
    }

    it("in a coding that is not known, or packed, is refused", () => {
      for (const [format, key] of [
        ["g722", "live-audio-packed"],
        ["codec2", "live-audio-encoding"],
      ] as const) {
        should(() => input().read({ _session }, words(format), undefined)).throw({ key });
      }
    });
  });

  it("exec's end of its command ends the session, also of one that was killed, and nothing that never began", () => {
    for (const exit of [{ code: 0 }, { code: 1 }, { code: null, signal: "SIGTERM" }]) {
      const live = input();
      should(live.read({}, exit, undefined)).eql([]);
      live.read({}, speech, undefined);
      should(live.read({}, exit, undefined)).eql([{ kind: "end", session: "", reason: "exit" }]);
    }
  });

  it("takes anything at all without another error than its own", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.uint8Array({ maxLength: 400 }), fc.anything(), fc.string()), { maxLength: 6 }),
        fc.constantFrom("auto", "raw", "wav", "twilio", "audiosocket" as const),
        (values, framing) => {
          const live = input({ framing });
          for (const value of values) {
            try {
              live.read({}, value, undefined);
            } catch (error) {
              should(error).have.property("code", "GLADIA_AUDIO");
            }
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
