import { createReadStream } from "node:fs";
import type { FileBytes } from "./bytes";
import type { Said } from "./limits";

/** What the header of a FLAC file says. Without `duration` its writer did not know. */
export interface Flac extends Said {
  rate: number;
  channels: number;
  /** the block that describes the stream */
  info: Buffer;
  /** byte at which the sound begins */
  from: number;
}

const INFO = 34;
/** More blocks before the sound than any tagger makes. */
const MOST_BLOCKS = 1024;

/**
 * Reads the header of a FLAC file, passing over pictures and tags.
 * @param start byte at which it begins
 * @returns undefined where there is none
 */
export async function readFlac(bytes: FileBytes, start: number): Promise<Flac | undefined> {
  if ((await bytes.read(start, 4)).toString("latin1") !== "fLaC") return undefined;
  let info: Buffer | undefined;
  let at = start + 4;
  for (let count = 0; count < MOST_BLOCKS; count++) {
    const head = await bytes.read(at, 4);
    if (head.length < 4) break;
    const kind = head.readUInt8(0);
    // Sound: a block that should have been the last did not say so.
    if (kind === 0xff) break;
    const body = at + 4;
    if ((kind & 0x7f) === 0) {
      const block = await bytes.read(body, INFO);
      if (block.length === INFO) info ??= Buffer.from(block);
    }
    at = body + head.readUIntBE(1, 3);
    if (kind & 0x80) break;
  }
  if (info === undefined) return undefined;
  const rate = info.readUIntBE(10, 3) >> 4;
  const channels = ((info.readUInt8(12) >> 1) & 7) + 1;
  const samples = (info.readUInt8(13) & 15) * 2 ** 32 + info.readUInt32BE(14);
  return { rate, channels, ...(rate && samples && { duration: samples / rate }), info, from: at };
}

/**
 * The sound behind a header of the plainest kind, for a decoder that would take pictures for sound.
 * @param step bytes read at once
 */
export async function* plainFlac(file: string, { info, from }: Flac, step: number): AsyncGenerator<Uint8Array> {
  yield Buffer.concat([Buffer.from("fLaC"), Buffer.from([0x80, 0, 0, INFO]), info]);
  yield* createReadStream(file, { start: from, highWaterMark: step });
}
