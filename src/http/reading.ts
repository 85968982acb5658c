import { type GladiaError, safeUrl } from "../errors";
import { refusedAnswer, responseFailure } from "./failure";
import { JsonLimit } from "./json-limit";
import type { Redactor } from "./redact";
import type { Watchdog } from "./watchdog";

/** Takes the bytes of a JSON text as they come. */
export interface JsonReader {
  /** @returns true when no more is needed. @throws SyntaxError; JsonLimit */
  write(chunk: Buffer): boolean | undefined;
  /** @throws SyntaxError */
  end(): unknown;
}

/** The body of a 2xx has more bytes than it may have. */
export class AnswerTooLarge extends Error {
  constructor(readonly most: number) {
    super(`More than ${most} bytes`);
  }
}

/** Bytes of a wrong answer that are kept to say how it begins, and characters of it that are said. */
const START = 8 * 1024;
const SAID = 40;
/** Milliseconds for the rest of that beginning to come. */
const PATIENCE = 2000;

/** Reads one answer, and says what is wrong with it. */
export class AnswerReading<T extends JsonReader> {
  readonly #reader: T;
  readonly #redactor: Redactor;
  readonly #method: string;
  readonly #url: string;
  readonly #watch: Watchdog;
  #start: Buffer[] = [];
  #size = 0;
  #isCut = true;
  #fault: SyntaxError | undefined;

  constructor(reader: T, redactor: Redactor, { method, url }: { method: string; url: string }, watch: Watchdog) {
    this.#reader = reader;
    this.#redactor = redactor;
    this.#method = method;
    this.#url = redactor.redact(safeUrl(url));
    this.#watch = watch;
  }

  /** @returns true when no more is needed. @throws SyntaxError; JsonLimit */
  write(chunk: Buffer): boolean {
    if (this.#size < START) this.#start.push(chunk.subarray(0, START - this.#size));
    this.#size += chunk.length;
    if (!this.#fault) {
      try {
        return this.#reader.write(chunk) === true;
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        this.#fault = error;
        this.#watch.endIn(PATIENCE);
      }
    }
    if (this.#size > START) throw this.#fault;
    return false;
  }

  /** The body has come. @param status for the failure @throws GladiaError GLADIA_RESPONSE */
  end(status: number): T {
    this.#isCut = this.#size > START;
    try {
      if (this.#fault) throw this.#fault;
      this.#reader.end();
      return this.#reader;
    } catch (error) {
      if (error instanceof SyntaxError) throw this.#notJson(status);
      throw error;
    }
  }

  /** What a failed reading tells: a failure of the answer itself as a GladiaError, any other as it is. */
  failure(error: unknown): unknown {
    const params = { method: this.#method, url: this.#url };
    if (this.#fault) return this.#notJson();
    if (error instanceof JsonLimit && error.kind === "deep") return refusedAnswer("response-deep", params);
    if (error instanceof JsonLimit) return refusedAnswer("response-many", params);
    if (!(error instanceof AnswerTooLarge)) return error;
    return refusedAnswer("response-too-large", { ...params, most: error.most / 1024 / 1024 });
  }

  #notJson(status?: number): GladiaError {
    const text = Buffer.concat(this.#start).toString("utf8");
    const start = this.#redactor.beginning(text, this.#isCut, SAID);
    return responseFailure("response-not-json", { method: this.#method, url: this.#url, start }, status);
  }
}
