import { createCipheriv } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import should from "should";
import { hear, IN_FILES, NEVER } from "../src/recogniser/hear";
import { loadModel, type Model } from "../src/recogniser/model";
import { recognise, type Sound } from "../src/recogniser/recognise";
import { spoken, wordErrors } from "./wer";

const SPEECH = join(__dirname, "..", "speech");
const TRANSCRIPTS: Record<string, string> = require("../speech/transcripts.json");
const NAMES = Object.keys(TRANSCRIPTS);
const HEAD = 44;
/** Of the noise: some 10 dB below the speech. */
const LOUD = 0.02;
const pause = async () => {};

async function clip(name: string): Promise<Float32Array> {
  const wav = await readFile(join(SPEECH, name));
  return Float32Array.from({ length: (wav.length - HEAD) / 2 }, (_, i) => wav.readInt16LE(HEAD + 2 * i) / 32_768);
}

/** A clip with white noise, the same at each run for the same seed. */
function noisy(sound: Float32Array, seed: number): Float32Array {
  const cipher = createCipheriv("aes-128-ctr", Buffer.alloc(16, seed), Buffer.alloc(16));
  const bytes = cipher.update(Buffer.alloc(12 * sound.length));
  const even = (at: number) => bytes.readInt32LE(at) / 2 ** 31;
  return sound.map((value, i) => value + LOUD * (even(12 * i) + even(12 * i + 4) + even(12 * i + 8)));
}

describe("hearing again in other tempos", function () {
  this.timeout(120_000);
  let model: Model;
  let sounds: Map<string, Float32Array>;

  before(async () => {
    model = await loadModel("tiny");
    sounds = new Map(await Promise.all(NAMES.map(async (name) => [name, await clip(name)] as const)));
  });

  /** The model, with what it is given noted. */
  const noting = (lengths: number[]): Model => ({
    ...model,
    encoder: {
      run: (inputs) => {
        lengths.push(inputs["input_values"]?.dims[1] ?? 0);
        return model.encoder.run(inputs);
      },
    },
  });
  const soundOf = (name: string) => sounds.get(name) as Float32Array;
  const textOf = async (samples: Float32Array, again = IN_FILES) =>
    model.decodeText((await hear(model, samples, again, pause)).heard.ids);

  it("makes fewer mistakes in noise", async () => {
    let [once, again] = [0, 0];
    for (const name of NAMES) {
      const reference = spoken(TRANSCRIPTS[name] as string);
      const sound = noisy(soundOf(name), 1);
      once += wordErrors(reference, spoken(await textOf(sound, NEVER)));
      again += wordErrors(reference, spoken(await textOf(sound)));
    }
    console.log(`      ${once} words wrong at once, ${again} in three tempos`);
    again.should.be.below(0.9 * once);
  });

  it("hears once what it is sure of, and never more often than there are tempos", async () => {
    const lengths: number[] = [];
    const sound = soundOf("john-dashwood.wav");
    const sure = await hear(noting(lengths), sound, { ...IN_FILES, below: 0.5 }, pause);
    lengths.should.eql([sound.length]);
    lengths.length = 0;
    const unsure = await hear(noting(lengths), sound, { ...IN_FILES, below: 1.1 }, pause);
    lengths.length.should.equal(3);
    const [own = 0, slow = 0, fast = 0] = lengths;
    (slow / own).should.be.approximately(25 / 23, 0.01);
    (fast / own).should.be.approximately(25 / 27, 0.01);
    model.decodeText(unsure.heard.ids).should.equal(model.decodeText(sure.heard.ids));
  });

  it("gives words their times in the sound, whatever tempo they were heard in", async () => {
    const samples = soundOf("cold-hearted.wav");
    const frames = Math.floor(samples.length / 320);
    const sound: Sound = {
      read: (from, to) => samples.slice(from, to),
      levels: new Float32Array(frames),
      voiced: new Uint8Array(frames).fill(1),
    };
    const words = async (tempos: number[], tempo?: number) => {
      const only = tempo === undefined ? model : skewed(tempo);
      const said = await recognise(only, sound, { from: 0, to: frames }, { tempos, below: 1.1 }, pause);
      return said.flatMap((part) => part.words);
    };
    /** A model that is sure of nothing but what lasts so many samples. */
    const skewed = (length: number): Model => ({
      ...model,
      decoder: {
        run: async (inputs, outputs) => {
          const out = await model.decoder.run(inputs, outputs);
          const states = inputs["encoder_hidden_states"]?.dims[1] ?? 0;
          const logits = out["logits"]?.data as Float32Array;
          if (Math.abs(states * 384 - length) > 1000)
            for (let i = 0; i < logits.length; i++) logits[i] = (logits[i] as number) / 3;
          return out;
        },
      },
    });
    const usual = await words([]);
    usual.length.should.be.above(8);
    for (const tempo of [23, 27]) {
      const other = await words([tempo], (samples.length * 25) / tempo);
      for (const { word, start, end } of other) {
        const same = usual.find((one) => one.word === word && Math.abs(one.start - start) < 0.3);
        if (!same) continue;
        start.should.be.approximately(same.start, 0.12, word);
        end.should.be.approximately(same.end, 0.12, word);
      }
      other
        .filter(({ word, start }) => usual.some((one) => one.word === word && Math.abs(one.start - start) < 0.12))
        .length.should.be.above(usual.length / 2);
    }
  });

  it("is no surer of what is no English", async () => {
    const backwards = soundOf("cold-hearted.wav").slice().reverse();
    const { confidence } = await hear(model, backwards, IN_FILES, pause);
    should(confidence).be.below(0.5);
  });
});
