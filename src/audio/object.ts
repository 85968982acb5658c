import { setImmediate as turn } from "node:timers/promises";
import { isAnyArrayBuffer } from "node:util/types";
import { encodedFormat } from "./encoded";
import { identifyBuffer } from "./sniff";
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
/** Fewer numbers are no recording. */
const FEWEST = 44;

type Fields = Record<string, unknown>;

const isBytes = (value: unknown) => ArrayBuffer.isView(value) || isAnyArrayBuffer(value);

/** Whether a value gives its bytes as it is read, and once: a Node stream, also one of another copy of the library. */
export function isStream(value: unknown): value is AsyncIterable<Uint8Array | string> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

/** Whether an object is a Buffer that went through JSON. */
export function isBufferJson(value: unknown): value is { data: unknown[] } {
  return (
    typeof value === "object" &&
    value !== null &&
    (value as Fields)["type"] === "Buffer" &&
    Array.isArray((value as Fields)["data"])
  );
}

/**
 * The audio in an object of another node: an upload of an HTTP request (one, the list with one, or the lists by the names of
 * the form's fields), bytes as JSON has them, a received Telegram message, an attachment. Undefined for an object without
 * any.
 * @throws GladiaError GLADIA_AUDIO for several files
 */
export async function heldAudio(value: object, depth = 0): Promise<Held | undefined> {
  if (isBufferJson(value)) return { value: await fromNumbers(value.data), filename: undefined };
  const fields = value as Fields;
  if (typeof fields["0"] === "number") return fromBareNumbers(value);
  if (Array.isArray(value)) return fromList(value);
  const filename = NAMES.map((name) => fields[name]).find((name) => typeof name === "string" && name !== "");
  const named = (found: unknown): Held => ({ value: found, filename: filename as string | undefined });
  for (const name of BYTES) {
    const found = fields[name];
    if (isBytes(found) && (found as ArrayBufferView).byteLength > 0) return named(found);
    if (isBufferJson(found)) return named(await fromNumbers(found.data));
    if (typeof found === "string" && encodedFormat(found)?.kind === "audio") return named(found);
  }
  for (const name of PLACES) {
    const found = fields[name];
    if (typeof found === "string" && found !== "") return named(found);
  }
  const text = fields["data"];
  if (typeof text === "string" && text !== "") return named(text);
  const empty = BYTES.map((name) => fields[name]).find(isBytes);
  if (empty !== undefined) return named(empty);
  const inner = [fields["file"], fields["files"]].find((found) => typeof found === "object" && found !== null);
  if (depth < 2 && inner) return heldAudio(inner, depth + 1);
  return depth < 2 ? fromForm(fields) : undefined;
}

/** The file of a form, by the names of its fields (multer's `fields()`, express-fileupload). */
async function fromForm(fields: Fields): Promise<Held | undefined> {
  const files = Object.values(fields).flat().filter(isUpload);
  if (files.length > 1) throw refuse("audio-several", { count: files.length });
  return files[0] && heldAudio(files[0], 2);
}

/** Whether a value is a file that came with a form: its bytes, or where they lie, with the name that the sender gave it. */
function isUpload(value: unknown): value is Fields {
  if (typeof value !== "object" || value === null) return false;
  const { buffer, data, path, originalname, name } = value as Fields;
  const isStored = isBytes(buffer) || isBytes(data) || isBufferJson(buffer) || isBufferJson(data);
  return typeof (originalname ?? name) === "string" && (isStored || typeof path === "string");
}

async function fromList(list: unknown[]): Promise<Held | undefined> {
  const files = list.slice(0, 2).every((item) => typeof item === "object" && item !== null && !isBytes(item));
  if (list.length === 0 || !files) return undefined;
  if (list.length > 1) throw refuse("audio-several", { count: list.length });
  return Array.isArray(list[0]) ? undefined : heldAudio(list[0] as object, 1);
}

/** What other languages, or JSON with a typed array, make of bytes: a list, or an object with places for names. */
async function fromBareNumbers(value: object): Promise<Held | undefined> {
  const numbers: unknown[] = Array.isArray(value) ? value : Object.values(value);
  if (numbers.length < FEWEST) return undefined;
  const bytes = await fromNumbers(numbers);
  const found = identifyBuffer(bytes); // numbers may mean anything
  return found.kind === "audio" && !found.guess ? { value: bytes, filename: undefined } : undefined;
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
