import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import should from "should";
import { decodeFile } from "../../src/audio/decode";
import { findFfmpeg } from "../../src/audio/ffmpeg";
import { MOST_SECONDS } from "../../src/audio/limits";
import { readHeaders } from "../../src/audio/probe";
import { RATE } from "../../src/audio/track";
import { seeded } from "../../src/faults";
import type { Engine } from "../../src/index";
import { createMoonshine, type Moonshine } from "../../src/recogniser/moonshine";
import { UnreadableAudio } from "../../src/recogniser/types";
import { AMR, BUILT_IN, fixture, SILENT_WAVS, WAVS } from "../support/containers";
import { call, closeAll, final, start, upload } from "../support/engine";

/** Broken files of each kind of container. */
const OF_EACH = 4;
/** One of so many that are taken goes all the way to a transcript. */
const TO_THE_END = 10;
/** Values that programs stumble over. */
const ODD = [0, 1, 2, 0x7f, 0x80, 0xff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff];

/** Breaks a file: mostly where its headers are, in the ways that disks, networks and bad writers do, and some worse. */
function broken(whole: Buffer, random: () => number): Buffer {
  const upTo = (most: number) => Math.floor(random() * most);
  let bytes: Buffer = Buffer.from(whole);
  for (let count = 1 + upTo(6); count > 0; count--) {
    // Two of three strike the first 200 bytes.
    const place = () => (random() < 0.67 ? upTo(Math.min(200, bytes.length)) : upTo(bytes.length));
    const at = place();
    const odd = ODD[upTo(ODD.length)] as number;
    switch (upTo(8)) {
      case 0:
        bytes = bytes.subarray(0, Math.max(1, at));
        break;
      case 1:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + upTo(40))]);
        break;
      case 2:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(0, 1 + upTo(200)), bytes.subarray(at)]);
        break;
      case 3:
        if (at + 4 <= bytes.length) bytes.writeUInt32LE(odd, at);
        break;
      case 4:
        if (at + 4 <= bytes.length) bytes.writeUInt32BE(odd, at);
        break;
      case 5:
        if (at + 2 <= bytes.length) bytes.writeUInt16LE(odd & 0xffff, at);
        break;
      case 6:
        bytes[at] = (bytes[at] as number) ^ (1 << upTo(8));
        break;
      default:
        bytes[at] = upTo(256);
    }
    if (bytes.length === 0) bytes = Buffer.from([0]);
  }
  return bytes;
}

describe("an attack with broken audio", () => {
  let folder: string;
  let model: Moonshine;
  let engines: Engine[];
  let ffmpeg: string | false;
  let taken = 0;
  const { error: say } = console;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "mutations-"));
    ffmpeg = await findFfmpeg();
  });
  beforeEach(async () => {
    model = createMoonshine();
    engines = [await start(), await start({ recogniser: model })];
  });
  // The decoder of mp3 tells the console of every byte it stumbles over.
  beforeEach(() => {
    console.error = () => {};
  });
  afterEach(async () => {
    console.error = say;
    await closeAll();
  });
  after(() => rm(folder, { recursive: true }));

  /** Sends a file to both engines and decodes it; what comes is an answer or a refusal. */
  async function attack(bytes: Buffer, what: string): Promise<"read" | "refused"> {
    for (const engine of engines) {
      const answer = await upload(engine, bytes, "a.bin");
      const { audio_url, audio_metadata, statusCode, message } = answer;
      if (audio_metadata) {
        should(audio_metadata.audio_duration).be.within(0, MOST_SECONDS, what);
        should(audio_metadata.number_of_channels).be.within(1, 8, what);
        if (taken++ % TO_THE_END > 0) continue;
        const { body } = await call(engine, "POST", "/v2/pre-recorded", { audio_url });
        const job = await final(engine, body.id);
        if (job.status === "error") should(job.error_code).be.within(400, 499, what);
      } else should([400, 415, 422].includes(statusCode)).be.true(`${what}: ${statusCode} ${message}`);
    }
    const path = join(folder, "broken");
    await writeFile(path, bytes);
    try {
      const tracks = await decodeFile(path, await readHeaders(path, ffmpeg), ffmpeg, new AbortController().signal);
      for (const { length } of tracks) (length / RATE).should.be.within(0, MOST_SECONDS, what);
      return "read";
    } catch (error) {
      should(error).be.instanceof(UnreadableAudio, `${what}: ${(error as Error).stack}`);
      return "refused";
    }
  }

  const families: [name: string, files: Record<string, Buffer>, needsFfmpeg: boolean][] = [
    ["WAV", { ...WAVS, ...SILENT_WAVS }, false],
    [
      "MP3, FLAC and Ogg",
      {
        ...Object.fromEntries(["mp3", "flac", "ogg", "opus"].map((extension) => [extension, fixture(extension)])),
        ...Object.fromEntries(Object.entries(BUILT_IN).map(([name, [, bytes]]) => [name, bytes])),
      },
      false,
    ],
    ["what ffmpeg reads", { m4a: fixture("m4a"), mp4: fixture("mp4"), webm: fixture("webm"), amr: AMR }, true],
  ];

  for (const [family, files, needsFfmpeg] of families) {
    it(`of ${family} is answered or refused, file by file, in bounded memory`, async function () {
      // Needs a tool that is not part of the package.
      if (needsFfmpeg && !ffmpeg) this.skip();
      this.timeout(120_000);
      const random = seeded(20_261_126);
      const before = process.memoryUsage().rss;
      let most = 0;
      const ends = { read: 0, refused: 0 };
      for (const [name, whole] of Object.entries(files)) {
        for (let count = 0; count < OF_EACH; count++) {
          ends[await attack(broken(whole, random), `${name}, number ${count}`)] += 1;
          most = Math.max(most, process.memoryUsage().rss - before);
        }
        const status = model.pid && (await readFile(`/proc/${model.pid}/status`, "utf8").catch(() => ""));
        const peak = Number(/VmHWM:\s+(\d+)/.exec(status || "")?.[1] ?? 0);
        peak.should.be.below(700_000, `kB of the process that decodes, at ${name}`);
      }
      // Some are still sound, and some are not: the attack is neither too weak nor too strong.
      ends.read.should.be.above(0);
      ends.refused.should.be.above(0);
      most.should.be.below(700e6);
    });
  }
});
