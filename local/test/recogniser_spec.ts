import { readFileSync } from "node:fs";
import { mkdtemp, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import should from "should";
import { findFfmpeg } from "../src/audio/ffmpeg";
import { createMoonshine, type Moonshine } from "../src/recogniser/moonshine";
import type { Recognition } from "../src/recogniser/types";
import { FIXTURES, RATE, recording, SPEECH, sequence, wavFile } from "./support/sound";
import { spoken, wordErrors } from "./wer";

const TRANSCRIPTS = JSON.parse(readFileSync(join(SPEECH, "transcripts.json"), "utf8")) as Record<string, string>;

function text(recognition: Recognition, channel = 0): string {
  return spoken(
    recognition.utterances
      .filter((utterance) => utterance.channel === channel)
      .map((utterance) => utterance.text)
      .join(" "),
  ).join(" ");
}

function exists(pid: number | undefined): boolean {
  try {
    process.kill(pid as number, 0);
    return true;
  } catch {
    return false;
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await wait(20);
}

describe("the recogniser of the local engine", function () {
  // Loading the model takes seconds, on a busy machine many.
  this.timeout(60_000);

  let engine: Moonshine;
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "recogniser-"));
    engine = createMoonshine();
  });

  after(async () => {
    await engine.close();
    await rm(folder, { recursive: true });
  });

  it("understands human speech: at most 4 words in 100 are wrong", async () => {
    let errors = 0;
    let count = 0;
    for (const [name, said] of Object.entries(TRANSCRIPTS)) {
      const result = await engine.transcribe(join(SPEECH, name), {});
      result.warnings.should.eql([]);
      errors += wordErrors(spoken(said), text(result).split(" "));
      count += spoken(said).length;
    }
    count.should.equal(71);
    (errors / count).should.be.belowOrEqual(0.04);
  });

  it("gives each word its time and how sure it is", async () => {
    const { duration, distinctChannels, utterances } = await engine.transcribe(join(SPEECH, "john-dashwood.wav"), {});
    duration.should.equal(7.1);
    distinctChannels.should.equal(1);
    let last = 0;
    for (const { words, ...utterance } of utterances) {
      words
        .map(({ word }) => word)
        .join("")
        .should.equal(` ${utterance.text}`);
      should(utterance.start).equal(words[0]?.start);
      should(utterance.end).equal(words.at(-1)?.end);
      utterance.confidence.should.be.within(0.9, 1);
      for (const { word, start, end, confidence } of words) {
        word.should.match(/^ \S+$/);
        start.should.be.aboveOrEqual(last);
        end.should.be.aboveOrEqual(start);
        confidence.should.be.within(0, 1);
        last = end;
      }
    }
    last.should.be.belowOrEqual(duration);
    // By a forced alignment with another recogniser these words begin at 1.98 and 4.97 s.
    const at = (word: string) => utterances[0]?.words.find((found) => found.word === word)?.start;
    should(at(" leisure")).be.approximately(2.2, 0.2);
    should(at(" prudently")).be.approximately(4.97, 0.2);
  });

  it("keeps two channels apart", async () => {
    const sounds = [recording("john-dashwood.wav"), recording("amiable-himself.wav")];
    const result = await engine.transcribe(await wavFile(folder, "two.wav", sounds), {});
    result.distinctChannels.should.equal(2);
    text(result, 0).should.equal(TRANSCRIPTS["john-dashwood.wav"]);
    text(result, 1).should.equal(TRANSCRIPTS["amiable-himself.wav"]);
    const starts = result.utterances.map(({ start }) => start);
    starts.should.eql([...starts].sort((a, b) => a - b));
  });

  it("hears a sound that is in both channels once, and nothing in a silent one", async () => {
    const sound = recording("amiable-himself.wav");
    const quieter = sound.map((sample) => sample / 2);
    for (const channels of [
      [sound, sound],
      [sound, quieter],
      [sound, new Float32Array(0)],
    ]) {
      const result = await engine.transcribe(await wavFile(folder, "same.wav", channels), {});
      result.distinctChannels.should.equal(1);
      result.utterances.map(({ channel }) => channel).should.eql([0]);
    }
  });

  it("parts utterances at pauses", async () => {
    const first = recording("amiable-himself.wav");
    const sound = sequence(1, first, 2, recording("amiable-himself.wav"));
    const stages: string[] = [];
    const file = await wavFile(folder, "pause.wav", [sound]);
    const { utterances } = await engine.transcribe(file, { onStage: (stage) => stages.push(stage) });
    utterances
      .map((utterance) => spoken(utterance.text).join(" "))
      .should.eql([TRANSCRIPTS["amiable-himself.wav"], TRANSCRIPTS["amiable-himself.wav"]]);
    should(utterances[0]?.start).be.approximately(1.2, 0.2);
    should(utterances[1]?.start).be.approximately(3.2 + first.length / RATE, 0.2);
    should(stages[0]).equal("decoding");
    should(stages.at(-1)).match(/^transcribing \d\d %$/);
  });

  it("finds no words in silence, noise and tones", async () => {
    const tone = Float32Array.from({ length: 3 * RATE }, (_, index) => 0.3 * Math.sin(index / 6));
    let seed = 1;
    const noise = tone.map(() => {
      seed = (seed * 16_807) % 2_147_483_647;
      return seed / 2_147_483_647 - 0.5;
    });
    for (const sound of [new Float32Array(3 * RATE), tone, noise]) {
      const { utterances, distinctChannels } = await engine.transcribe(await wavFile(folder, "none.wav", [sound]), {});
      utterances.should.eql([]);
      distinctChannels.should.equal(1);
    }
  });

  it("drops what is no English and says so", async () => {
    const backwards = recording("cold-hearted.wav").reverse();
    const result = await engine.transcribe(await wavFile(folder, "backwards.wav", [backwards]), {});
    result.utterances.should.eql([]);
    result.warnings.should.eql(["1 segment dropped: not English, or not speech."]);
  });

  for (const extension of ["mp3", "flac", "ogg", "opus"]) {
    it(`reads ${extension}`, async () => {
      const file = join(FIXTURES, `amiable-himself.${extension}`);
      text(await engine.transcribe(file, {})).should.equal(TRANSCRIPTS["amiable-himself.wav"]);
    });
  }

  for (const extension of ["m4a", "mp4", "webm"]) {
    it(`reads ${extension} with ffmpeg`, async function () {
      // Needs a tool that is not part of the package.
      if (!(await findFfmpeg())) this.skip();
      const file = join(FIXTURES, `amiable-himself.${extension}`);
      text(await engine.transcribe(file, {})).should.equal(TRANSCRIPTS["amiable-himself.wav"]);
    });
  }

  it("passes on why a file cannot be read, and goes on working", async () => {
    await engine
      .transcribe(join(SPEECH, "README.md"), {})
      .should.be.rejectedWith({ name: "UnreadableAudio", status: 400, message: "The file is text, not audio." });
    await engine.transcribe(join(SPEECH, "missing.wav"), {}).should.be.rejectedWith(/ENOENT/);
    text(await engine.transcribe(join(SPEECH, "amiable-himself.wav"), {})).should.equal(
      TRANSCRIPTS["amiable-himself.wav"],
    );
  });

  it("tells when a file was cut short", async () => {
    const file = await wavFile(folder, "cut.wav", [recording("john-dashwood.wav")]);
    await truncate(file, 100_000);
    const { warnings, duration } = await engine.transcribe(file, {});
    duration.should.be.approximately(3.12, 0.01);
    warnings.should.eql(["The file ends early: it should last 7.1 s, 3.1 s are there."]);
  });

  it("does one file after the other, and drops an aborted one", async () => {
    const file = join(SPEECH, "amiable-himself.wav");
    const reason = new Error("no longer wanted");
    const [first, second, third] = [new AbortController(), new AbortController(), new AbortController()];
    third.abort(reason);
    const works = [first, second, third].map(({ signal }, index) =>
      engine.transcribe(file, {
        signal,
        onStage: (stage) => index === 0 && stage !== "decoding" && first.abort(reason),
      }),
    );
    const [one, two, three] = await Promise.allSettled(works);
    should(one).eql({ status: "rejected", reason });
    should(three).eql({ status: "rejected", reason });
    if (two?.status !== "fulfilled") throw two?.reason;
    text(two.value).should.equal(TRANSCRIPTS["amiable-himself.wav"]);
  });

  it("survives the death of its process", async () => {
    const kill = (stage: string) => stage.startsWith("transcribing") && process.kill(engine.pid as number, "SIGKILL");
    await engine
      .transcribe(join(SPEECH, "amiable-himself.wav"), { onStage: kill })
      .should.be.rejectedWith("The speech engine ended unexpectedly (signal SIGKILL).");
    should(engine.pid).be.undefined();
    // A file without speech needs a process, but spares loading the model again.
    const silence = await wavFile(folder, "silence.wav", [new Float32Array(RATE)]);
    (await engine.transcribe(silence, {})).should.containEql({ duration: 1, utterances: [] });
  });

  it("ends its process when idle, and starts another when needed", async () => {
    const short = createMoonshine({ idleSeconds: 0.1, ffmpeg: false });
    try {
      const silence = await wavFile(folder, "silence.wav", [new Float32Array(RATE)]);
      should(short.pid).be.undefined();
      await short.transcribe(silence, {});
      const { pid } = short;
      exists(pid).should.be.true();
      await until(() => !exists(pid));
      should(short.pid).be.undefined();
      await short.transcribe(silence, {});
      should(short.pid).be.a.Number();
    } finally {
      await short.close();
    }
  });

  it("ends what is under way when it is closed", async () => {
    const other = createMoonshine();
    const work = other.transcribe(join(SPEECH, "john-dashwood.wav"), { onStage: () => void other.close() });
    await work.should.be.rejectedWith("The speech engine was closed.");
  });
});
