import { createHash, randomFillSync } from "node:crypto";
import { closeSync, createReadStream, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

const PIECE = 1_000_000;
/** 1 GB is an hour and a half then, which the API takes. */
const FORMAT = { rate: 48_000, channels: 2 };
const files = new Map();
let folder;

/** A file of so many bytes: the first 44 of a WAV file, then noise. Made once, removed at the end. */
export function audioFile(size) {
  if (!folder) {
    folder = mkdtempSync(join(tmpdir(), "gladia-bench-audio-"));
    process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  }
  if (!files.has(size)) {
    const path = join(folder, `${size}.wav`);
    const file = openSync(path, "w");
    const piece = Buffer.alloc(PIECE);
    for (let written = 0; written < size; written += PIECE) {
      randomFillSync(piece);
      if (written === 0) wavHead(size, FORMAT).copy(piece);
      writeSync(file, piece, 0, Math.min(PIECE, size - written));
    }
    closeSync(file);
    files.set(size, path);
  }
  return files.get(size);
}

/** The first 44 bytes of a WAV file of 16 bits and so many bytes in all. */
export function wavHead(size, { rate, channels }) {
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(size - 8, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(channels, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(rate * channels * 2, 28);
  head.writeUInt16LE(channels * 2, 32);
  head.writeUInt16LE(16, 34);
  head.write("data", 36);
  head.writeUInt32LE(size - 44, 40);
  return head;
}

/** A file's SHA-256 in hex. */
export async function hashOf(path) {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

/** How the sizes are called in tables. */
export function sizeName(bytes) {
  return bytes >= 1e9 ? `${bytes / 1e9} GB` : `${bytes / 1e6} MB`;
}
