import { type ErrorCode, GladiaError, type Term } from "../errors";
import { networkFailure } from "../http/failure";
import type { Redactor } from "../http/redact";
import type { Closed } from "./socket";

/** Statuses of a refused handshake with which the session's address is of no use any more. */
const GONE: Record<number, ErrorCode> = {
  401: "GLADIA_AUTH",
  403: "GLADIA_AUTH",
  404: "GLADIA_NOT_FOUND",
  410: "GLADIA_NOT_FOUND",
};

/** Characters of a text that are looked at for its beginning. */
const LOOKED_AT = 4000;

/** How a text of the server begins, without secrets. */
export function beginningOf(text: string, length: number, redactor: Redactor): string {
  return redactor.beginning(text.slice(0, LOOKED_AT), text.length > LOOKED_AT, length);
}

/** Close codes after which the session is not to be resumed. */
export function isFinalCode(code: number): boolean {
  return code === 1000 || code === 1001 || (code >= 4400 && code <= 4499);
}

const kindOf = (status: number): ErrorCode =>
  GONE[status] ?? (status === 429 ? "GLADIA_RATE_LIMIT" : status >= 500 ? "GLADIA_SERVER" : "GLADIA_REJECTED");

/** Why a connection could not be established; undefined when it was. Whether it is worth another try: `cause.retryable`. */
export function refusal({ wasOpen, status, error }: Closed, url: string, redact: (text: string) => string) {
  if (wasOpen) return undefined;
  if (status === undefined) return networkFailure(error, "GET", url, redact);
  const retryable = GONE[status] === undefined;
  const key = retryable ? "reason-live-status" : "live-refused";
  return new GladiaError(kindOf(status), key, { status }, { status, retryable });
}

/** The server has ended the session with a close code. */
export function closeFailure({ code, reason }: Closed, id: string, redact: (text: string) => string): GladiaError {
  if (code === 1009) return new GladiaError("GLADIA_REJECTED", "live-frames", { id }, { id });
  const status = code - 4000;
  const said = redact(reason).slice(0, 200) || "-";
  const cause = { id, status, retryable: status === 429 };
  return new GladiaError(kindOf(status), "live-closed", { id, code, reason: said }, cause);
}

/** The connection was lost and did not come back in time. */
export function gaveUp(
  { code }: Closed,
  failed: GladiaError | undefined,
  { id, seconds }: { id: string; seconds: number },
): GladiaError {
  const reason: Term = failed ?? { key: "reason-live-code", params: { code } };
  const { status } = failed?.cause ?? {};
  const kind = status === undefined ? "GLADIA_NETWORK" : kindOf(status);
  const cause = { id, retryable: true, ...(status === undefined ? {} : { status }) };
  return new GladiaError(kind, "live-lost", { id, seconds, reason }, cause);
}
