import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { UnreadableAudio } from "../recogniser/types";
import { MOST_SECONDS, type Said } from "./limits";
import type { Kind } from "./sniff";

/** After so long without a byte ffmpeg is lost in a broken file, ms. */
const PATIENCE = 60_000;
/** Most memory for one thing, in bytes: broken files ask for any amount. */
const MOST_MEMORY = 256 * 1024 * 1024;

/** Path of an ffmpeg; false if there is none or it must not be used. */
export type Ffmpeg = string | false;

/** Looks for ffmpeg in the folders of PATH. */
export async function findFfmpeg(): Promise<Ffmpeg> {
  const names = process.platform === "win32" ? ["ffmpeg.exe"] : ["ffmpeg"];
  for (const folder of (process.env["PATH"] ?? "").split(delimiter).filter(Boolean)) {
    for (const name of names) {
      const path = join(folder, name);
      const found = await access(path, constants.X_OK).then(
        () => true,
        () => false,
      );
      if (found) return path;
    }
  }
  return false;
}

/** Refuses what cannot be read without ffmpeg. */
export function requireFfmpeg(kind: Kind, ffmpeg: Ffmpeg): string {
  if (ffmpeg) return ffmpeg;
  throw new UnreadableAudio(
    `${kind.extension} files are read with ffmpeg, which was not found. Install it, or send wav, mp3, flac, ogg or opus.`,
    415,
  );
}

/**
 * The first sound track of a file as the bytes of a 16 kHz WAV file, while ffmpeg makes them.
 *
 * @throws UnreadableAudio if there is no ffmpeg, or it cannot read the file
 */
export async function* ffmpegWav(file: string, kind: Kind, ffmpeg: Ffmpeg): AsyncGenerator<Uint8Array> {
  const output = `-map 0:a:0 -map_metadata -1 -bitexact -t ${MOST_SECONDS + 1} -c:a pcm_s16le -ar 16000 -f wav pipe:1`;
  const child = spawn(requireFfmpeg(kind, ffmpeg), [...input(file, kind), ...output.split(" ")], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = end(child);
  const chunks = (child.stdout as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { value, done } = await patiently(child, chunks.next());
      if (done) break;
      yield value;
    }
    const { code, said } = await patiently(child, ended);
    if (code !== 0) throw new UnreadableAudio(`ffmpeg cannot read the ${kind.extension} file: ${said}`);
  } finally {
    child.kill("SIGKILL");
    // The end of a child that was killed may be a failure, and nobody else waits for it.
    await ended.catch(() => {});
  }
}

/** Waits for ffmpeg, which is ended when it takes too long. */
async function patiently<T>(child: ChildProcess, promised: Promise<T>): Promise<T> {
  const timer = setTimeout(() => child.kill("SIGKILL"), PATIENCE);
  try {
    return await promised;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * What ffmpeg tells of the first sound track of a file; `duration` (seconds) only where it does not guess.
 *
 * @throws UnreadableAudio if there is no ffmpeg, or no sound
 */
export async function ffmpegProbe(file: string, kind: Kind, ffmpeg: Ffmpeg): Promise<Said & { declared?: number }> {
  // Without an output ffmpeg describes the input, and then calls that a failure.
  const child = spawn(requireFfmpeg(kind, ffmpeg), ["-hide_banner", ...input(file, kind, "info")], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const { text } = await patiently(child, end(child));
  const [, rate, layout] = /Audio: [^\n]*?(\d+) Hz, ([^,\n]+)/.exec(text) ?? [];
  if (!rate || !layout)
    throw new UnreadableAudio(`There is no sound in the ${kind.extension} file that ffmpeg can read.`);
  const [, hours, minutes, seconds] = /Duration: (\d+):(\d+):([\d.]+)/.exec(text) ?? [];
  const guessed = text.includes("Estimating duration from bitrate");
  const duration = seconds && !guessed ? Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds) : 0;
  return { rate: Number(rate), channels: countChannels(layout), ...(duration > 0 && { duration, declared: duration }) };
}

/** ffmpeg's names of channel layouts: mono, stereo, 5.1, 5.1(side), "3 channels". */
function countChannels(layout: string): number {
  if (layout.startsWith("mono")) return 1;
  const [, whole, part] = /^(\d+)(?:\.(\d+))?/.exec(layout) ?? [];
  return whole ? Number(whole) + Number(part ?? 0) : 2;
}

/** A film may name other files and addresses as its parts; none of them is opened. */
function input(file: string, kind: Kind, level = "error"): string[] {
  const limits = ["-max_alloc", String(MOST_MEMORY), "-protocol_whitelist", "file,pipe"];
  return ["-v", level, "-nostdin", ...limits, "-f", kind.demuxer, "-i", `file:${file}`];
}

/** Waits for the end of ffmpeg; `said` is the last line of what it said, `text` the last 64 kB. */
async function end(child: ChildProcess): Promise<{ code: number | null; said: string; text: string }> {
  let text = "";
  child.stderr?.setEncoding("utf8").on("data", (part: string) => {
    text = (text + part).slice(-65_536);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  return { code, text, said: text.trim().split("\n").at(-1) || `exit code ${code}` };
}
