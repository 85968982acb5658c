import texts from "./texts.json";

/** What kind of failure it is; Catch nodes branch on it. */
export type ErrorCode =
  | "GLADIA_CONFIG"
  | "GLADIA_AUDIO"
  | "GLADIA_OPTIONS"
  | "GLADIA_AUTH"
  | "GLADIA_REJECTED"
  | "GLADIA_RATE_LIMIT"
  | "GLADIA_SERVER"
  | "GLADIA_NETWORK"
  | "GLADIA_TIMEOUT"
  | "GLADIA_JOB"
  | "GLADIA_NOT_FOUND"
  | "GLADIA_CANCELLED"
  | "GLADIA_BUDGET"
  | "GLADIA_QUEUE_FULL"
  | "GLADIA_RESPONSE";

/** Key of a text in `texts.json`. */
export type TextKey = keyof typeof texts;

/** Values for the `__name__` places of a text. */
export type TextParams = Record<string, string | number>;

/** The facts of a failure as plain data, so that they survive Node-RED's cloning. */
export interface ErrorCause {
  /** HTTP status, where an answer came. */
  status?: number;
  /** Gladia's id of the request, for its support. */
  request_id?: string;
  /** Gladia's own list of faults in the request. */
  validation_errors?: string[];
  /** The job this is about, where one exists. */
  id?: string;
  /** Whether the same message may succeed when sent again. */
  retryable: boolean;
}

/** Puts values into the `__name__` places of a template. */
export function fill(template: string, params: TextParams): string {
  return template.replace(/__(\w+?)__/g, (place, name: string) => String(params[name] ?? place));
}

/**
 * Every failure of this package. `message` is English and says what happened and what to do; `key` and `params` let
 * the nodes say it in the user's language.
 */
export class GladiaError extends Error {
  override readonly name = "GladiaError";
  readonly code: ErrorCode;
  override readonly cause: ErrorCause;
  readonly key: TextKey;
  readonly params: TextParams;
  /** Texts of the single faults, which stand in the message's `__faults__`. */
  readonly details: { key: TextKey; params: TextParams }[] = [];

  constructor(code: ErrorCode, key: TextKey, params: TextParams = {}, cause: Partial<ErrorCause> = {}) {
    super(fill(texts[key], params));
    this.code = code;
    this.cause = { retryable: false, ...cause };
    this.key = key;
    this.params = params;
    for (const name of ["key", "params", "details"]) {
      Object.defineProperty(this, name, { enumerable: false }); // they serve translation, not the reader
    }
  }

  /** A failure with several faults at once; they stand in `cause.validation_errors` too. */
  static withDetails(code: ErrorCode, key: TextKey, details: { key: TextKey; params: TextParams }[]): GladiaError {
    const faults = details.map((detail) => fill(texts[detail.key], detail.params));
    const error = new GladiaError(code, key, { faults: faults.join("; ") }, { validation_errors: faults });
    error.details.push(...details);
    return error;
  }

  /** Catch nodes show this: the message is for people, the class's name is not. */
  override toString(): string {
    return this.message;
  }

  /** The same failure, told of a known job. */
  about(id: string): GladiaError {
    return new GladiaError(this.code, this.key, this.params, { ...this.cause, id });
  }
}

/**
 * The URL without what may be secret: user, password, query, fragment, and the bot's token in a Telegram file link. Not a
 * URL: the text is cut to 80 characters.
 */
export function safeUrl(url: string): string {
  try {
    const { protocol, host, pathname } = new URL(url);
    return `${protocol}//${host}${pathname.replace(/\/bot\d+:[\w-]+/, "/bot***")}`;
  } catch {
    return url.slice(0, 80);
  }
}
