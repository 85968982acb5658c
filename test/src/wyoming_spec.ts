import { connect } from "node:net";
import { text } from "node:stream/consumers";
import should from "should";
import type { GladiaError } from "../../src/errors";
import { pcmFormat, wavFile } from "../../src/wyoming/audio";
import { EventReader, encodeEvent, type WyomingEvent } from "../../src/wyoming/frames";
import { expectedOf, infoOf, languageOf } from "../../src/wyoming/info";
import { WyomingServer } from "../../src/wyoming/server";
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
  [
    '{"type": "transcribe", "version": "1.10.0", "data_length": 62}\n{"language": "fr", "context": {"a": 1}, "vad_sensitivity": ""}',
    { type: "transcribe", data: { language: "fr", context: { a: 1 }, vad_sensitivity: "" } },
  ],
  ['{"type": "ping", "version": "1.10.0", "data_length": 14}\n{"text": null}', { type: "ping", data: { text: null } }],
  ['{"type": "audio-stop", "version": "1.10.0"}\n', { type: "audio-stop", data: {} }],
  ['{"type": "select-program", "data": null}\n', { type: "select-program", data: {} }],
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

  it("are written byte for byte in a whole conversation", async () => {
    const heard: string[] = [];
    const server = new WyomingServer({
      host: "127.0.0.1",
      port: 0,
      listening: {
        info: () => ({ asr: [] }),
        streams: true,
        listen: async ({ language, onPart }) => ({
          write: (bytes) => heard.push(`${language} ${bytes.toString("hex")}`),
          end: async () => {
            onPart("Hé");
            return { text: "Hé", language: "fr" };
          },
          cancel: () => heard.push("cancelled"),
        }),
        failed: () => {},
        tell: (error) => ({ text: "no", code: (error as GladiaError).code }),
      },
    });
    await server.listen();
    const socket = connect({ port: server.port, host: "127.0.0.1" });
    const said = text(socket);
    const events = [
      '{"type": "describe", "version": "1.10.0"}\n',
      '{"type": "ping", "version": "1.10.0", "data_length": 14}\n{"text": null}',
      '{"type": "transcribe", "version": "1.10.0", "data_length": 21}\n{"language": "fr-FR"}',
      '{"type": "audio-start", "version": "1.10.0", "data_length": 43}\n{"rate": 16000, "width": 2, "channels": 1} ',
      '{"type": "audio-chunk", "version": "1.10.0", "data_length": 43, "payload_length": 3}\n{"rate": 16000, "width": 2, "channels": 1} abc',
      '{"type": "audio-chunk", "version": "1.10.0", "data_length": 43, "payload_length": 1}\n{"rate": 16000, "width": 2, "channels": 1} d',
      '{"type": "audio-stop", "version": "1.10.0"}\n',
    ];
    for (const event of events) socket.write(event);
    while (!heard.includes("fr 6364")) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.write("}\n");
    should(await said).equal(
      [
        '{"type":"info","version":"1.8.0","data_length":10}\n{"asr":[]}',
        '{"type":"pong","version":"1.8.0","data_length":13}\n{"text":null}',
        '{"type":"transcript-start","version":"1.8.0","data_length":17}\n{"language":"fr"}',
        '{"type":"transcript-chunk","version":"1.8.0","data_length":14}\n{"text":"Hé"}',
        '{"type":"transcript","version":"1.8.0","data_length":30}\n{"text":"Hé","language":"fr"}',
        '{"type":"transcript-stop","version":"1.8.0","data_length":2}\n{}',
        '{"type":"error","version":"1.8.0","data_length":35}\n{"text":"no","code":"GLADIA_AUDIO"}',
      ].join(""),
    );
    should(heard).eql(["fr 6162", "fr 6364"]);
    await server.close();
  });

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

  it("name what may be said: so much of it that nothing else is heard instead, and only words", () => {
    const given = {
      language: "de",
      transcript_names: ["Sasha", " Anna ", 7, ""],
      transcript_terms: ["Sasha", "Flur", null],
    };
    should(expectedOf(given)).eql({ language: "de", words: ["Sasha", "Anna", "Flur"] });
    for (const wrong of [undefined, null, "Sasha", { 0: "Sasha", length: 1 }, 7]) {
      should(expectedOf({ transcript_names: wrong, transcript_terms: wrong }).words).eql([]);
    }
    const many = Array.from({ length: 10_000 }, (_, i) => `lamp ${i}`);
    should(expectedOf({ transcript_names: many, transcript_terms: many }).words).have.length(500);
    should(expectedOf({ transcript_terms: ["lamp", "x".repeat(100_000), "light"] }).words).eql(["lamp"]);
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
