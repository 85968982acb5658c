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

/** How a text of the server begins, without the account's secrets and the session's token. */
export function beginningOf(text: string, length: number, redactor: Redactor, token: Redactor): string {
  const first = token.mask(text.slice(0, LOOKED_AT));
  return redactor.beginning(first, text.length > LOOKED_AT, length);
}

/** Close codes after which the session is not to be resumed. */
export function isFinalCode(code: number): boolean {
  return code === 1000 || code === 1001 || (code >= 4400 && code <= 4499);
}

/** Why a connection could not be established; undefined when it was. Whether it is worth another try: `cause.retryable`. */
export function refusal({ wasOpen, status, error }: Closed, url: string, redact: (text: string) => string) {
  if (wasOpen) return undefined;
  if (status === undefined) return networkFailure(error, "GET", url, redact);
  const code = GONE[status];
  return new GladiaError(
    code ?? "GLADIA_SERVER",
    "live-refused",
    { status },
    { status, retryable: code === undefined },
  );
}

/** The server has ended the session with a close code. */
export function closeFailure({ code, reason }: Closed, id: string, redact: (text: string) => string): GladiaError {
  if (code === 1009) return new GladiaError("GLADIA_REJECTED", "live-frames", { id }, { id });
  const status = code - 4000;
  const kind: ErrorCode = GONE[status] ?? (status === 429 ? "GLADIA_RATE_LIMIT" : "GLADIA_REJECTED");
  const said = redact(reason).slice(0, 200) || "-";
  return new GladiaError(kind, "live-closed", { id, code, reason: said }, { id, status });
}

/** The connection was lost and did not come back in time. */
export function gaveUp(
  { code }: Closed,
  failed: GladiaError | undefined,
  { id, seconds }: { id: string; seconds: number },
): GladiaError {
  const reason: Term = failed ?? { key: "reason-live-code", params: { code } };
  return new GladiaError("GLADIA_NETWORK", "live-lost", { id, seconds, reason }, { id, retryable: true });
}
