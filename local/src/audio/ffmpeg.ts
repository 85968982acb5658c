import { spawn } from "node:child_process";
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { UnreadableAudio } from "../recogniser/types";
import type { Kind } from "./sniff";

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
  const args = [...input(file, kind), ..."-map 0:a:0 -c:a pcm_s16le -ar 16000 -f wav pipe:1".split(" ")];
  const child = spawn(requireFfmpeg(kind, ffmpeg), args, { stdio: ["ignore", "pipe", "pipe"] });
  const ended = end(child);
  try {
    yield* child.stdout as AsyncIterable<Uint8Array>;
    const { code, said } = await ended;
    if (code !== 0) throw new UnreadableAudio(`ffmpeg cannot read the ${kind.extension} file: ${said}`);
  } finally {
    child.kill("SIGKILL");
  }
}

/**
 * Seconds and channels of the first sound track, where ffmpeg can tell.
 *
 * @throws UnreadableAudio if there is no ffmpeg, or no sound
 */
export async function ffmpegProbe(
  file: string,
  kind: Kind,
  ffmpeg: Ffmpeg,
): Promise<{ duration: number; channels: number }> {
  // Without an output ffmpeg describes the input, and then calls that a failure.
  const child = spawn(requireFfmpeg(kind, ffmpeg), ["-hide_banner", ...input(file, kind, "info")], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const { text } = await end(child);
  const sound = /Audio: [^\n]*? Hz, ([^,\n]+)/.exec(text)?.[1];
  if (!sound) throw new UnreadableAudio(`There is no sound in the ${kind.extension} file that ffmpeg can read.`);
  const [, hours, minutes, seconds] = /Duration: (\d+):(\d+):([\d.]+)/.exec(text) ?? [];
  const duration = seconds ? Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds) : 0;
  return { duration, channels: countChannels(sound) };
}

/** ffmpeg's names of channel layouts: mono, stereo, 5.1, 5.1(side), "3 channels". */
function countChannels(layout: string): number {
  if (layout.startsWith("mono")) return 1;
  const [, whole, part] = /^(\d+)(?:\.(\d+))?/.exec(layout) ?? [];
  return whole ? Number(whole) + Number(part ?? 0) : 2;
}

/** A film may name other files and addresses as its parts; none of them is opened. */
function input(file: string, kind: Kind, level = "error"): string[] {
  const format = kind.demuxer ? ["-f", kind.demuxer] : [];
  return ["-v", level, "-nostdin", "-protocol_whitelist", "file,pipe", ...format, "-i", `file:${file}`];
}

/** Waits for the end of ffmpeg; `said` is the last line of what it said, `text` the last 64 kB. */
async function end(child: ReturnType<typeof spawn>): Promise<{ code: number | null; said: string; text: string }> {
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
