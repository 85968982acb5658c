import type { Watchdog } from "./http/watchdog";

/**
 * A line slower than this (bytes a second) is taken for a dead one. What was handed to the system's send buffers goes
 * out unseen, so after a piece of n bytes n / SLOWEST_LINE seconds of silence are no fault.
 */
const SLOWEST_LINE = 64 * 1024;
/** Bytes that the system's send and receive buffers may hold after the last piece was handed over (Linux: 4 + 6 MB). */
const BUFFERED = 10_000_000;

/**
 * A multipart/form-data body with one file part called `audio`, made while it is sent (RFC 7578). form-data writes the
 * envelope, of an empty file, and the chunks go in between: they may be buffers that their reader uses again.
 * @param size bytes of the file, where known: then the body has a content-length
 * @param watch told of each piece
 * @param onChunk given each chunk of the file before it is sent
 * @param onBytes told how many bytes of the file were sent so far
 */
export async function multipartAudio(
  name: string,
  size: number | undefined,
  chunks: AsyncIterable<Buffer>,
  watch: Watchdog,
  onChunk: (chunk: Buffer) => void,
  onBytes: (bytes: number) => void,
): Promise<{ body: AsyncIterable<Buffer>; headers: Record<string, string> }> {
  const { default: FormData } = await import("form-data");
  const form = new FormData();
  form.append("audio", Buffer.alloc(0), { filename: name, contentType: "application/octet-stream" });
  const envelope = form.getBuffer();
  const end = envelope.lastIndexOf("\r\n--");
  const [head, tail] = [envelope.subarray(0, end), envelope.subarray(end)];
  const headers: Record<string, string> = form.getHeaders();
  if (size !== undefined) {
    headers["content-length"] = String(head.length + size + tail.length);
  }
  return { body: body(head, tail, chunks, watch, onChunk, onBytes), headers };
}

async function* body(
  head: Buffer,
  tail: Buffer,
  chunks: AsyncIterable<Buffer>,
  watch: Watchdog,
  onChunk: (chunk: Buffer) => void,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  yield head;
  let sent = 0;
  for await (const chunk of chunks) {
    sent += chunk.length;
    onChunk(chunk);
    watch.touch((chunk.length / SLOWEST_LINE) * 1000);
    yield chunk;
    onBytes(sent);
    watch.touch();
  }
  watch.touch((Math.min(sent, BUFFERED) / SLOWEST_LINE) * 1000);
  yield tail;
}
