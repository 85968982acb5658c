import { open } from "node:fs/promises";
import type { Wav } from "../audio/wav";

/** True when the two channels of a 16-bit file differ within its first megabyte; other files count as different. */
export async function channelsDiffer(path: string, wav: Wav): Promise<boolean> {
  if (wav.channels !== 2 || wav.codec !== "pcm" || wav.bits !== 16) return wav.channels > 1;
  const handle = await open(path, "r");
  try {
    const samples = Buffer.alloc(Math.min(wav.to - wav.from, 1 << 20));
    const { bytesRead } = await handle.read(samples, 0, samples.length, wav.from);
    for (let at = 0; at + 4 <= bytesRead; at += 4) {
      if (samples.readInt16LE(at) !== samples.readInt16LE(at + 2)) return true;
    }
    return false;
  } finally {
    await handle.close();
  }
}
