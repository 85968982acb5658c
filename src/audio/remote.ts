import { GladiaError } from "../errors";
import { watched } from "../http/body";
import { networkFailure, RequestFailure, statusFailure } from "../http/failure";
import { retrying } from "../http/retry";
import { loadUndici, type Transport } from "../http/transport";
import { Watchdog } from "../http/watchdog";
import { bestName, dispositionName, linkName } from "./names";
import { type AudioStream, OWNER, refuse, shown, shownUrl, type Trust } from "./source";
import { passingAudio } from "./stream";
import { unpacked } from "./unpack";

const REDIRECTS = 5;
/** Milliseconds that a download may wait to be sent on. */
const PATIENCE = 10_000;
/** Characters of a URL; more is none. */
const LONGEST_URL = 8192;

interface DownloadOptions {
  transport: Transport;
  /** Seconds without progress. */
  timeout: number;
  retries: number;
  filename?: string | undefined;
  trust?: Trust | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Audio behind an http(s) URL, downloaded and unpacked here while it is sent on. Each try downloads it anew. No key goes
 * there.
 * @throws GladiaError GLADIA_AUDIO when the address gives no audio or may not be reached for this message,
 * GLADIA_NETWORK / GLADIA_TIMEOUT when it does not answer
 */
export async function remoteAudio(url: string, options: DownloadOptions): Promise<AudioStream> {
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
    name: current.name,
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

async function download(url: string, options: DownloadOptions, signal?: AbortSignal): Promise<AudioStream> {
  const { request } = await loadUndici();
  const { transport, trust = OWNER } = options;
  const about = shownUrl(url);
  const tooLong = () => {
    const params = { method: "GET", url: about, seconds: options.timeout };
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
            dispatcher: await transport.dispatcher(target.origin, { publicOnly: !trust.lan }),
            signal: watch.signal,
            headersTimeout: 0,
            bodyTimeout: 0,
          });
          watch.touch();
          const header = (name: string) => [answer.headers[name]].flat().join(", ") || undefined;
          const location = [answer.headers["location"]].flat()[0];
          if (answer.statusCode >= 300 && answer.statusCode < 400 && location && hop < REDIRECTS) {
            await answer.body.dump();
            target = redirected(location, target, about);
            continue;
          }
          if (answer.statusCode !== 200) {
            await answer.body.dump();
            throw refusedStatus(answer.statusCode, answer.headers, about);
          }
          const length = Number([answer.headers["content-length"]].flat()[0]);
          const coding = header("content-encoding");
          const body = watched(answer.body, watch, { method: "GET", url: about });
          const names = [dispositionName(header("content-disposition")), linkName(new URL(url)), linkName(target)];
          return await passingAudio(unpacked(body, coding, about), {
            filename: options.filename || bestName(names) || target.hostname,
            trust,
            what: about,
            size: Number.isInteger(length) && coding === undefined ? length : undefined,
            close: async () => {
              watch.stop();
              answer.body.on("error", () => {}).destroy(); // given up by us: its abort is no news
            },
          });
        }
      } catch (error) {
        watch.stop();
        signal?.throwIfAborted();
        throw networkFailure(watch.reason ?? error, "GET", about);
      }
    },
    { retries: options.retries, signal },
  );
}

/** Where a server points to. @throws GladiaError GLADIA_AUDIO for what is no http(s) URL */
function redirected(location: string, from: URL, url: string): URL {
  const target =
    location.length <= LONGEST_URL && URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (target?.protocol !== "http:" && target?.protocol !== "https:") {
    throw refuse("audio-redirect", { url, target: shown(location.split(/[?#]/)[0] ?? "") });
  }
  return target;
}

/** Cameras at home are often reached by `http://user:password@address` (RFC 7617). */
function login({ username, password }: URL): Record<string, string> {
  if (!username) return {};
  const pair = [username, password].map(decoded).join(":");
  return { authorization: `Basic ${Buffer.from(pair).toString("base64")}` };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a percent sign that stands for itself
  }
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
  if (text.length > LONGEST_URL || !URL.canParse(text) || /\s/.test(text)) {
    throw refuse("audio-url", { url: shownUrl(text.slice(0, LONGEST_URL)) });
  }
  return true;
}
