import { parseLargeJson } from "../http/large-json";

/** Characters that JSON.parse takes in one go. */
const PIECE = 256 * 1024;

/** The message of a live event, parsed without holding the event loop. @throws SyntaxError */
export function parsePayload(json: string): Promise<unknown> {
  return parseLargeJson(json, PIECE);
}
