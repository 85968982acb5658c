import { type ErrorCause, type ErrorCode, GladiaError, safeUrl, type TextKey, type TextParams } from "../errors";
import { hideCredentials } from "./credentials";
import { Redactor } from "./redact";

/** A request that failed, with what a retry has to know. */
export class RequestFailure extends GladiaError {
  /** Milliseconds that the server asked to wait. */
  readonly retryAfter: number | undefined;
  /** The request may have been carried out although no usable answer came. */
  readonly outcomeUnknown: boolean;

  constructor(
    code: ErrorCode,
    key: TextKey,
    params: TextParams,
    cause: Partial<ErrorCause>,
    more: { retryAfter?: number | undefined; outcomeUnknown?: boolean } = {},
  ) {
    super(code, key, params, cause);
    this.retryAfter = more.retryAfter;
    this.outcomeUnknown = more.outcomeUnknown ?? false;
    for (const name of ["retryAfter", "outcomeUnknown"]) {
      Object.defineProperty(this, name, { enumerable: false });
    }
  }
}

/** Errors of the connecting phase: nothing can have reached the server. */
const NEVER_SENT = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EADDRNOTAVAIL",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_PRX_TLS",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "CERT_HAS_EXPIRED",
  "ERR_TLS_CERT_ALTNAME_INVALID",
]);

const TLS_FAULT = /CERT|TLS|SSL|SIGNED|VERIFY/;

/** Faults of a request that are passed on, and characters of what a server says, and of its name for the request. */
const FAULTS = 20;
const SAID = 500;
const REQUEST_ID = 100;

const NOTHING = new Redactor();

/**
 * Turns what undici threw into a failure of ours. Failures that are ours already pass.
 * @param redact takes out what is secret: a certificate, for one, says what its owner wants
 */
export function networkFailure(
  error: unknown,
  method: string,
  url: string,
  redact: (text: string) => string = hideCredentials,
): GladiaError {
  if (error instanceof GladiaError) {
    return error;
  }
  const { code = "", message = String(error) } = error as { code?: string; message?: string };
  const said = redact(message).slice(0, SAID);
  const params = { method, url: redact(safeUrl(url)), reason: code ? `${said} (${code})` : said };
  if (code === "UND_ERR_HEADERS_OVERFLOW") return refusedAnswer("response-headers", params);
  if (TLS_FAULT.test(code)) {
    return new RequestFailure("GLADIA_NETWORK", "network-tls", params, { retryable: false });
  }
  const outcomeUnknown = !NEVER_SENT.has(code);
  return new RequestFailure("GLADIA_NETWORK", "network-failed", params, { retryable: true }, { outcomeUnknown });
}

/** Gladia's error body, section "Errors" of its API reference; every field may be missing. */
interface ErrorBody {
  message?: unknown;
  request_id?: unknown;
  validation_errors?: unknown;
}

/**
 * Turns an answer outside 2xx into a failure.
 * @param text its body, which need not be JSON
 * @param redactor takes out what is secret
 */
export function statusFailure(
  status: number,
  head: Record<string, string | string[] | undefined>,
  text: string,
  method: string,
  url: string,
  redactor = NOTHING,
): RequestFailure {
  const say = (said: string) => redactor.redact(said);
  const headers = redactor.redactDeep({ ...head }, say);
  const body = redactor.redactDeep(parseErrorBody(text), say);
  const faults = Array.isArray(body.validation_errors) ? faultsOf(body.validation_errors) : undefined;
  const header = headers["x-aipi-call-id"];
  const request = (typeof body.request_id === "string" ? body.request_id : [header].flat()[0])?.slice(0, REQUEST_ID);
  const said = typeof body.message === "string" ? body.message.slice(0, SAID) : "";
  const params = {
    status,
    method,
    url: say(safeUrl(url)),
    message: [said || `HTTP ${status}`, ...(faults ?? [])],
  };
  const cause = {
    status,
    ...(request ? { request_id: request } : {}),
    ...(faults ? { validation_errors: faults } : {}),
  };
  if (status === 401 || status === 403) {
    return new RequestFailure("GLADIA_AUTH", status === 401 ? "auth-key" : "auth-forbidden", params, cause);
  }
  if (status === 404) {
    return new RequestFailure("GLADIA_NOT_FOUND", "not-found", params, cause);
  }
  if (status === 429) {
    const retryAfter = parseRetryAfter([headers["retry-after"]].flat()[0]);
    return new RequestFailure("GLADIA_RATE_LIMIT", "rate-limit", params, { ...cause, retryable: true }, { retryAfter });
  }
  if (status >= 500 || status === 408) {
    const retryAfter = parseRetryAfter([headers["retry-after"]].flat()[0]);
    const more = { retryAfter, outcomeUnknown: true };
    return new RequestFailure("GLADIA_SERVER", "server", params, { ...cause, retryable: true }, more);
  }
  if (status >= 300 && status < 400) {
    const target = say(safeUrl([head["location"]].flat()[0] ?? "")).slice(0, SAID);
    return new RequestFailure("GLADIA_RESPONSE", "response-redirect", { ...params, target }, cause);
  }
  return new RequestFailure("GLADIA_REJECTED", "rejected", params, cause);
}

/** The faults that a server names, so many at most; what is neither text nor number is none. */
function faultsOf(given: unknown[]): string[] {
  const faults = given.flatMap((fault) => (typeof fault === "string" || typeof fault === "number" ? [`${fault}`] : []));
  const told = faults.slice(0, FAULTS).map((fault) => fault.slice(0, SAID));
  return faults.length > FAULTS ? [...told, `... (+${faults.length - FAULTS})`] : told;
}

/** An answer that would be no better a second time. */
export function refusedAnswer(key: TextKey, params: TextParams): RequestFailure {
  return new RequestFailure("GLADIA_RESPONSE", key, params, { retryable: false }, { outcomeUnknown: true });
}

/** An answer that is not what the API promises. */
export function responseFailure(key: TextKey, params: TextParams, status?: number): RequestFailure {
  const cause = { retryable: true, ...(status === undefined ? {} : { status }) };
  return new RequestFailure("GLADIA_RESPONSE", key, params, cause, { outcomeUnknown: true });
}

function parseErrorBody(text: string): ErrorBody {
  try {
    const body: unknown = JSON.parse(text);
    return body !== null && typeof body === "object" ? body : {};
  } catch {
    return {}; // a proxy's HTML page says nothing that the status does not
  }
}

/** `Retry-After` (RFC 9110, 10.2.3: seconds or a date) in milliseconds from now; undefined where absent or senseless. */
function parseRetryAfter(value: string | undefined, now = Date.now()): number | undefined {
  if (!value) {
    return undefined;
  }
  const milliseconds = /^\s*\d+(\.\d+)?\s*$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isFinite(milliseconds) ? Math.max(0, milliseconds) : undefined;
}
