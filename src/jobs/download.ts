import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { GladiaClient, JobKind } from "../client";
import { GladiaError } from "../errors";

/** Bytes that audio may have which is not written to a file. */
const MOST = 256 * 1024 * 1024;

interface Download {
  kind: JobKind;
  signal: AbortSignal;
}

/** The audio of a job in memory. @throws GladiaError GLADIA_RESPONSE for more than 256 MB */
export async function downloadBytes(client: GladiaClient, id: string, { kind, signal }: Download): Promise<Buffer> {
  const leave = new AbortController();
  const { body } = await client.downloadAudio(id, AbortSignal.any([signal, leave.signal]), kind);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > MOST) {
      leave.abort();
      throw new GladiaError("GLADIA_RESPONSE", "jobs-audio-large", { most: MOST / 1024 / 1024 });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * Writes the audio of a job to a file as it comes. The file is there when it is whole: what stood under its name before
 * stays until then.
 * @throws GladiaError GLADIA_CONFIG where it cannot be written
 */
export async function downloadFile(
  client: GladiaClient,
  id: string,
  path: string,
  { kind, signal }: Download,
): Promise<void> {
  const part = `${path}.part-${randomUUID()}`;
  const leave = new AbortController();
  try {
    const { body } = await client.downloadAudio(id, AbortSignal.any([signal, leave.signal]), kind);
    await mkdir(dirname(path), { recursive: true });
    // Flushed, since a power cut must not leave an empty file under the name.
    const file = createWriteStream(part, { flags: "wx", flush: true });
    await pipeline(Readable.from(body, { objectMode: false }), file, { signal });
    await rename(part, path);
  } catch (error) {
    leave.abort(); // nobody reads the rest
    await rm(part, { force: true }).catch(() => {}); // the first failure is the one to tell
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof GladiaError || !code || !/^E[A-Z]+$/.test(code)) throw error;
    throw new GladiaError("GLADIA_CONFIG", "jobs-write", { path, reason: (error as Error).message });
  }
}
