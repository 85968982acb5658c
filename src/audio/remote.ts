import { GladiaError } from "../errors";
import { watched } from "../http/body";
import { statusFailure } from "../http/failure";
import { type Incoming, repeating, send } from "../http/request";
import type { Transport } from "../http/transport";
import { httpUrl, MAX_URL_LENGTH } from "../http/url";
import { bestName, dispositionName, linkName } from "./names";
import { type AudioStream, OWNER, refuse, shown, shownUrl, type Trust } from "./source";
import { passingAudio } from "./stream";
import { unpacked } from "./unpack";

/** Milliseconds that a download may wait to be sent on. */
const PATIENCE = 10_000;
/** Seconds that one may take, a radio station's, say: Gladia takes no audio that lasts longer (255 minutes). */
const LONGEST = 15_300;

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
  const { transport, timeout, retries, trust = OWNER } = options;
  const about = shownUrl(url);
  const goesOn = true;
  return repeating(
    { method: "GET", url: about, timeout, seconds: LONGEST, retries, signal },
    async (watch) => {
      const make = (at: URL) => ({ method: "GET" as const, headers: login(at) });
      const answer = await send(transport, new URL(url), make, watch, { publicOnly: !trust.lan });
      if (answer.status !== 200) {
        await answer.body.dump();
        throw refusedAnswer(answer, about);
      }
      const header = (name: string) => [answer.headers[name]].flat().join(", ") || undefined;
      const length = Number([answer.headers["content-length"]].flat()[0]);
      const coding = header("content-encoding");
      const body = watched(answer.body, watch, { method: "GET", url: about });
      const names = [dispositionName(header("content-disposition")), linkName(new URL(url)), linkName(answer.url)];
      return passingAudio(unpacked(body, coding, about), {
        filename: options.filename || bestName(names) || answer.url.hostname,
        trust,
        what: about,
        size: Number.isInteger(length) && coding === undefined ? length : undefined,
        close: async () => {
          watch.stop();
          answer.body.on("error", () => {}).destroy(); // given up by us: its abort is no news
        },
      });
    },
    goesOn,
  );
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
function refusedAnswer({ status, headers, url: from }: Incoming, url: string): GladiaError {
  if (status >= 500 || status === 429) {
    return statusFailure(status, headers, "", "GET", url);
  }
  const location = [headers["location"]].flat()[0];
  if (status >= 300 && status < 400 && location && !httpUrl(location, from)) {
    return refuse("audio-redirect", { url, target: shown(location.split(/[?#]/)[0] ?? "") });
  }
  return new GladiaError("GLADIA_AUDIO", "audio-link-status", { url, status }, { status });
}

/** Whether a text is an http(s) URL. @throws GladiaError GLADIA_AUDIO for one that begins so but is none */
export function isLink(text: string): boolean {
  if (!/^https?:\/\//i.test(text)) {
    return false;
  }
  if (text.length > MAX_URL_LENGTH || !URL.canParse(text) || /\s/.test(text)) {
    throw refuse("audio-url", { url: shownUrl(text.slice(0, MAX_URL_LENGTH)) });
  }
  return true;
}
