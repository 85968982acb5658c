import { createHash, randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { sweep, writeAtomically } from "../atomic";
import { ApiError } from "../errors";
import type { Probe } from "../recogniser/types";

/** One audio file held by the engine. `size` in bytes, `audio_duration` in seconds. */
export interface StoredFile {
  id: string;
  filename: string;
  source: string | null;
  extension: string;
  size: number;
  audio_duration: number;
  number_of_channels: number;
  sha256: string;
  /** name of the file within its own folder */
  stored: string;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The last part of a client's file name, cut to what every file system takes. */
function safeName(name: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? "";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  let safe = last.replace(/[\u0000-\u001f\u007f<>:"|?*]/g, "_").trim();
  while (Buffer.byteLength(safe) > 200) safe = safe.slice(1);
  return /^\.*$/.test(safe) ? "audio" : safe;
}

/**
 * The audio files of an engine: each in a folder of its own under its own name, so that a recogniser sees the
 * extension, with a JSON file beside it that says what it is.
 */
export class FileStore {
  private constructor(
    private readonly folder: string,
    private readonly drafts: string,
  ) {}

  /**
   * Opens the store, clearing what an interrupted upload left behind.
   * @param data the engine's folder
   */
  static async open(data: string): Promise<FileStore> {
    const folder = join(data, "files");
    const drafts = join(data, "incoming");
    await rm(drafts, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    await mkdir(drafts, { recursive: true });
    const names = new Set(await sweep(folder));
    const orphans = [...names].filter((name) => UUID.test(name) && !names.has(`${name}.json`));
    await Promise.all(orphans.map((name) => rm(join(folder, name), { recursive: true, force: true })));
    return new FileStore(folder, drafts);
  }

  /**
   * Takes a file in, chunk by chunk.
   * @param chunks the bytes
   * @param facts `filename` as the client gave it, `source` its address if it was fetched, `limit` in bytes
   * @param probe says what the file is
   * @throws ApiError 400 for an empty file, 413 past the limit; what `probe` throws
   */
  async receive(
    chunks: AsyncIterable<Uint8Array>,
    facts: { filename: string; source?: string; limit: number; signal?: AbortSignal },
    probe: (path: string) => Promise<Probe>,
  ): Promise<StoredFile> {
    const id = randomUUID();
    const stored = safeName(facts.filename);
    const draft = join(this.drafts, id);
    await mkdir(draft);
    try {
      const hash = createHash("sha256");
      let size = 0;
      const measured = async function* (bytes: AsyncIterable<Uint8Array>) {
        for await (const chunk of bytes) {
          size += chunk.byteLength;
          if (size > facts.limit) throw new ApiError(413, `The file is larger than ${facts.limit} bytes`);
          hash.update(chunk);
          yield chunk;
        }
      };
      const path = join(draft, stored);
      const options = facts.signal === undefined ? {} : { signal: facts.signal };
      await pipeline(chunks, measured, createWriteStream(path, { flush: true }), options);
      if (size === 0) throw new ApiError(400, "The file is empty");
      const { extension, duration, channels } = await probe(path);
      const file: StoredFile = {
        id,
        filename: facts.filename,
        source: facts.source ?? null,
        extension,
        size,
        audio_duration: duration,
        number_of_channels: channels,
        sha256: hash.digest("hex"),
        stored,
      };
      await rename(draft, join(this.folder, id));
      await writeAtomically(join(this.folder, `${id}.json`), JSON.stringify(file));
      return file;
    } catch (error) {
      await rm(draft, { recursive: true, force: true });
      throw error;
    }
  }

  /** What is held under an id, undefined when nothing is. */
  async find(id: string): Promise<StoredFile | undefined> {
    if (!UUID.test(id)) return undefined;
    try {
      return JSON.parse(await readFile(join(this.folder, `${id}.json`), "utf8"));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }

  /** Where the bytes of a file lie. */
  path(file: StoredFile): string {
    return join(this.folder, file.id, file.stored);
  }

  /** Deletes a file for good. */
  async remove(id: string): Promise<void> {
    await rm(join(this.folder, `${id}.json`), { force: true });
    await rm(join(this.folder, id), { recursive: true, force: true });
  }
}
