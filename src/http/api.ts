import { GladiaError, safeUrl } from "../errors";
import { Pace, STEP_BYTES } from "../turns";
import { limited, readText, watched } from "./body";
import { networkFailure, RequestFailure, refusedAnswer, statusFailure } from "./failure";
import { JsonParser } from "./json-parser";
import { AnswerReading, AnswerTooLarge, type JsonReader } from "./reading";
import { Redactor } from "./redact";
import { type Incoming, type Outgoing, repeating, send } from "./request";
import type { Transport } from "./transport";
import { parseBase } from "./url";
import type { Watchdog } from "./watchdog";

/** Bytes that an answer may have, unless a call says otherwise. */
const ANSWER = 4 * 1024 * 1024;
/** Milliseconds that such an answer may take from its head on, and any that tells of an error. */
const ANSWER_TIME = 300_000;
/** The same of a larger answer: 256 MB take an hour at 73 KB/s. */
const LARGE_TIME = 3_600_000;
/** Bytes that an error's body may have before the rest is left unread. */
const ERROR_BODY = 64 * 1024;

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
  body?: (watch: Watchdog) => Promise<Omit<Outgoing, "method">>;
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
  /** The time that the server's last answer told, and by `performance.now()` when. */
  #told: { time: number; at: number } | undefined;

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

  /** The server's time in milliseconds, as its last answer told it; before the first, ours. */
  get now(): number {
    return this.#told ? this.#told.time + performance.now() - this.#told.at : Date.now();
  }

  /** Sends and reads JSON. @throws GladiaError */
  async json<T extends object>(call: Call): Promise<T> {
    const parser = await this.read(call, () => new JsonParser(this.redactor, call));
    return parser.value as T;
  }

  /**
   * Sends and gives the JSON of the answer to a reader as it comes; each try has a reader of its own.
   * @throws GladiaError, GLADIA_RESPONSE for a SyntaxError or JsonLimit of the reader and for too large an answer
   */
  async read<T extends JsonReader>(call: Call, begin: () => T): Promise<T> {
    const { most = ANSWER } = call;
    return this.#repeat(call, async (watch) => {
      const asked = { method: call.method, url: this.#url(call).href };
      const reading = new AnswerReading(begin(), this.redactor, asked, watch);
      try {
        const { status, body } = await this.#send(call, watch);
        watch.endIn(most <= ANSWER ? ANSWER_TIME : LARGE_TIME);
        await readAll(body, most, watch, (chunk) => reading.write(chunk));
        return reading.end(status);
      } catch (error) {
        throw reading.failure(error);
      }
    });
  }

  /**
   * Deletes: wants nothing back but a 2xx, whose body is left unread. What is not there after a try whose answer was lost
   * has been deleted by that one.
   * @throws GladiaError
   */
  async delete(call: Omit<Call, "method" | "repeatable">): Promise<void> {
    const whole: Call = { ...call, method: "DELETE", repeatable: true };
    let mayBeDone = false;
    await this.#repeat(whole, async (watch) => {
      try {
        (await this.#send(whole, watch)).body.on("error", () => {}).destroy();
      } catch (error) {
        const failure = networkFailure(watch.reason ?? error, "DELETE", whole.path);
        if (mayBeDone && failure.code === "GLADIA_NOT_FOUND") return;
        mayBeDone ||= failure instanceof RequestFailure && failure.outcomeUnknown && !failure.cause.status;
        throw error;
      }
    });
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
        const { status, headers, url, body } = await this.#send(call, watch);
        const { method, signal, most = ANSWER } = call;
        const shown = this.redactor.redactDeep({ ...headers });
        const params = { method, url: this.redactor.redact(safeUrl(url.href)), most: most / 1024 / 1024 };
        const bytes = watched(body, watch, { method, url: url.href, signal });
        const tooLarge = () => refusedAnswer("response-too-large", params);
        if (Number(headers["content-length"]) > most) {
          body.on("error", () => {}).destroy();
          throw tooLarge();
        }
        return { status, headers: shown, url: url.href, body: limited(bytes, most, tooLarge) };
      },
      goesOn,
    );
  }

  #repeat<T>(call: Call, attempt: (watch: Watchdog) => Promise<T>, goesOn = false): Promise<T> {
    const { timeout, retries } = this.#options;
    const { method, signal, seconds, repeatable } = call;
    const redact = (text: string) => this.redactor.redact(text);
    return repeating(
      {
        ...{ method, timeout, seconds, signal, redact },
        url: redact(safeUrl(this.#url(call).href)),
        retries: repeatable ? retries : 0,
      },
      attempt,
      goesOn,
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

  /** Sends to the configured server; nothing but a GET goes on to another place. @throws GladiaError for all but a 2xx */
  async #send(call: Call, watch: Watchdog): Promise<Incoming> {
    const { method } = call;
    const answer = await send(
      this.#options.transport,
      this.#url(call),
      (url) => this.#outgoing(call, url, watch),
      watch,
    );
    const { status, headers, body, url } = answer;
    const time = Date.parse([headers["date"]].flat()[0] ?? "");
    if (url.origin === this.#base.origin && Number.isFinite(time)) this.#told = { time, at: performance.now() };
    if (status >= 200 && status < 300) return answer;
    watch.endIn(ANSWER_TIME);
    const text = await readText(body, ERROR_BODY, watch);
    throw statusFailure(status, headers, text, method, url.href, this.redactor);
  }

  async #outgoing({ method, json, body }: Call, { origin }: URL, watch: Watchdog): Promise<Outgoing> {
    const headers: Record<string, string> = { accept: "application/json", "x-gladia-version": this.#options.product };
    if (origin === this.#base.origin) headers["x-gladia-key"] = this.#options.apiKey;
    if (json !== undefined) {
      headers["content-type"] = "application/json";
      return { method, headers, body: JSON.stringify(json) };
    }
    const made = await body?.(watch);
    return { method, headers: { ...headers, ...made?.headers }, body: made?.body ?? null };
  }
}

/** Hands a body over piece by piece, to its end or until no more is needed. @throws AnswerTooLarge */
async function readAll(
  body: Incoming["body"],
  most: number,
  watch: Watchdog,
  onData: (chunk: Buffer) => boolean,
): Promise<void> {
  let size = 0;
  const pace = new Pace();
  for await (const chunk of body) {
    watch.touch();
    size += chunk.length;
    if (size > most) throw new AnswerTooLarge(most);
    if (onData(chunk)) return;
    // From a near server megabytes may come in one turn of the event loop.
    if (pace.isDue(chunk.length / STEP_BYTES)) await pace.turn();
  }
}
