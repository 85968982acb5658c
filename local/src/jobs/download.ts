import { ApiError, textOf } from "../errors";

/** The file name an answer or its address gives. */
function nameOf(response: Response, address: URL): string {
  const given = /filename="?([^";]+)"?/i.exec(response.headers.get("content-disposition") ?? "")?.[1];
  const last = address.pathname.split("/").at(-1) ?? "";
  try {
    return given ?? (decodeURIComponent(last) || "audio");
  } catch {
    // A stray % in the address is no reason to refuse the audio.
    return last;
  }
}

/**
 * Opens audio that lies at someone else's address.
 * @param source an http or https address
 * @param signal ends the fetch
 * @returns its bytes, chunk by chunk, and a file name
 * @throws ApiError 400 when it cannot be had; when the bytes stop, the iteration throws the same
 */
export async function download(
  source: string,
  signal: AbortSignal,
): Promise<{ chunks: AsyncIterable<Uint8Array>; filename: string }> {
  const failed = (reason: string) => new ApiError(400, `audio_url could not be fetched: ${reason}`);
  const reasonOf = (error: unknown) => textOf((error as Error).cause ?? error);
  let response: Response;
  try {
    response = await fetch(source, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw failed(reasonOf(error));
  }
  const { body } = response;
  if (!response.ok || body === null) {
    await body?.cancel();
    throw failed(`${new URL(source).host} answered ${response.status}`);
  }
  const chunks = async function* () {
    try {
      yield* body;
    } catch (error) {
      signal.throwIfAborted();
      throw failed(reasonOf(error));
    }
  };
  return { chunks: chunks(), filename: nameOf(response, new URL(response.url)) };
}
