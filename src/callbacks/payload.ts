import { setImmediate as nextTurn } from "node:timers/promises";
import { JsonParser } from "../http/json-parser";
import type { Redactor } from "../http/redact";

/** Bytes that are parsed in one go. */
const PIECE_BYTES = 64 * 1024;

/**
 * The message of a live event, parsed without holding the event loop.
 * @param redactor takes secrets out of it
 * @throws SyntaxError; JsonLimit when it is too deep or has too many parts
 */
export async function parsePayload(json: string, redactor?: Redactor): Promise<unknown> {
  // A text or number alone is no answer, which the parser is for.
  if (!/^\s*[[{]/.test(json)) {
    const value: unknown = JSON.parse(json);
    return redactor ? redactor.redactDeep(value) : value;
  }
  const parser = new JsonParser(redactor);
  const bytes = Buffer.from(json);
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    if (at > 0) await nextTurn();
    parser.write(bytes.subarray(at, at + PIECE_BYTES));
  }
  return parser.end().value;
}
