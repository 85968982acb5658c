import { networkFailure } from "./failure";
import type { Watchdog } from "./watchdog";

type Body = AsyncIterable<Buffer>;

/** Whose answer it is, for errors. */
interface Asked {
  method: string;
  url: string;
  /** The caller's own signal, whose reason is passed on as it is. */
  signal?: AbortSignal | undefined;
}

/** A body's chunks, each of them counted as progress; ends the watch. @throws GladiaError when the connection breaks */
export async function* watched(body: Body, watch: Watchdog, { method, url, signal }: Asked): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of body) {
      watch.rest(); // a slow reader is not the server's fault
      yield chunk;
      watch.touch();
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw networkFailure(watch.reason ?? error, method, url);
  } finally {
    watch.stop();
  }
}

/** A body that fails when it has more bytes than it may have. */
export async function* limited(
  body: AsyncIterable<Buffer>,
  most: number,
  tooLarge: () => Error,
): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > most) throw tooLarge();
    yield chunk;
  }
}

/** A body as text; of a longer one than `limit` bytes, the beginning. */
export async function readText(body: Body, limit: number, watch: Watchdog): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    watch.touch();
    chunks.push(chunk);
    size += chunk.length;
    if (size > limit) break;
  }
  return Buffer.concat(chunks).toString("utf8");
}
