import type { Dispatcher } from "undici";
import { GladiaError, safeUrl } from "../errors";
import { watched } from "./body";
import { networkFailure, RequestFailure, statusFailure } from "./failure";
import { JsonParser } from "./json-parser";
import { AnswerReading, type JsonReader } from "./reading";
import { Redactor } from "./redact";
import { retrying } from "./retry";
import { type Head, open, type Sender, whole } from "./senders";
import type { Transport } from "./transport";
import { httpUrl, parseBase } from "./url";
import { Watchdog } from "./watchdog";

const REDIRECTS = 5;
/** Bytes that an answer may have, unless a call says otherwise. */
const ANSWER = 4 * 1024 * 1024;
/** Milliseconds that such an answer may take from its head on, and any that tells of an error. */
const ANSWER_TIME = 300_000;

type Body = NonNullable<Dispatcher.RequestOptions["body"]> | AsyncIterable<Buffer>;

export interface ApiOptions {
  /** Base address, https://api.gladia.io or another that speaks the same API. */
  apiUrl: string;
  apiKey: string;
  /** Seconds without progress until one request is given up. */
  timeout: number;
  /** How often a request that may be repeated is repeated. */
  retries: number;
  /** `Product/version`, sent as x-gladia-version. */
  product: string;
  /** What must not come back in answers and errors, beside the key: secrets of the account, passwords of its proxy. */
  secrets?: Iterable<string | undefined>;
  transport: Transport;
}

interface Call {
  method: "GET" | "POST" | "DELETE";
  /** Path under the base address, or a whole URL. The key goes to the base address's origin alone. */
  path: string;
  query?: Record<string, string | number | string[] | undefined>;
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as it is, with `headers`; made anew for each try. */
  body?: (watch: Watchdog) => Promise<{ body: Body; headers: Record<string, string> }>;
  signal?: AbortSignal | undefined;
  /** Whether the request may be repeated without harm. */
  repeatable: boolean;
  /** Bytes that a good answer may have; default: 4 MB. */
  most?: number;
  /** Seconds for the whole call, whatever progress it makes. */
  seconds?: number;
  /** The answer's links are used: what is secret in them stays, but for the account's own secrets. */
  keepsLinks?: boolean;
}

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: AsyncIterable<Buffer>;
  url: string;
}

/**
 * HTTP as Gladia's API wants it: key, JSON, time limits that mean "no progress", answers with an end, retries where they
 * are safe. The account's secrets are in nothing that comes out of it.
 */
export class Api {
  readonly #base: URL;
  readonly #prefix: string;
  readonly #options: ApiOptions;
  /** Takes the account's secrets out of what others say. */
  readonly redactor: Redactor;

  /** @throws GladiaError GLADIA_CONFIG when the address or the key cannot be used */
  constructor(options: ApiOptions) {
    this.#options = options;
    this.redactor = new Redactor([options.apiKey, ...(options.secrets ?? [])]);
    this.#base = parseBase(options.apiUrl);
    this.#prefix = this.#base.href.replace(/\/$/, "");
    if (!/^[\x21-\x7e]+$/.test(options.apiKey)) {
      throw new GladiaError("GLADIA_CONFIG", options.apiKey ? "config-key-characters" : "config-key");
    }
  }

  /** Whether this URL belongs to the configured server, so that it may see the key. */
  isOwn(url: string): boolean {
    return URL.canParse(url) && new URL(url).origin === this.#base.origin;
  }

  /** Sends and reads JSON. @throws GladiaError */
  async json<T extends object>(call: Call): Promise<T> {
    const parser = await this.read(call, () => new JsonParser(this.redactor, call.keepsLinks));
    return parser.value as T;
  }

  /**
   * Sends and gives the JSON of the answer to a reader as it comes; each try has a reader of its own.
   * @throws GladiaError, GLADIA_RESPONSE for a SyntaxError or JsonLimit of the reader and for too large an answer
   */
  async read<T extends JsonReader>(call: Call, begin: () => T): Promise<T> {
    return this.#repeat(call, async (watch) => {
      const asked = { method: call.method, url: this.#url(call).href };
      const reading = new AnswerReading(begin(), this.redactor, asked, watch);
      try {
        const { status } = await this.#send(
          call,
          watch,
          this.#whole(call, (chunk) => reading.write(chunk)),
        );
        return reading.end(status);
      } catch (error) {
        throw reading.failure(error);
      }
    });
  }

  /** Sends and wants nothing back but a 2xx; its body is left unread. @throws GladiaError */
  async nothing(call: Call): Promise<void> {
    await this.#repeat(call, (watch) =>
      this.#send(
        call,
        watch,
        this.#whole(call, () => true),
      ),
    );
  }

  /**
   * Sends and hands the body on as it comes; the caller reads it to its end or aborts `call.signal`.
   * Only the way to the headers is repeated. @throws GladiaError
   */
  async stream(call: Call): Promise<Answer> {
    const goesOn = true;
    return this.#repeat(
      call,
      async (watch) => {
        const { status, headers, url, body } = await this.#send(call, watch, open(this.#options.transport));
        const { method, signal } = call;
        const shown = this.redactor.redactDeep({ ...headers });
        return { status, headers: shown, url, body: watched(body, watch, { method, url, signal }) };
      },
      goesOn,
    );
  }

  #whole({ most = ANSWER }: Call, onData: (chunk: Buffer) => boolean): Sender<{ chunks: Buffer[] }> {
    return whole(this.#options.transport, most, most > ANSWER ? undefined : ANSWER_TIME, onData);
  }

  #repeat<T>(call: Call, attempt: (watch: Watchdog) => Promise<T>, goesOn = false): Promise<T> {
    const { timeout, retries } = this.#options;
    const redact = (text: string) => this.redactor.redact(text);
    const url = () => redact(safeUrl(this.#url(call).href));
    const outcome = { outcomeUnknown: true };
    const tooLong = () => {
      const params = { method: call.method, url: url(), seconds: timeout };
      return new RequestFailure("GLADIA_TIMEOUT", "timeout-request", params, { retryable: true }, outcome);
    };
    const endless = () => {
      const params = { method: call.method, url: url(), seconds: call.seconds ?? ANSWER_TIME / 1000 };
      return new RequestFailure("GLADIA_RESPONSE", "response-endless", params, { retryable: true }, outcome);
    };
    return retrying(
      async () => {
        const watch = new Watchdog(timeout * 1000, call.signal, tooLong, endless);
        if (call.seconds !== undefined) watch.endIn(call.seconds * 1000);
        try {
          const result = await attempt(watch);
          if (!goesOn) watch.stop();
          return result;
        } catch (error) {
          watch.stop();
          call.signal?.throwIfAborted();
          throw networkFailure(watch.reason ?? error, call.method, url(), redact);
        }
      },
      {
        retries: call.repeatable ? retries : 0,
        signal: call.signal,
        // A wrong answer mostly stays wrong, and an upload may be a gigabyte: once more is enough.
        again: (failure, n) => failure.cause.retryable && (failure.code !== "GLADIA_RESPONSE" || n === 0),
      },
    );
  }

  #url(call: Call): URL {
    const url = /^https?:\/\//i.test(call.path) ? new URL(call.path) : new URL(this.#prefix + call.path);
    for (const [name, value] of Object.entries(call.query ?? {})) {
      for (const item of Array.isArray(value) ? value : [value]) {
        if (item !== undefined) url.searchParams.append(name, String(item));
      }
    }
    return url;
  }

  async #send<T>(call: Call, watch: Watchdog, { send, text, drop }: Sender<T>): Promise<T & Head & { url: string }> {
    let url = this.#url(call);
    for (let hop = 0; ; hop++) {
      const { origin } = url;
      const headers: Record<string, string> = { accept: "application/json", "x-gladia-version": this.#options.product };
      if (origin === this.#base.origin) {
        headers["x-gladia-key"] = this.#options.apiKey;
      }
      let body: Body | null = null;
      if (call.json !== undefined) {
        headers["content-type"] = "application/json";
        body = JSON.stringify(call.json);
      } else if (call.body) {
        const made = await call.body(watch);
        Object.assign(headers, made.headers);
        body = made.body;
      }
      const answer = await send(
        {
          origin,
          path: url.pathname + url.search,
          method: call.method,
          headers,
          body: body as Dispatcher.RequestOptions["body"] & Body, // undici takes async iterables, its types do not say so
          headersTimeout: 0,
          bodyTimeout: 0,
        },
        watch,
      );
      const { status } = answer;
      const location = [answer.headers["location"]].flat()[0];
      // Nothing but a GET is sent to another place than the configured one.
      const next = call.method === "GET" && location && hop < REDIRECTS ? httpUrl(location, url) : undefined;
      if (next && [301, 302, 303, 307, 308].includes(status)) {
        await drop(answer);
        url = next;
        continue;
      }
      if (status < 200 || status > 299) {
        throw statusFailure(status, answer.headers, await text(answer), call.method, url.href, this.redactor);
      }
      return { ...answer, url: url.href };
    }
  }
}
