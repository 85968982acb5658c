import { setImmediate as turn } from "node:timers/promises";
import { isAnyArrayBuffer } from "node:util/types";
import { refuse } from "./source";

/** Audio as an object holds it: bytes, or text that leads to them; and its name there. */
interface Held {
  value: unknown;
  filename: string | undefined;
}

/** Where objects of other nodes have bytes: multer, e-mail, messengers. */
const BYTES = ["buffer", "data", "content"] as const;
/** Where they have a path or a link. What lies here comes first. */
const PLACES = ["path", "weblink", "url"] as const;
const NAMES = ["originalname", "filename", "fileName", "name"] as const;

/** Numbers copied in one go. */
const PIECE = 32 * 1024;

type Fields = Record<string, unknown>;

const isBytes = (value: unknown) => ArrayBuffer.isView(value) || isAnyArrayBuffer(value);

/** Whether a value gives its bytes as it is read, and once: a Node stream, also one of another copy of the library. */
export function isStream(value: unknown): value is AsyncIterable<Uint8Array | string> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

/** Whether an object is a Buffer that went through JSON. */
function isBufferJson(value: unknown): value is { data: unknown[] } {
  return (
    typeof value === "object" &&
    value !== null &&
    (value as Fields)["type"] === "Buffer" &&
    Array.isArray((value as Fields)["data"])
  );
}

/**
 * The audio in an object of another node: an upload of an HTTP request (one, or the list with one), a Buffer as JSON has
 * it, a received Telegram message, an attachment. Undefined for an object without any.
 * @throws GladiaError GLADIA_AUDIO for a list of several files
 */
export async function heldAudio(value: object, depth = 0): Promise<Held | undefined> {
  if (isBufferJson(value)) return { value: await fromNumbers(value.data), filename: undefined };
  if (Array.isArray(value)) return fromList(value);
  const fields = value as Fields;
  const filename = NAMES.map((name) => fields[name]).find((name) => typeof name === "string" && name !== "");
  const named = (found: unknown): Held => ({ value: found, filename: filename as string | undefined });
  for (const name of BYTES) {
    const found = fields[name];
    if (isBytes(found) && (found as ArrayBufferView).byteLength > 0) return named(found);
    if (isBufferJson(found)) return named(await fromNumbers(found.data));
  }
  for (const name of PLACES) {
    const found = fields[name];
    if (typeof found === "string" && found !== "") return named(found);
  }
  const text = fields["data"];
  if (typeof text === "string" && text !== "") return named(text);
  const empty = BYTES.map((name) => fields[name]).find(isBytes);
  if (empty !== undefined) return named(empty);
  const file = fields["file"];
  return depth < 2 && typeof file === "object" && file !== null ? heldAudio(file, depth + 1) : undefined;
}

async function fromList(list: unknown[]): Promise<Held | undefined> {
  const files = list.slice(0, 2).every((item) => typeof item === "object" && item !== null && !isBytes(item));
  if (list.length === 0 || !files) return undefined;
  if (list.length > 1) throw refuse("audio-several", { count: list.length });
  return Array.isArray(list[0]) ? undefined : heldAudio(list[0] as object, 1);
}

/** Bytes from a list of numbers, which may be long. Undefined values and other things are none. */
async function fromNumbers(numbers: unknown[]): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (let at = 0; at < numbers.length; at += PIECE) {
    const part = numbers.slice(at, at + PIECE);
    if (!part.every((item) => typeof item === "number" && item >= 0 && item <= 255))
      throw refuse("audio-kind", { kind: { key: "kind-array" } });
    parts.push(Buffer.from(part as number[]));
    await turn();
  }
  return Buffer.concat(parts);
}
