import { readFileSync } from "node:fs";
import { join } from "node:path";
import { FIXTURES, RATE, recording } from "./sound";

/** Seconds of the recording that all containers here hold. */
export const SECONDS = 3.29;

const sound = recording("amiable-himself.wav");

/** One of the recordings in another format. */
export function fixture(extension: string): Buffer {
  return readFileSync(join(FIXTURES, `amiable-himself.${extension}`));
}

/** One chunk of a RIFF file; `pad: false` forgets the byte after an odd length. */
function chunk(name: string, body: Buffer, { pad = true, length = body.length } = {}): Buffer {
  const head = Buffer.alloc(8, name, "latin1");
  head.writeUInt32LE(length, 4);
  return Buffer.concat([head, body, Buffer.alloc(pad ? body.length % 2 : 0)]);
}

function riff(chunks: Buffer[], name = "RIFF"): Buffer {
  const body = Buffer.concat([Buffer.from("WAVE"), ...chunks]);
  return chunk(name, body, { length: name === "RIFF" ? body.length : 0xffff_ffff });
}

/** A format chunk. */
function format(
  given: Partial<Record<"tag" | "channels" | "rate" | "bits" | "block" | "perSecond", number>> & { extra?: string },
): Buffer {
  const { tag = 1, channels = 1, rate = RATE, bits = 16, extra = "" } = given;
  const { block = (channels * bits) / 8 } = given;
  const { perSecond = (rate * channels * bits) / 8 } = given;
  const body = Buffer.alloc(16);
  body.writeUInt16LE(tag, 0);
  body.writeUInt16LE(channels, 2);
  body.writeUInt32LE(rate, 4);
  body.writeUInt32LE(perSecond % 2 ** 32, 8);
  body.writeUInt16LE(block, 12);
  body.writeUInt16LE(bits, 14);
  return chunk("fmt ", Buffer.concat([body, Buffer.from(extra, "hex")]));
}

function samples(width: number, write: (bytes: Buffer, value: number, at: number) => void): Buffer {
  const bytes = Buffer.alloc(sound.length * width);
  sound.forEach((value, index) => {
    write(bytes, value, index * width);
  });
  return bytes;
}

const pcm16 = samples(2, (bytes, value, at) => bytes.writeInt16LE(Math.round(value * 32_767), at));
const data = chunk("data", pcm16);
const odd = Buffer.from("12345");

/** mu-law without its finer points: sign, exponent, mantissa. */
function muLaw(value: number): number {
  const size = Math.min(32_635, Math.abs(Math.round(value * 32_767))) + 132;
  const exponent = Math.floor(Math.log2(size)) - 7;
  return ~((value < 0 ? 0x80 : 0) | (exponent << 4) | ((size >> (exponent + 3)) & 15)) & 0xff;
}

/** A WAV file of 8-bit samples that says it has this rate. */
export function wavOfRate(rate: number, bytes = 100_000, channels = 1): Buffer {
  return riff([format({ rate, bits: 8, channels }), chunk("data", Buffer.alloc(bytes, 0x80))]);
}

/** A WAV file whose length is written as `length`. */
export function wavOfLength(length: number): Buffer {
  return riff([format({}), chunk("data", pcm16, { length })]);
}

const ds64 = (() => {
  const body = Buffer.alloc(28);
  body.writeBigUInt64LE(BigInt(pcm16.length + 100), 0);
  body.writeBigUInt64LE(BigInt(pcm16.length), 8);
  return chunk("ds64", body);
})();
const extensible = `1600 1000 04000000 ${"0100 0000 0000 1000 8000 00aa00389b71"}`.replaceAll(" ", "");
const blocks = (size: number, samplesOfBlock: number) =>
  chunk("data", Buffer.alloc(size * Math.ceil(sound.length / samplesOfBlock)));
const fact = (() => {
  const body = Buffer.alloc(4);
  body.writeUInt32LE(sound.length);
  return chunk("fact", body);
})();

/** WAV files of the same sound, each laid out in another way. */
export const WAVS: Record<string, Buffer> = {
  plain: riff([format({}), data]),
  "with an odd chunk before": riff([format({}), chunk("LIST", odd), data]),
  "with an odd chunk that lacks its pad": riff([format({}), chunk("LIST", odd, { pad: false }), data]),
  "with chunks after, an odd one among them": riff([format({}), data, chunk("LIST", odd), chunk("id3 ", odd)]),
  "with nonsense for bytes per second": riff([format({ perSecond: 1 }), data]),
  "with much before": riff([chunk("JUNK", Buffer.alloc(200_000)), format({}), data]),
  "with data before the format": riff([data, format({})]),
  "with empty data before the real one": riff([format({}), chunk("data", Buffer.alloc(0)), data]),
  RF64: riff([ds64, format({}), chunk("data", pcm16, { length: 0xffff_ffff }), chunk("LIST", odd)], "RF64"),
  BW64: riff([ds64, format({}), chunk("data", pcm16, { length: 0xffff_ffff })], "BW64"),
  extensible: riff([format({ tag: 0xfffe, extra: extensible }), data]),
  "behind an ID3v2 tag": Buffer.concat([id3(Buffer.alloc(5000, 0xff)), riff([format({}), data])]),
  "8-bit": riff([
    format({ bits: 8 }),
    chunk(
      "data",
      samples(1, (bytes, value, at) => bytes.writeUInt8(Math.round(127 * value + 128), at)),
    ),
  ]),
  "24-bit": riff([
    format({ bits: 24 }),
    chunk(
      "data",
      samples(3, (bytes, value, at) => bytes.writeIntLE(Math.round(value * 8_388_607), at, 3)),
    ),
  ]),
  "32-bit": riff([
    format({ bits: 32 }),
    chunk(
      "data",
      samples(4, (bytes, value, at) => bytes.writeInt32LE(Math.round(value * 2_147_483_647), at)),
    ),
  ]),
  float: riff([
    format({ tag: 3, bits: 32 }),
    chunk(
      "data",
      samples(4, (bytes, value, at) => bytes.writeFloatLE(value, at)),
    ),
  ]),
  double: riff([
    format({ tag: 3, bits: 64 }),
    chunk(
      "data",
      samples(8, (bytes, value, at) => bytes.writeDoubleLE(value, at)),
    ),
  ]),
  "mu-law": riff([
    format({ tag: 7, bits: 8, extra: "0000" }),
    fact,
    chunk(
      "data",
      samples(1, (bytes, value, at) => bytes.writeUInt8(muLaw(value), at)),
    ),
  ]),
};

/** WAV files of silence in formats that only an encoder writes, as long as the recording. */
export const SILENT_WAVS: Record<string, Buffer> = {
  "A-law": riff([format({ tag: 6, bits: 8, extra: "0000" }), chunk("data", Buffer.alloc(sound.length, 0xd5))]),
  "IMA ADPCM": riff([
    // Twice as many bytes per second as there are: nobody checks them.
    format({ tag: 0x11, bits: 4, block: 256, perSecond: RATE, extra: "0200f901" }),
    fact,
    blocks(256, 505),
    chunk("LIST", odd),
  ]),
  "IMA ADPCM in stereo": riff([
    format({ tag: 0x11, bits: 4, channels: 2, block: 512, extra: "0200f901" }),
    blocks(512, 505),
  ]),
  "MS ADPCM": riff([
    format({
      tag: 2,
      bits: 4,
      block: 256,
      extra: "2000f401070000010000000200ff00000000c0004000f0000000cc0130ff880118ff",
    }),
    fact,
    blocks(256, 500),
  ]),
};

/** An ID3v2 tag that holds a picture of these bytes. */
export function id3(picture: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from("\0image/jpeg\0\u0003\0", "latin1"), picture]);
  const frame = Buffer.alloc(10, "APIC", "latin1");
  frame.writeUInt32BE(body.length, 4);
  frame.writeUInt16BE(0, 8);
  const length = 10 + body.length;
  const sizes = [21, 14, 7, 0].map((shift) => (length >> shift) & 0x7f);
  return Buffer.concat([Buffer.from("ID3\u0003\0\0", "latin1"), Buffer.from(sizes), frame, body]);
}

/** A picture full of what looks like the beginning of frames. */
export const COVER = Buffer.alloc(300_000, Buffer.from([0xff, 0xfb, 0x90, 0xc4, 0x00]));

const ID3V1 = Buffer.concat([Buffer.from("TAG"), Buffer.alloc(125, "x")]);
// The size counts the items and the footer alone.
const APE = Buffer.concat([
  Buffer.from("APETAGEX"),
  Buffer.from("d00700002000000000000000000000a00000000000000000", "hex"),
  Buffer.from("APETAGEX"),
  Buffer.from("d00700002000000000000000000000800000000000000000", "hex"),
]);
const flac = fixture("flac");
const picture = Buffer.concat([Buffer.from([6, 4, 0x93, 0xe0]), COVER]);

/** Files that need no help, each with things around the sound: [extension, bytes]. */
export const BUILT_IN: Record<string, [extension: string, bytes: Buffer]> = {
  "FLAC behind an ID3v2 tag": ["flac", Buffer.concat([id3(COVER), flac])],
  "FLAC behind two tags and padding, before a third": [
    "flac",
    Buffer.concat([id3(COVER), id3(COVER), Buffer.alloc(2000), flac, ID3V1]),
  ],
  "FLAC with a picture of its own": [
    "flac",
    // Behind the block that describes the stream.
    Buffer.concat([flac.subarray(0, 42), picture, flac.subarray(42)]),
  ],
  "MP3 with tags before and after": ["mp3", Buffer.concat([id3(COVER), fixture("mp3"), APE, ID3V1])],
  "MP3 behind zeros": ["mp3", Buffer.concat([Buffer.alloc(9000), fixture("mp3")])],
  "MP3 cut out of a stream": ["mp3", fixture("mp3").subarray(700)],
  "MP3 behind an APE tag": ["mp3", Buffer.concat([APE, fixture("mp3")])],
  "Ogg Vorbis": ["ogg", fixture("ogg")],
  "Ogg Opus behind an ID3v2 tag": ["opus", Buffer.concat([id3(COVER), fixture("opus")])],
};

/** Arguments with which ffmpeg makes a file of the recording: [extension, arguments]; what goes to a pipe cannot seek. */
export const BY_FFMPEG: Record<string, [extension: string, arguments_: string]> = {
  "AAC in ADTS": ["aac", "-c:a aac -f adts"],
  AIFF: ["aiff", "-f aiff"],
  AIFC: ["aiff", "-c:a pcm_mulaw -f aiff"],
  CAF: ["caf", "-f caf"],
  AU: ["au", "-f au"],
  W64: ["w64", "-f w64"],
  "MPEG-TS": ["ts", "-c:a aac -f mpegts"],
  "MPEG-TS with time stamps": ["m2ts", "-c:a aac -f mpegts -mpegts_m2ts_mode 1"],
  "MP4 with moov at the end": ["mp4", "-c:a aac -f mp4"],
  "fragmented MP4": ["mp4", "-c:a aac -movflags frag_keyframe+empty_moov -f mp4 pipe"],
  M4A: ["m4a", "-c:a aac -f ipod"],
  MOV: ["mov", "-c:a pcm_s16be -f mov"],
  "3GP": ["3gp", "-c:a aac -f 3gp"],
  "WebM of unknown sizes": ["webm", "-c:a libopus -f webm pipe"],
  Matroska: ["mkv", "-c:a flac -f matroska"],
  "FLAC in Ogg": ["ogg", "-c:a flac -f ogg"],
  "Speex in Ogg": ["ogg", "-c:a libspeex -f ogg"],
  "AC-3": ["ac3", "-c:a ac3 -f ac3"],
  "E-AC-3": ["eac3", "-c:a eac3 -f eac3"],
  MP2: ["mp2", "-c:a mp2 -f mp2"],
  AVI: ["avi", "-c:a mp3 -f avi"],
  FLV: ["flv", "-c:a aac -f flv"],
  WMA: ["wma", "-c:a wmav2 -f asf"],
  "WAV of MP3": ["wav", "-c:a mp3 -f wav"],
};

/** An AMR file of silence. */
export const AMR = Buffer.concat([
  Buffer.from("#!AMR\n"),
  ...Array.from({ length: Math.round(SECONDS * 50) }, () => Buffer.concat([Buffer.from([0x3c]), Buffer.alloc(31)])),
]);
