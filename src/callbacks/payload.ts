import { setImmediate as nextTurn } from "node:timers/promises";
import { JsonParser } from "../http/json-parser";

/** Bytes that are parsed in one go. */
const PIECE_BYTES = 64 * 1024;

/**
 * Values of a live event: three hours of speech have fewer. It is cloned as a whole further down the flow, which takes
 * Node-RED longer the more of them there are, however few bytes they have.
 */
export const MAX_LIVE_VALUES = 200_000;

/**
 * A live event, parsed without holding the event loop.
 * @throws SyntaxError; JsonLimit when it is too deep or has too many parts
 */
export async function parseLarge(bytes: Buffer): Promise<object | undefined> {
  const parser = new JsonParser(undefined, { maxValues: MAX_LIVE_VALUES });
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    if (at > 0) await nextTurn();
    parser.write(bytes.subarray(at, at + PIECE_BYTES));
  }
  return parser.end().value;
}
