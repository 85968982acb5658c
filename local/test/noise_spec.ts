import { createCipheriv } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import should from "should";
import { createMoonshine, type Moonshine } from "../src/recogniser/moonshine";
import { steadyNoise, withoutNoise } from "../src/recogniser/noise";
import { spoken, wordErrors } from "./wer";

const SPEECH = join(__dirname, "..", "speech");
const HEAD = 44;

/** Even numbers from -1 to 1, the same each time; their sums are close to a noise's. */
function generator(seed: number): () => number {
  const cipher = createCipheriv("aes-128-ctr", Buffer.alloc(16, seed), Buffer.alloc(16));
  const one = () => cipher.update(Buffer.alloc(4)).readInt32LE() / 2 ** 31;
  return () => (one() + one() + one()) / 3;
}

const trackOf = (samples: Float32Array) => ({
  length: samples.length,
  read: (from: number, to: number) => samples.slice(from, to),
});
const powerOf = (samples: Float32Array) => samples.reduce((sum, value) => sum + value * value, 0) / samples.length;
const decibels = (one: number, other: number) => 10 * Math.log10(one / other);

describe("steady noise", function () {
  this.timeout(60_000);
  let engine: Moonshine;
  let folder: string;

  const clip = async (name: string) => {
    const wav = await readFile(join(SPEECH, name));
    const samples = new Float32Array((wav.length - HEAD) / 2);
    for (let i = 0; i < samples.length; i++) samples[i] = wav.readInt16LE(HEAD + 2 * i) / 32_768;
    return { head: wav.subarray(0, HEAD), samples };
  };
  /** @param snr decibels of the clip's mean power above the noise's */
  const noisy = (samples: Float32Array, snr: number, seed = 1) => {
    const random = generator(seed);
    const noise = samples.map(() => random());
    const factor = Math.sqrt(powerOf(samples) / powerOf(noise) / 10 ** (snr / 10));
    return samples.map((value, i) => Math.max(-1, Math.min(1, value + factor * (noise[i] as number))));
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "gladia-noise-"));
    engine = createMoonshine({ ffmpeg: false });
  });
  after(async () => {
    await engine.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("is found where it is, and nowhere else", async () => {
    const { samples } = await clip("john-dashwood.wav");
    should(steadyNoise(trackOf(samples))).equal(undefined);
    should(steadyNoise(trackOf(new Float32Array(16_000)))).equal(undefined, "silence");
    const noise = steadyNoise(trackOf(noisy(samples, 10)));
    should(noise).be.ok();
    const voices = await Promise.all(["amiable-woman.wav", "cold-hearted.wav", "young-man.wav"].map(clip));
    const babble = samples.map((value, i) =>
      voices.reduce((sum, voice) => sum + 0.2 * (voice.samples[i % voice.samples.length] as number), value),
    );
    should(steadyNoise(trackOf(babble))).equal(undefined, "other voices");
  });

  it("is taken away, and the speech is left", async () => {
    const { samples } = await clip("john-dashwood.wav");
    const heard = noisy(samples, 5);
    const noise = steadyNoise(trackOf(heard));
    should(noise).be.ok();
    const clean = withoutNoise(heard, noise as Float64Array);
    should(clean.length).equal(heard.length);
    const rest = (of: Float32Array) => powerOf(of.map((value, i) => value - (samples[i] as number)));
    should(decibels(rest(heard), rest(clean))).be.above(4);
    should(decibels(powerOf(samples), powerOf(clean))).be.within(-2, 2);
  });

  it("leaves sound alone that has none of it", async () => {
    const { samples } = await clip("young-man.wav");
    const same = withoutNoise(samples, new Float64Array(257));
    should(powerOf(same.map((value, i) => value - (samples[i] as number)))).be.below(1e-9);
  });

  it("keeps few words from being understood", async () => {
    const transcripts = JSON.parse(await readFile(join(SPEECH, "transcripts.json"), "utf8")) as Record<string, string>;
    let [words, errors] = [0, 0];
    for (const [name, said] of Object.entries(transcripts)) {
      const { head, samples } = await clip(name);
      const sound = Int16Array.from(noisy(samples, 8), (value) => Math.round(value * 32_767));
      const file = join(folder, name);
      await writeFile(file, Buffer.concat([head, Buffer.from(sound.buffer)]));
      const { utterances } = await engine.transcribe(file, {});
      words += spoken(said).length;
      errors += wordErrors(spoken(said), spoken(utterances.map(({ text }) => text).join(" ")));
    }
    console.log(`      ${errors} of ${words} words wrong at 8 dB`);
    should(errors / words).be.below(0.27); // a third, with the noise
  });
});
