import { open } from "node:fs/promises";

/** What a WAV header says, and where the samples lie. */
export interface Wav {
  channels: number;
  sampleRate: number;
  bytesPerFrame: number;
  /** byte positions in the file */
  from: number;
  to: number;
}

/**
 * Reads the header of a WAV file.
 * @returns undefined for any other file
 */
export async function readWav(path: string): Promise<Wav | undefined> {
  const handle = await open(path, "r");
  try {
    const { size } = await handle.stat();
    const head = Buffer.alloc(Math.min(size, 65_536));
    await handle.read(head, 0, head.length, 0);
    if (head.toString("latin1", 0, 4) !== "RIFF" || head.toString("latin1", 8, 12) !== "WAVE") return undefined;
    let format: Pick<Wav, "channels" | "sampleRate" | "bytesPerFrame"> | undefined;
    for (let at = 12; at + 8 <= head.length; ) {
      const name = head.toString("latin1", at, at + 4);
      const length = head.readUInt32LE(at + 4);
      const from = at + 8;
      if (name === "fmt " && from + 16 <= head.length) {
        format = {
          channels: head.readUInt16LE(from + 2),
          sampleRate: head.readUInt32LE(from + 4),
          bytesPerFrame: head.readUInt16LE(from + 12),
        };
      }
      if (name === "data") {
        if (format === undefined || format.sampleRate === 0 || format.bytesPerFrame === 0) return undefined;
        // Writers that do not know the length yet put a huge one.
        return { ...format, from, to: Math.min(from + length, size) };
      }
      at = from + length + (length % 2);
    }
    return undefined;
  } finally {
    await handle.close();
  }
}

/** True when the two channels of a 16-bit file differ within its first megabyte; other files count as different. */
export async function channelsDiffer(path: string, wav: Wav): Promise<boolean> {
  if (wav.channels !== 2 || wav.bytesPerFrame !== 4) return wav.channels > 1;
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
