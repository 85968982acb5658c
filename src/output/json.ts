import { Pace } from "../turns";

/** What is written in one go: so many values, of strings eight characters count as one. */
const PIECE = 20_000;
/** Characters of JSON that cost as much as one step. */
const STEP = 32;

/**
 * The JSON of plain data in pieces, with a turn of the event loop in between: put together they are what JSON.parse reads
 * the same value from.
 */
export async function* jsonPieces(value: unknown): AsyncGenerator<string> {
  const pace = new Pace();
  for await (const piece of piecesOf(value)) {
    yield piece;
    if (pace.isDue(piece.length / STEP)) await pace.turn();
  }
}

async function* piecesOf(value: unknown): AsyncGenerator<string> {
  if (weigh(value, PIECE) >= 0) yield JSON.stringify(value) ?? "null";
  else if (typeof value === "string") yield* piecesOfString(value);
  else if (Array.isArray(value)) yield* piecesOfArray(value);
  else yield* piecesOfObject(value as object);
}

/** A character of two halves may be cut: halves are escaped, and the escapes mean the same. */
async function* piecesOfString(text: string): AsyncGenerator<string> {
  yield '"';
  for (let at = 0; at < text.length; at += PIECE * 8) yield JSON.stringify(text.slice(at, at + PIECE * 8)).slice(1, -1);
  yield '"';
}

async function* piecesOfArray(items: unknown[]): AsyncGenerator<string> {
  let separator = "[";
  let [from, room] = [0, PIECE];
  /** The items that were weighed and not written yet. */
  const rest = (to: number) => {
    const written = to > from ? separator + JSON.stringify(items.slice(from, to)).slice(1, -1) : "";
    if (written) separator = ",";
    return written;
  };
  for (const [i, item] of items.entries()) {
    const left = weigh(item, room);
    if (left >= 0) {
      room = left;
      continue;
    }
    yield rest(i);
    from = i;
    room = weigh(item, PIECE);
    if (room >= 0) continue;
    yield separator;
    separator = ",";
    yield* piecesOf(item);
    [from, room] = [i + 1, PIECE];
  }
  yield `${rest(items.length) || (separator === "[" ? "[" : "")}]`;
}

async function* piecesOfObject(fields: object): AsyncGenerator<string> {
  let separator = "{";
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    yield `${separator}${JSON.stringify(name)}:`;
    separator = ",";
    yield* piecesOf(value);
  }
  yield separator === "{" ? "{}" : "}";
}

/** What is left of `room` after a value; stops looking when nothing is. */
function weigh(value: unknown, room: number): number {
  let left = room - 1;
  if (typeof value === "string") return left - value.length / 8;
  if (typeof value !== "object" || value === null) return left;
  for (const item of Object.values(value)) {
    left = weigh(item, left);
    if (left < 0) return left;
  }
  return left;
}
