import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEngine, type Engine, scripted } from "../../local/src/index";

export type { Engine };

/** A local engine with the scripted recogniser and a folder of its own, which goes when it closes. */
export async function startEngine(key = "key"): Promise<Engine & { folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), "gladia-test-"));
  const engine = await createEngine({ port: 0, recogniser: scripted(), data: folder, key });
  engine.control.settings.languages = "any";
  const close = async () => {
    await engine.close();
    await rm(folder, { recursive: true, force: true });
  };
  return Object.assign(Object.create(engine), { folder, close });
}

/** A WAV file of noise: 16 kHz, 16 bit, mono; `seconds` long, another for each `seed`. */
export function wav(seconds = 0.5, seed = 1): Buffer {
  const samples = Math.round(seconds * 16_000);
  const bytes = Buffer.alloc(44 + samples * 2);
  bytes.write("RIFF", 0, "latin1");
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.write("WAVEfmt ", 8, "latin1");
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(16_000, 24);
  bytes.writeUInt32LE(32_000, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write("data", 36, "latin1");
  bytes.writeUInt32LE(samples * 2, 40);
  let state = seed;
  for (let at = 44; at < bytes.length; at += 2) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes.writeInt16LE((state >>> 16) - 32_768, at);
  }
  return bytes;
}
