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

/** A text with its values. As the value of another text it is said in the same language as that one. */
export interface Term {
  key: TextKey;
  params?: TextParams;
}

type Value = string | number | Term | readonly Value[];

/** Values for the `__name__` places of a text. */
export type TextParams = Record<string, Value>;

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

/** Puts values into the `__name__` places of a template; `templateOf` gives those of the texts among the values. */
export function fill(
  template: string,
  params: TextParams,
  templateOf: (key: TextKey) => string = (key) => texts[key],
): string {
  const say = (value: Value): string => {
    if (isList(value)) return listed(value.map(say));
    return typeof value === "object" ? fill(templateOf(value.key), value.params ?? {}, templateOf) : String(value);
  };
  return template.replace(/__(\w+?)__([.。]?)/g, (place, name: string, stop: string) => {
    const value = params[name];
    return value === undefined ? place : ended(say(value), stop);
  });
}

const isList = (value: Value): value is readonly Value[] => Array.isArray(value);
const listed = (parts: string[]) =>
  parts.map((part, i) => (i < parts.length - 1 ? part.replace(/[.。]$/, "") : part)).join("; ");

/** A value that is a sentence brings a full stop, where the text around it has one, too. */
function ended(value: string, stop: string): string {
  if (!stop || !/[.。!?！？…]\s*$/.test(value)) return value + stop;
  return value.trimEnd().replace(/(?<![.。])[.。]$/, stop);
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

  constructor(code: ErrorCode, key: TextKey, params: TextParams = {}, cause: Partial<ErrorCause> = {}) {
    super(fill(texts[key], params));
    this.code = code;
    this.cause = { retryable: false, ...cause };
    this.key = key;
    this.params = params;
    for (const name of ["key", "params"]) {
      Object.defineProperty(this, name, { enumerable: false }); // they serve translation, not the reader
    }
  }

  /** A failure with several faults at once; they stand in `cause.validation_errors` too. */
  static withDetails(code: ErrorCode, key: TextKey, faults: readonly Term[]): GladiaError {
    const told = faults.map((fault) => fill(texts[fault.key], fault.params ?? {}));
    return new GladiaError(code, key, { faults }, { validation_errors: told });
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
