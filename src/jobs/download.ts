import { randomUUID } from "node:crypto";
import { mkdir, open, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
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
 * Writes the audio of a job to a file as it comes. The file is there when it is whole and on the disk: what stood under its
 * name before stays until then. Nothing is asked for where it cannot be written.
 * @throws GladiaError GLADIA_CONFIG where it cannot be written
 */
export async function downloadFile(
  client: Pick<GladiaClient, "downloadAudio">,
  id: string,
  path: string,
  { kind, signal }: Download,
): Promise<void> {
  const part = `${path}.part-${randomUUID()}`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(part, "wx");
    try {
      const { body } = await client.downloadAudio(id, signal, kind);
      await writeFile(file, body, { signal });
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true }).catch(() => {}); // the first failure is the one to tell
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof GladiaError || !code || !/^E[A-Z]+$/.test(code)) throw error;
    throw new GladiaError("GLADIA_CONFIG", "jobs-write", { path, reason: (error as Error).message });
  }
}
