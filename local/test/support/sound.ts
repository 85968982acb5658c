import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Folder of the bundled recordings. */
export const SPEECH = join(__dirname, "..", "..", "speech");
/** Folder of one of them in other formats. */
export const FIXTURES = join(__dirname, "..", "fixtures");
/** Hz, of all of it. */
export const RATE = 16_000;

/** Samples of a bundled recording, -1 to 1. */
export function recording(name: string): Float32Array {
  const bytes = readFileSync(join(SPEECH, name)).subarray(44);
  return Float32Array.from({ length: bytes.length / 2 }, (_, index) => bytes.readInt16LE(index * 2) / 32_768);
}

/** Sounds one after the other; a number is so many seconds of silence. */
export function sequence(...parts: (Float32Array | number)[]): Float32Array {
  const sounds = parts.map((part) => (typeof part === "number" ? new Float32Array(part * RATE) : part));
  const whole = new Float32Array(sounds.reduce((sum, sound) => sum + sound.length, 0));
  let at = 0;
  for (const sound of sounds) {
    whole.set(sound, at);
    at += sound.length;
  }
  return whole;
}

/** Bytes of a 16-bit WAV file with a channel for each sound; a shorter one ends in silence. */
export function wav(channels: Float32Array[], rate = RATE): Buffer {
  const frames = Math.max(...channels.map((channel) => channel.length));
  const size = frames * channels.length * 2;
  const bytes = Buffer.alloc(44 + size);
  bytes.write("RIFF", 0, "latin1");
  bytes.writeUInt32LE(36 + size, 4);
  bytes.write("WAVEfmt ", 8, "latin1");
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(channels.length, 22);
  bytes.writeUInt32LE(rate, 24);
  bytes.writeUInt32LE(rate * channels.length * 2, 28);
  bytes.writeUInt16LE(channels.length * 2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write("data", 36, "latin1");
  bytes.writeUInt32LE(size, 40);
  for (let frame = 0; frame < frames; frame++) {
    channels.forEach((channel, index) => {
      const value = Math.round(Math.max(-1, Math.min(1, channel[frame] ?? 0)) * 32_767);
      bytes.writeInt16LE(value, 44 + (frame * channels.length + index) * 2);
    });
  }
  return bytes;
}

/** Writes a WAV file and gives its path. */
export async function wavFile(folder: string, name: string, channels: Float32Array[], rate = RATE): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, wav(channels, rate));
  return path;
}
