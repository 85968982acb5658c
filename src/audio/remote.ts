import { GladiaError, safeUrl } from "../errors";
import { watched } from "../http/body";
import { networkFailure, RequestFailure, statusFailure } from "../http/failure";
import { retrying } from "../http/retry";
import { loadUndici, type Transport } from "../http/transport";
import { Watchdog } from "../http/watchdog";
import { type AudioStream, refuse } from "./source";
import { passingAudio } from "./stream";

const REDIRECTS = 5;
/** Milliseconds that a download may wait to be sent on. */
const PATIENCE = 10_000;

export interface DownloadOptions {
  transport: Transport;
  /** Seconds without progress. */
  timeout: number;
  retries: number;
  filename?: string | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Audio behind an http(s) URL, downloaded here while it is sent on. Each try downloads it anew. No key goes there.
 * @throws GladiaError GLADIA_AUDIO when the address gives no audio, GLADIA_NETWORK / GLADIA_TIMEOUT when it does not answer
 */
export async function remoteAudio(url: string, options: DownloadOptions): Promise<AudioStream> {
  const { hostname, pathname } = new URL(url);
  const open = (signal?: AbortSignal) => download(url, options, signal);
  let current = await open(options.signal);
  let fresh = true;
  // A message may wait long for its turn, and the other side's patience ends before: then it is fetched anew.
  const timer = setTimeout(() => {
    fresh = false;
    void current.close();
  }, PATIENCE).unref();
  return {
    kind: "stream",
    name: options.filename ? current.name : nameOf(pathname, current.name, hostname),
    replayable: true,
    open: async (signal) => {
      clearTimeout(timer);
      if (!fresh) {
        await current.close();
        current = await open(signal);
      }
      fresh = false;
      return current.open(signal);
    },
    close: () => {
      clearTimeout(timer);
      return current.close();
    },
  };
}

function nameOf(pathname: string, sniffed: string, hostname: string): string {
  const last = pathname.split("/").pop() ?? "";
  try {
    return decodeURIComponent(last) || sniffed || hostname;
  } catch {
    return last;
  }
}

async function download(url: string, options: DownloadOptions, signal?: AbortSignal): Promise<AudioStream> {
  const { request } = await loadUndici();
  const shown = safeUrl(url);
  const tooLong = () => {
    const params = { method: "GET", url: shown, seconds: options.timeout };
    return new RequestFailure("GLADIA_TIMEOUT", "timeout-request", params, { retryable: true });
  };
  return retrying(
    async () => {
      const watch = new Watchdog(options.timeout * 1000, signal, tooLong);
      try {
        let target = new URL(url);
        for (let hop = 0; ; hop++) {
          const answer = await request(target, {
            method: "GET",
            headers: login(target),
            dispatcher: await options.transport.dispatcher(target.origin),
            signal: watch.signal,
            headersTimeout: 0,
            bodyTimeout: 0,
          });
          watch.touch();
          const location = [answer.headers["location"]].flat()[0];
          if (answer.statusCode >= 300 && answer.statusCode < 400 && location && hop < REDIRECTS) {
            await answer.body.dump();
            target = new URL(location, target);
            continue;
          }
          if (answer.statusCode !== 200) {
            await answer.body.dump();
            throw refusedStatus(answer.statusCode, answer.headers, shown);
          }
          const length = Number([answer.headers["content-length"]].flat()[0]);
          const encoded = answer.headers["content-encoding"] !== undefined;
          return await passingAudio(watched(answer.body, watch, { method: "GET", url: shown }), {
            filename: options.filename,
            what: shown,
            size: Number.isInteger(length) && !encoded ? length : undefined,
            close: async () => {
              watch.stop();
              answer.body.on("error", () => {}).destroy(); // given up by us: its abort is no news
            },
          });
        }
      } catch (error) {
        watch.stop();
        signal?.throwIfAborted();
        throw networkFailure(watch.reason ?? error, "GET", url);
      }
    },
    { retries: options.retries, signal },
  );
}

/** Cameras at home are often reached by `http://user:password@address` (RFC 7617). */
function login({ username, password }: URL): Record<string, string> {
  if (!username) return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString("base64")}` };
}

/** 5xx and 429 may pass; anything else means that the address does not give the audio. */
function refusedStatus(
  status: number,
  headers: Record<string, string | string[] | undefined>,
  url: string,
): GladiaError {
  if (status >= 500 || status === 429) {
    return statusFailure(status, headers, "", "GET", url);
  }
  return new GladiaError("GLADIA_AUDIO", "audio-link-status", { url, status }, { status });
}

/** Whether a text is an http(s) URL. @throws GladiaError GLADIA_AUDIO for one that begins so but is none */
export function isLink(text: string): boolean {
  if (!/^https?:\/\//i.test(text)) {
    return false;
  }
  if (!URL.canParse(text) || /\s/.test(text)) {
    throw refuse("audio-url", { url: safeUrl(text) });
  }
  return true;
}
