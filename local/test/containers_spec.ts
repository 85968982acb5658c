import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import should from "should";
import { decodeFile } from "../src/audio/decode";
import { findFfmpeg } from "../src/audio/ffmpeg";
import { readHeaders } from "../src/audio/probe";
import { RATE } from "../src/audio/track";
import { createMoonshine } from "../src/recogniser/moonshine";
import {
  AMR,
  BUILT_IN,
  BY_FFMPEG,
  COVER,
  fixture,
  id3,
  SECONDS,
  SILENT_WAVS,
  WAVS,
  wavOfLength,
} from "./support/containers";
import { call, closeAll, final, start, upload } from "./support/engine";
import { recording, SPEECH } from "./support/sound";

const run = promisify(execFile);

describe("what the local engine understands", () => {
  const alone = createMoonshine({ ffmpeg: false });
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "containers-"));
  });
  afterEach(async () => {
    await closeAll();
    await alone.close();
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  async function file(bytes: Uint8Array): Promise<string> {
    // A name that tells nothing, or the wrong thing.
    const path = join(folder, "sound.mp3");
    await writeFile(path, bytes);
    return path;
  }

  /** Samples of a file's first channel, as decoded. */
  async function decoded(path: string, ffmpeg: string | false = false): Promise<Float32Array> {
    const [track] = await decodeFile(path, await readHeaders(path, ffmpeg), ffmpeg, new AbortController().signal);
    return track?.read(0, track.length) ?? new Float32Array();
  }

  /** Mean difference of two sounds. */
  function difference(a: Float32Array, b: Float32Array): number {
    const length = Math.max(a.length, b.length);
    let sum = 0;
    for (let index = 0; index < length; index++) sum += Math.abs((a[index] ?? 0) - (b[index] ?? 0));
    return sum / length;
  }

  for (const [name, bytes] of Object.entries(WAVS)) {
    it(`reads WAV ${name}`, async () => {
      const path = await file(bytes);
      (await alone.probe(path)).should.eql({ extension: "wav", duration: SECONDS, channels: 1 });
      const lossy = name === "8-bit" || name === "mu-law";
      difference(await decoded(path), recording("amiable-himself.wav")).should.be.below(lossy ? 0.005 : 1e-4);
    });
  }

  for (const [name, bytes] of Object.entries(SILENT_WAVS)) {
    it(`reads WAV of ${name} with its true length`, async () => {
      const path = await file(bytes);
      const probe = await alone.probe(path);
      probe.duration.should.be.approximately(SECONDS, 0.032);
      probe.channels.should.equal(name.endsWith("stereo") ? 2 : 1);
      const samples = await decoded(path);
      (samples.length / RATE).should.be.approximately(SECONDS, 0.032);
      samples.every((sample) => Math.abs(sample) < 0.001).should.be.true();
    });
  }

  for (const length of [
    0, 2_000_000_000, 0x7fff_f000, 0x7fff_ffdb, 0x7fff_ffff, 0x8000_0000, 0xffff_ffdb, 0xffff_ffff,
  ]) {
    it(`takes a WAV length of ${length} for one that its writer did not know`, async () => {
      const path = await file(wavOfLength(length));
      const { duration, declared } = await readHeaders(path, false);
      should({ duration, declared }).eql({ duration: SECONDS, declared: SECONDS });
      (await decoded(path)).length.should.equal(SECONDS * RATE);
    });
  }

  it("still tells when a WAV file was cut short", async () => {
    const { duration, declared } = await readHeaders(await file(wavOfLength(4 * 60 * 2 * RATE)), false);
    should({ duration, declared }).eql({ duration: SECONDS, declared: 240 });
  });

  for (const [name, [extension, bytes]] of Object.entries(BUILT_IN)) {
    it(`reads ${name}`, async () => {
      const path = await file(bytes);
      const probe = await alone.probe(path);
      probe.should.containEql({ extension, channels: 1 });
      probe.duration.should.be.approximately(SECONDS, 0.15);
      ((await decoded(path)).length / RATE).should.be.approximately(SECONDS, 0.15);
      should(alone.pid).be.undefined();
    });
  }

  for (const [name, [extension, written]] of Object.entries(BY_FFMPEG)) {
    it(`reads ${name} with ffmpeg`, async function () {
      const ffmpeg = await findFfmpeg();
      // Needs a tool that is not part of the package.
      if (!ffmpeg) this.skip();
      const args = written.split(" ");
      const piped = args.at(-1) === "pipe" && args.pop();
      const path = join(folder, "made.bin");
      const input = ["-v", "error", "-y", "-i", join(SPEECH, "amiable-himself.wav"), "-ac", "1"];
      // AVI and the like know few rates.
      const rate = ["avi", "flv", "mp2"].includes(extension) ? ["-ar", "44100"] : [];
      const options = { encoding: "buffer", maxBuffer: 4_000_000 } as const;
      if (piped) await writeFile(path, (await run(ffmpeg, [...input, ...rate, ...args, "-"], options)).stdout);
      else await run(ffmpeg, [...input, ...rate, ...args, path]);
      const made = await readFile(path);
      const helped = createMoonshine();
      const tagged = extension === "aac" || extension === "ac3" ? [made, Buffer.concat([id3(COVER), made])] : [made];
      for (const bytes of tagged) {
        const sound = await file(bytes);
        const probe = await helped.probe(sound).finally(() => helped.close());
        probe.should.containEql({ extension, channels: 1 });
        probe.duration.should.be.approximately(SECONDS, 0.2);
        ((await decoded(sound, ffmpeg)).length / RATE).should.be.approximately(SECONDS, 0.2);
      }
    });
  }

  it("reads AMR with ffmpeg", async function () {
    const ffmpeg = await findFfmpeg();
    // Needs a tool that is not part of the package.
    if (!ffmpeg) this.skip();
    const helped = createMoonshine();
    const probe = await helped.probe(await file(AMR)).finally(() => helped.close());
    probe.should.containEql({ extension: "amr", channels: 1 });
    probe.duration.should.be.approximately(SECONDS, 0.05);
  });

  it("finds the words behind a tag, whatever the file is", async () => {
    const engine = await start({ recogniser: createMoonshine({ ffmpeg: false }) });
    const texts: string[] = [];
    for (const bytes of [WAVS["plain"], BUILT_IN["FLAC behind an ID3v2 tag"]?.[1], WAVS["RF64"]] as Buffer[]) {
      const { audio_url } = await upload(engine, bytes, "a.mp3");
      const { body } = await call(engine, "POST", "/v2/pre-recorded", { audio_url });
      texts.push((await final(engine, body.id)).result.transcription.full_transcript);
    }
    should(texts[0]).match(/amiable/i);
    texts.should.eql([texts[0], texts[0], texts[0]]);
  });

  it("has the name of the file's true kind in what an upload says, with and without a model", async () => {
    const engine = await start();
    for (const [extension, bytes] of Object.values(BUILT_IN)) {
      (await upload(engine, bytes, "a.bin")).audio_metadata.extension.should.equal(extension);
    }
    (await upload(engine, fixture("m4a"), "a.bin")).audio_metadata.extension.should.equal("m4a");
    const { audio_metadata } = await upload(engine, SILENT_WAVS["IMA ADPCM"] as Buffer, "a.bin");
    audio_metadata.should.containEql({ extension: "wav", audio_duration: SECONDS });
  });
});
