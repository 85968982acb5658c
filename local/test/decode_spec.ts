import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import should from "should";
import { distinctChannels } from "../src/audio/channels";
import { decodeFile } from "../src/audio/decode";
import { findFfmpeg } from "../src/audio/ffmpeg";
import { readHeaders } from "../src/audio/probe";
import { Resampler } from "../src/audio/resample";
import type { Track } from "../src/audio/track";
import { tokenStarts } from "../src/recogniser/align";
import { exposeAttention } from "../src/recogniser/graph";
import { createMoonshine } from "../src/recogniser/moonshine";
import { readVerified } from "../src/recogniser/runtime";
import { segments } from "../src/recogniser/segments";
import { FIXTURES, RATE, recording, SPEECH, sequence, wav, wavFile } from "./support/sound";

async function decode(file: string, ffmpeg: string | false = false): Promise<Track[]> {
  return decodeFile(file, await readHeaders(file, ffmpeg), ffmpeg, new AbortController().signal);
}

function sine(hertz: number, rate: number, seconds = 1): Float32Array {
  return Float32Array.from({ length: rate * seconds }, (_, index) => Math.sin((2 * Math.PI * hertz * index) / rate));
}

/** Root mean square without the first and last tenth, where a filter swings in. */
function strength(samples: Float32Array): number {
  const middle = samples.slice(samples.length / 10, (samples.length * 9) / 10);
  return Math.sqrt(middle.reduce((sum, sample) => sum + sample * sample, 0) / middle.length);
}

describe("decoding for the local engine", () => {
  const engine = createMoonshine({ ffmpeg: false });
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "decode-"));
  });

  after(async () => {
    await engine.close();
    await rm(folder, { recursive: true });
  });

  async function file(name: string, content: Uint8Array | string): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, content);
    return path;
  }

  for (const extension of ["mp3", "flac", "ogg", "opus"]) {
    it(`knows ${extension} and its length, whatever it is called`, async () => {
      const path = await file("upload", await readFile(join(FIXTURES, `amiable-himself.${extension}`)));
      const probe = await engine.probe(path);
      probe.should.containEql({ extension, channels: 1 });
      // The frames of mp3 are counted whole.
      probe.duration.should.be.approximately(3.29, 0.15);
      const [track] = await decode(path);
      should((track as Track).length / RATE).be.approximately(3.29, 0.1);
      should(engine.pid).be.undefined();
    });
  }

  for (const extension of ["m4a", "mp4", "webm"]) {
    it(`knows ${extension} with ffmpeg and refuses it without`, async function () {
      const path = join(FIXTURES, `amiable-himself.${extension}`);
      const refusal = {
        name: "UnreadableAudio",
        status: 415,
        message: `${extension} files are read with ffmpeg, which was not found. Install it, or send wav, mp3, flac, ogg or opus.`,
      };
      await engine.probe(path).should.be.rejectedWith(refusal);
      await engine.transcribe(path, {}).should.be.rejectedWith(refusal);
      const ffmpeg = await findFfmpeg();
      // The rest needs a tool that is not part of the package.
      if (!ffmpeg) this.skip();
      const probe = await createMoonshine().probe(path);
      probe.should.containEql({ extension, channels: 1 });
      probe.duration.should.be.approximately(3.29, 0.1);
    });
  }

  it("reads what ffmpeg reads only as far as it is sound", async function () {
    const ffmpeg = await findFfmpeg();
    // Needs a tool that is not part of the package.
    if (!ffmpeg) this.skip();
    const whole = await readFile(join(FIXTURES, "amiable-himself.m4a"));
    const cut = await file("cut.m4a", whole.subarray(0, 1000));
    await createMoonshine()
      .probe(cut)
      .should.be.rejectedWith("There is no sound in the m4a file that ffmpeg can read.");
    await decode(cut, ffmpeg).should.be.rejectedWith({ name: "UnreadableAudio", status: 400 });
  });

  it("refuses what is no sound, and says what it is", async () => {
    const random = createHash("sha512").update("noise").digest();
    const head = (await readFile(join(SPEECH, "amiable-himself.wav"))).subarray(0, 44);
    const opus = (await readFile(join(FIXTURES, "amiable-himself.opus"))).subarray(0, 100);
    const nothing = "The file holds no sound; it may be cut short.";
    const cases: [content: Uint8Array | string, message: string | RegExp][] = [
      ["", "The file is empty."],
      ["Once upon a time\n", "The file is text, not audio."],
      ["<!DOCTYPE html><html></html>", "The file is a web page, not audio."],
      [
        Buffer.concat([Buffer.from([0, 1]), random]),
        /^The file is no audio or video that is known\. Readable are wav, mp3/,
      ],
      [head, nothing],
      [head.subarray(0, 30), nothing],
      [opus, nothing],
      [Buffer.concat([Buffer.from("ID3"), random, random]), nothing],
    ];
    for (const [content, message] of cases) {
      const path = await file("refused", content);
      await engine.probe(path).should.be.rejectedWith({ name: "UnreadableAudio", status: 400, message });
    }
    const wide = await file("wide.wav", wav(Array.from({ length: 9 }, () => new Float32Array(100))));
    await decode(wide).should.be.rejectedWith({ status: 422, message: "The file has 9 channels; at most 8 are read." });
  });

  it("measures by decoding what the headers do not tell", async () => {
    const stream = await readFile(join(FIXTURES, "amiable-himself.flac"));
    // An encoder that streams leaves the number of samples at zero: the low 36 bits before the checksum.
    stream[21] = (stream[21] as number) & 0xf0;
    stream.fill(0, 22, 26);
    const path = await file("stream.flac", stream);
    (await engine.probe(path)).should.containEql({ extension: "flac", duration: 3.29, channels: 1 });
    await engine.close();
  });

  it("takes a WAV file of unknown length to its end, and one cut short as far as it goes", async () => {
    const whole = wav([recording("amiable-himself.wav")]);
    for (const length of [0, 0xffff_ffff]) {
      whole.writeUInt32LE(length, 40);
      (await engine.probe(await file("stream.wav", whole))).duration.should.equal(3.29);
    }
    const cut = wav([recording("amiable-himself.wav")]).subarray(0, 44 + RATE * 2);
    (await engine.probe(await file("cut.wav", cut))).duration.should.equal(1);
  });

  it("brings every sample rate to 16 kHz without aliases", async () => {
    for (const rate of [8000, 11_025, 22_050, 44_100, 48_000, 44_056, 767_999]) {
      const kept = new Resampler(rate, RATE).push(sine(1000, rate));
      kept.length.should.be.approximately(RATE, RATE / 50);
      strength(kept).should.be.approximately(Math.SQRT1_2, 0.001);
      if (rate < 2 * 12_000) continue;
      strength(new Resampler(rate, RATE).push(sine(12_000, rate))).should.be.below(1e-4);
    }
  });

  it("resamples piece by piece as at once", async () => {
    const sound = sine(440, 44_100);
    const whole = new Resampler(44_100, RATE);
    const pieces = new Resampler(44_100, RATE);
    const expected = sequence(whole.push(sound), whole.flush());
    const parts: Float32Array[] = [];
    for (let at = 0; at < sound.length; at += 777) parts.push(pieces.push(sound.subarray(at, at + 777)));
    sequence(...parts, pieces.flush()).should.eql(expected);
    expected.length.should.be.within(RATE, RATE + 1);
  });

  it("keeps one track for channels that are the same, and parts them where they begin to differ", async () => {
    const sound = recording("amiable-himself.wav");
    const [left, right] = await decode(await wavFile(folder, "same.wav", [sound, sound]));
    should(left).equal(right);
    const long = sequence(sound, sound, sound, 60);
    const other = long.slice();
    other.fill(0, 2 * sound.length);
    const tracks = await decode(await wavFile(folder, "later.wav", [long, other]));
    should(tracks[0]).not.equal(tracks[1]);
    for (const [index, channel] of [long, other].entries()) {
      const track = tracks[index] as Track;
      track.length.should.equal(channel.length);
      const error = track.read(0, track.length).reduce((most, sample, at) => {
        return Math.max(most, Math.abs(sample - (channel[at] as number)));
      }, 0);
      error.should.be.below(1e-4);
    }
    distinctChannels(tracks).should.eql([0, 1]);
  });

  it("cuts long speech where it is quietest, and leaves short breaths alone", () => {
    const levels = new Float32Array(40 * 50).fill(-20);
    levels.fill(-60, 500, 510);
    levels.fill(-50, 1000, 1005);
    const voiced = Uint8Array.from(levels, (level) => (level > -40 ? 1 : 0));
    const cut = segments(levels, voiced);
    cut
      .slice(0, 3)
      .map(({ to }) => to)
      .should.eql([502, 1002, 1304]);
    cut.every(({ from, to }) => to - from <= 14 * 50).should.be.true();
    should(cut.at(-1)?.to).equal(levels.length);
    segments(levels.slice(0, 600), voiced.slice(0, 600)).should.have.length(1);
    segments(levels, new Uint8Array(levels.length)).should.eql([]);
  });

  it("finds the monotone way of attention through the sound", () => {
    const frames = 40;
    const rows = [0, 10, 20, 30].map((start) => {
      const row = new Float32Array(2 * frames).fill(0.01);
      row.fill(1, start, start + 10);
      row.fill(1, frames + start, frames + start + 10);
      return row;
    });
    tokenStarts(rows, frames).should.eql([0, 10, 20, 30]);
    tokenStarts([], frames).should.eql([]);
  });

  it("refuses weights it was not made for", async () => {
    const path = await file("model.onnx", "other weights");
    await readVerified(path, "00").should.be.rejectedWith(/model\.onnx is not the file this engine was made for/);
    (() => exposeAttention(Buffer.from("other weights"), 6)).should.throw(/is no ONNX model/);
    (() => exposeAttention(Buffer.alloc(0), 6)).should.throw("the decoder file has 0 of: graph, not one");
  });
});
