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

/** How slow a download may be: it holds a place of the recogniser. */
interface Patience {
  /** Bytes per second, on the whole, once `seconds` have passed. */
  slowest: number;
  seconds: number;
  /** Seconds that it may take. */
  longest: number;
}

const PATIENCE: Patience = { slowest: 10_000, seconds: 60, longest: 3600 };

/** Ends what is too slow; `signal` then aborts with what is to be told. */
class Pacing {
  private readonly ending = new AbortController();
  private readonly began = performance.now();
  private readonly timer: NodeJS.Timeout;
  private size = 0;
  readonly signal = this.ending.signal;

  constructor({ slowest, seconds, longest }: Patience, tooSlow: Error) {
    const look = () => {
      const passed = (performance.now() - this.began) / 1000;
      const isSlow = passed > seconds && this.size < passed * slowest;
      if (isSlow || passed > longest) this.ending.abort(tooSlow);
    };
    this.timer = setInterval(look, Math.min(1000, seconds * 200));
  }

  add(bytes: number): void {
    this.size += bytes;
  }

  stop(): void {
    clearInterval(this.timer);
  }
}

/**
 * Opens audio that lies at someone else's address.
 * @param source an http or https address
 * @param signal ends the fetch
 * @returns its bytes, chunk by chunk, and a file name
 * @throws ApiError 400 when it cannot be had, or comes too slowly; when the bytes stop, the iteration throws the same
 */
export async function download(
  source: string,
  signal: AbortSignal,
  patience = PATIENCE,
): Promise<{ chunks: AsyncIterable<Uint8Array>; filename: string }> {
  const failed = (reason: string) => new ApiError(400, `audio_url could not be fetched: ${reason}`);
  const pacing = new Pacing(patience, failed("it comes too slowly, or does not end"));
  const faultOf = (error: unknown) => {
    pacing.stop();
    signal.throwIfAborted();
    pacing.signal.throwIfAborted();
    return failed(textOf((error as Error).cause ?? error));
  };
  let response: Response;
  try {
    response = await fetch(source, { signal: AbortSignal.any([signal, pacing.signal]) });
  } catch (error) {
    throw faultOf(error);
  }
  const { body } = response;
  if (!response.ok || body === null) {
    pacing.stop();
    await body?.cancel();
    throw failed(`${new URL(source).host} answered ${response.status}`);
  }
  const chunks = async function* () {
    try {
      for await (const chunk of body) {
        pacing.add(chunk.byteLength);
        yield chunk;
      }
    } catch (error) {
      throw faultOf(error);
    } finally {
      pacing.stop();
    }
  };
  return { chunks: chunks(), filename: nameOf(response, new URL(response.url)) };
}
