import type { Dispatcher } from "undici";
import type { ErrorCode, TextKey } from "../errors";
import { networkFailure, RequestFailure } from "./failure";
import { retrying } from "./retry";
import type { RouteOptions, Transport } from "./transport";
import { httpUrl } from "./url";
import { Watchdog } from "./watchdog";

const MAX_REDIRECTS = 5;
const REDIRECTS = [300, 301, 302, 303, 307, 308];
/** Answers such as `102 Processing` that may come before the answer itself; a server can send them without end. */
const MAX_INTERIM = 100;

/** What is sent to one address. */
export interface Outgoing {
  method: "GET" | "POST" | "DELETE";
  headers: Record<string, string>;
  body?: Dispatcher.RequestOptions["body"] | AsyncIterable<Buffer>;
}

/** An answer whose body is still to come; whoever has it reads the body or destroys it. */
export interface Incoming {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Dispatcher.ResponseData["body"];
  /** Where it came from, after all redirects. */
  url: URL;
}

/**
 * Sends a request, and a GET again where the answer points to, as long as that is an http(s) address.
 * @param make gives what is sent to an address; asked anew for each redirect, so that a key goes no further than it may
 * @param watch told of progress; ends the request when it fires, also one that still waits for a connection
 * @param route looked at for each address
 * @throws what undici and the transport throw; the watch's reason
 */
export async function send(
  transport: Transport,
  url: URL,
  make: (url: URL) => Outgoing | Promise<Outgoing>,
  watch: Watchdog,
  route?: RouteOptions,
): Promise<Incoming> {
  for (let at = url, hop = 0; ; hop++) {
    const { method, headers, body = null } = await make(at);
    const dispatcher = await transport.dispatcher(at.origin, route);
    let interim = 0;
    const answer = await dispatcher.request({
      origin: at.origin,
      path: at.pathname + at.search,
      method,
      headers,
      body: body as Dispatcher.RequestOptions["body"] & typeof body, // undici takes async iterables, its types do not say so
      headersTimeout: 0,
      bodyTimeout: 0,
      signal: watch.signal,
      onInfo: () => {
        if (++interim <= MAX_INTERIM) watch.touch();
      },
    });
    watch.touch();
    const { statusCode: status } = answer;
    const next =
      method === "GET" && hop < MAX_REDIRECTS && REDIRECTS.includes(status) ? target(answer.headers, at) : undefined;
    if (!next) return { status, headers: answer.headers, body: answer.body, url: at };
    await answer.body.dump();
    at = next;
  }
}

/** Where an answer points to; undefined for what is no http(s) address. */
function target(headers: Incoming["headers"], from: URL): URL | undefined {
  const location = [headers["location"]].flat()[0];
  return location === undefined ? undefined : httpUrl(location, from);
}

interface RepeatOptions {
  method: string;
  /** Whom it goes to, as it may be told in an error. */
  url: string;
  /** Seconds without progress until one try is given up. */
  timeout: number;
  /** Seconds that one try may take, whatever progress it makes. */
  seconds?: number | undefined;
  retries: number;
  signal?: AbortSignal | undefined;
  redact?: (text: string) => string;
}

/**
 * Tries a request until it succeeds, fails for good or was repeated often enough.
 * @param attempt whoever it leaves a body with stops the watch at the end of that, when `goesOn`
 * @throws GladiaError; the signal's reason
 */
export function repeating<T>(
  options: RepeatOptions,
  attempt: (watch: Watchdog) => Promise<T>,
  goesOn = false,
): Promise<T> {
  const { method, url, timeout, seconds, retries, signal, redact } = options;
  const after = (code: ErrorCode, key: TextKey) => (milliseconds: number) =>
    new RequestFailure(
      code,
      key,
      { method, url, seconds: milliseconds / 1000 },
      { retryable: true },
      { outcomeUnknown: true },
    );
  const idle = after("GLADIA_TIMEOUT", "timeout-request");
  const endless = after("GLADIA_RESPONSE", "response-endless");
  return retrying(
    async () => {
      const watch = new Watchdog(timeout * 1000, signal, () => idle(timeout * 1000), endless);
      if (seconds !== undefined) watch.endIn(seconds * 1000);
      try {
        const result = await attempt(watch);
        if (!goesOn) watch.stop();
        return result;
      } catch (error) {
        watch.stop();
        signal?.throwIfAborted();
        throw networkFailure(watch.reason ?? error, method, url, redact);
      }
    },
    {
      retries,
      signal,
      // A wrong answer mostly stays wrong, and an upload may be a gigabyte: once more is enough.
      again: (failed, n) => failed.cause.retryable && (failed.code !== "GLADIA_RESPONSE" || n === 0),
    },
  );
}
