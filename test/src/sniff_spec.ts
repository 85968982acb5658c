import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import should from "should";
import { identifyBuffer, sniff } from "../../src/audio/sniff";
import { wav } from "../support/engine";

const latin = (text: string, length = 4096) => {
  const bytes = Buffer.alloc(length, 0x81);
  bytes.write(text, "latin1");
  return bytes;
};
const syncsafe = (size: number) => Buffer.from([(size >> 21) & 127, (size >> 14) & 127, (size >> 7) & 127, size & 127]);
const id3 = (size: number, flags = 0) =>
  Buffer.concat([
    Buffer.from(`ID3\x04\0${String.fromCharCode(flags)}`, "latin1"),
    syncsafe(size),
    Buffer.alloc(size, 0x55),
  ]);
/** MPEG-1 layer III, 128 kbit/s, 44.1 kHz: 417 bytes a frame. */
const mp3 = (frames: number) =>
  Buffer.concat(
    Array.from({ length: frames }, () => Buffer.concat([Buffer.from("fffb9000", "hex"), Buffer.alloc(413, 0x11)])),
  );
const adts = (frames: number) =>
  Buffer.concat(
    Array.from({ length: frames }, () =>
      Buffer.concat([Buffer.from("fff150801900fc", "hex"), Buffer.alloc(193, 0x11)]),
    ),
  );
const box = (name: string, content: string, size = content.length + 8) => {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(size);
  return Buffer.concat([
    head,
    Buffer.from(name + content, "latin1"),
    Buffer.alloc(Math.max(0, size - 8 - content.length), 1),
  ]);
};
const page = (packet: string) =>
  Buffer.concat([Buffer.from(`OggS\0\x02${"\0".repeat(20)}\x01\x1e`, "latin1"), latin(packet, 64)]);
const ebml = (docType: string) =>
  Buffer.concat([
    Buffer.from("1a45dfa3", "hex"),
    Buffer.from([0x80 | (docType.length + 7)]),
    Buffer.from("42868101", "hex"),
    Buffer.from("4282", "hex"),
    Buffer.from([0x80 | docType.length]),
    Buffer.from(docType),
    Buffer.alloc(50, 1),
  ]);
const ts = (step: number, start = 0) => {
  const bytes = Buffer.alloc(step * 20, 0x99);
  for (let at = start; at < bytes.length; at += step) bytes[at] = 0x47;
  return bytes;
};

describe("the format of a recording", () => {
  const known: [string, Buffer, string][] = [
    ["WAV", wav(), "wav"],
    ["RF64", latin("RF64\xff\xff\xff\xffWAVEds64"), "wav"],
    ["W64", latin("riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\0\0"), "w64"],
    ["AVI", latin("RIFF\0\0\x01\0AVI LIST"), "avi"],
    ["AIFF-C", latin("FORM\0\0\x01\0AIFCFVER"), "aiff"],
    ["FLAC", latin("fLaC\0\0\0\x22"), "flac"],
    ["FLAC behind an ID3 tag", Buffer.concat([id3(300), latin("fLaC\0\0\0\x22")]), "flac"],
    ["FLAC behind an ID3 tag with a cover of 200 kB", Buffer.concat([id3(200_000), latin("fLaC\0\0\0\x22")]), "flac"],
    [
      "FLAC behind two tags, one with a footer",
      Buffer.concat([id3(5000), id3(300, 0x10), Buffer.alloc(10), latin("fLaC")]),
      "flac",
    ],
    ["AAC behind an ID3 tag", Buffer.concat([id3(9000), adts(20)]), "aac"],
    ["WAV behind an ID3 tag", Buffer.concat([id3(100), wav()]), "wav"],
    ["mp3 behind an ID3 tag", Buffer.concat([id3(9000), mp3(20)]), "mp3"],
    ["mp3 behind an ID3 tag and padding", Buffer.concat([id3(9000), Buffer.alloc(3000), mp3(20)]), "mp3"],
    ["an ID3 tag and nothing that we know", Buffer.concat([id3(9000), latin("\x01\x02\x03")]), "mp3"],
    ["mp3", mp3(20), "mp3"],
    ["mp3 behind 30,000 zeros", Buffer.concat([Buffer.alloc(30_000), mp3(20)]), "mp3"],
    ["mp3 behind other bytes", Buffer.concat([latin("\x01\xff\xfb junk", 333), mp3(20)]), "mp3"],
    ["a single frame of mp3", mp3(1), "mp3"],
    ["ADTS", adts(20), "aac"],
    ["Opus", page("OpusHead\x01"), "opus"],
    ["Vorbis", page("\x01vorbis"), "ogg"],
    ["FLAC in Ogg", page("\x7fFLAC\x01"), "ogg"],
    ["Speex", page("Speex   1.2"), "ogg"],
    ["Theora", page("\x80theora"), "ogv"],
    ["WebM", ebml("webm"), "webm"],
    ["Matroska", ebml("matroska"), "mkv"],
    ["Matroska with the word webm in it", Buffer.concat([ebml("matroska"), Buffer.from("webm")]), "mkv"],
    ["m4a", box("ftyp", "M4A \0\0\x02\0isomiso2"), "m4a"],
    ["m4a under a plain brand", box("ftyp", "mp42\0\0\0\0M4A mp42"), "m4a"],
    ["mp4", box("ftyp", "isom\0\0\x02\0isomiso2avc1mp41"), "mp4"],
    ["3gp", box("ftyp", "3gp5\0\0\x02\0isom"), "3gp"],
    ["3g2", box("ftyp", "3g2a\0\0\x02\0isom"), "3g2"],
    ["QuickTime", box("ftyp", "qt  \0\0\x02\0"), "mov"],
    ["QuickTime of old", Buffer.concat([box("wide", ""), box("mdat", "xxxx\x01", 0x5000)]), "mov"],
    ["mp4 behind free space", Buffer.concat([box("free", "", 6000), box("ftyp", "M4A \0\0\x02\0isom")]), "m4a"],
    ["AMR-WB", latin("#!AMR-WB\n\x04"), "awb"],
    ["AMR", latin("#!AMR\n\x04"), "amr"],
    ["AU", latin(".snd\0\0\0\x18"), "au"],
    ["MPEG-TS", ts(188), "ts"],
    ["a disc's transport stream", ts(192, 4), "m2ts"],
    ["MPEG-PS", latin("\0\0\x01\xba\x44"), "mpg"],
    ["AC-3", latin("\x0b\x77\x12\x34\x14\x40"), "ac3"],
    ["E-AC-3", latin("\x0b\x77\x12\x34\x14\x80"), "eac3"],
    ["a SPHERE file", latin("NIST_1A\n   1024\n"), "sph"],
  ];
  for (const [what, bytes, extension] of known) {
    it(`is told for ${what}`, () => {
      const found = identifyBuffer(bytes);
      should(found).have.properties({ kind: "audio", extension });
      should(found).not.have.property("guess");
    });
  }

  const text: [string, string][] = [
    ["MAC addresses of all machines in this house, as of today: 00:11:22:33:44:55, and so on", "text"],
    ["FORM 1040, line 12: what is asked here, and more words to make it long enough for sure", "text"],
    ["I'm wide awake, dear diary, and write this at three in the morning without any sound", "text"],
    ["ID3 is a tag, and this is a letter about it which goes on for some more words than needed", "text"],
    ['{"error": "no such recording", "hint": "this is JSON, which goes on for some more words"}', "JSON"],
  ];
  for (const [words, what] of text) {
    it(`is text for "${words.slice(0, 20)}..."`, () => {
      should(sniff(Buffer.from(words))).have.properties({ kind: "text", what });
    });
  }

  it("is text in UTF-16 with its mark, but not sound that begins so", () => {
    const words = Buffer.from("\ufeffWörter, 言葉 and 🎤\r\n", "utf16le");
    for (const bytes of [words, Buffer.from(words).swap16(), words.subarray(0, -5)]) {
      should(sniff(bytes)).have.properties({ kind: "text", what: "text" });
    }
    for (const mark of ["fffe", "feff"]) {
      for (const samples of ["00000100ffff0200feff0000", "10f820f930fa40fb50fc60fd", "0100020003000400ffff0500"]) {
        should(sniff(Buffer.from(mark + samples, "hex")).kind).not.equal("text");
      }
    }
  });

  for (const [what, bytes] of [
    ["noise", Buffer.from(wav(1).subarray(44, 4140))],
    ["zeros", Buffer.alloc(100_000)],
    ["one header of mp3 in noise", Buffer.concat([Buffer.from("fffb9000", "hex"), Buffer.alloc(4000, 0x80)])],
  ] as const) {
    it(`is not known for sure for ${what}`, () => {
      const found = identifyBuffer(bytes);
      should(found.kind === "unknown" || (found.kind === "audio" && found.guess)).be.true();
    });
  }

  describe("as ffmpeg writes it", function () {
    this.timeout(60_000);
    let folder: string;
    before(function () {
      try {
        execFileSync("ffmpeg", ["-version"], { stdio: "ignore" });
      } catch {
        this.skip();
      }
      folder = mkdtempSync(join(tmpdir(), "gladia-sniff-"));
    });
    after(() => folder && rmSync(folder, { recursive: true }));
    for (const [file, ...options] of [
      ["a.wav"],
      ["a.flac"],
      ["a.mp3"],
      ["a.mp2"],
      ["a.m4a"],
      ["a.mp4"],
      ["a.mov"],
      ["a.ogg", "-c:a", "flac"],
      ["a.opus"],
      ["a.mkv"],
      ["a.webm"],
      ["a.aiff"],
      ["a.caf"],
      ["a.au"],
      ["a.ts"],
      ["a.mpg"],
      ["a.w64"],
      ["a.wma"],
      ["a.aac"],
      ["a.ac3"],
      ["a.eac3"],
      ["a.avi"],
      ["a.flv", "-ar", "44100"],
      ["a.voc"],
      ["a.wv"],
      ["a.tta"],
    ] as const) {
      it(`is told for ${file}`, function () {
        const path = join(folder, file);
        try {
          execFileSync("ffmpeg", ["-v", "quiet", "-f", "lavfi", "-i", "sine=d=1:r=16000", ...options, path], {
            stdio: "ignore",
          });
        } catch {
          this.skip(); // this ffmpeg has no such encoder
        }
        const found = identifyBuffer(readFileSync(path));
        should(found).have.properties({ kind: "audio", extension: file.slice(2) });
        should(found).not.have.property("guess");
      });
    }
  });
});
