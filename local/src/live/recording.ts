import { createWriteStream, type WriteStream } from "node:fs";
import { mkdir, open, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import type { AudioFormat } from "./format";
import { HEADER_SIZE, wavHeader } from "./wav";

/** Files of one live session: what was said into it, and what was told about it. */
export class SessionFiles {
  readonly #folder: string;

  /**
   * @param data the engine's folder
   * @param id of the session
   */
  constructor(data: string, id: string) {
    this.#folder = join(data, "live", id);
  }

  /** The recording: a WAV file, whose header tells the length once it is sealed. */
  get recording(): string {
    return join(this.#folder, "recording.wav");
  }

  /** The session's messages, one a line. */
  get messages(): string {
    return join(this.#folder, "messages");
  }

  /** Makes the folder, and opens the recording for samples and the messages for lines. */
  async make(format: AudioFormat): Promise<OpenFiles> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const recording = new Appender(this.recording);
    recording.add(wavHeader(format, 0));
    return { recording, messages: new Appender(this.messages) };
  }

  /**
   * Writes the length into the recording's header.
   * @returns bytes of samples, 0 without a recording
   */
  async seal(format: AudioFormat): Promise<number> {
    const size = (await this.size()) ?? 0;
    if (size < HEADER_SIZE) return 0;
    const handle = await open(this.recording, "r+");
    try {
      await handle.write(wavHeader(format, size - HEADER_SIZE), 0, HEADER_SIZE, 0);
    } finally {
      await handle.close();
    }
    return size - HEADER_SIZE;
  }

  /** Bytes of the recording as a file, undefined when there is none. */
  async size(): Promise<number | undefined> {
    try {
      return (await stat(this.recording)).size;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** The files of a session under way. */
export interface OpenFiles {
  recording: Appender;
  messages: Appender;
}

/** A file that only grows. */
export class Appender {
  readonly #stream: WriteStream;

  constructor(path: string) {
    this.#stream = createWriteStream(path, { flags: "a" });
    // Kept by the stream and thrown by `close`; without a listener it would end the process.
    this.#stream.on("error", () => undefined);
  }

  add(piece: Buffer | string): void {
    this.#stream.write(piece);
  }

  /** Closes the file; what was added is written then. @throws when it is not */
  async close(): Promise<void> {
    this.#stream.end();
    await finished(this.#stream);
  }
}
