import { type CipherGCM, createCipheriv, createHash } from "node:crypto";
import type { AudioStream } from "./source";

/**
 * What tells audio from any other: a GMAC (NIST SP 800-38D), which costs a fifth of SHA-256. The key is secret and no tag
 * leaves this machine, so nobody can make two audios with the same tag on purpose, and by chance it is one in 2^100. A
 * nonce tells tags of the same key apart where they are seen; here the same audio has to give the same one.
 */
export class AudioDigest {
  readonly #mac: CipherGCM;
  #bytes = 0;

  /** @param secret text that others do not know, the same for all audio that is compared */
  constructor(secret: string) {
    const key = createHash("sha256")
      .update(JSON.stringify(["audio", secret]))
      .digest();
    this.#mac = createCipheriv("aes-256-gcm", key, Buffer.alloc(12));
  }

  update(chunk: Buffer): void {
    this.#bytes += chunk.length;
    this.#mac.setAAD(chunk);
  }

  /** How many bytes were given, and their tag in hex; called once. */
  end(): string {
    this.#mac.final();
    return `gmac:${this.#bytes}:${this.#mac.getAuthTag().toString("hex")}`;
  }
}

/** Bytes of the audio that a digest was made of; undefined for what is none. */
export function bytesOf(digest: string): number | undefined {
  const bytes = /^gmac:(\d+):/.exec(digest)?.[1];
  return bytes === undefined ? undefined : Number(bytes);
}

/**
 * The digest of audio that can be read again, read to its end here; undefined, and nothing is read, for one of a size that
 * is not wanted.
 * @param wants whether audio of so many bytes is worth reading
 * @throws what reading it throws; the signal's reason
 */
export async function digestOf(
  audio: AudioStream,
  digest: AudioDigest,
  signal: AbortSignal,
  wants: (bytes: number) => boolean | Promise<boolean> = () => true,
): Promise<string | undefined> {
  try {
    const { size, chunks } = await audio.open(signal);
    if (size !== undefined && !(await wants(size))) return undefined;
    for await (const chunk of chunks) {
      digest.update(chunk);
      await new Promise(setImmediate); // audio in memory comes without a pause
      signal.throwIfAborted();
    }
    return digest.end();
  } finally {
    await audio.close();
  }
}
