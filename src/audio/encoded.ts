import { setImmediate as turn } from "node:timers/promises";
import type { Term, TextKey } from "../errors";
import { nameFor } from "./names";
import { identifyBuffer, SNIFF_BYTES, type Sniffed } from "./sniff";
import { type AudioStream, checkFormat, checkSize, refuse, type Trust } from "./source";

/** Characters decoded in one go: a long recording in one piece would hold the event loop. */
const PIECE = 256 * 1024;
/** Characters in which the header of a data: URI ends. */
const HEADER = 2048;
/** A shorter text is no recording: it may be a path that looks like base64. */
const SHORTEST = 44;

/** `data:` with type and parameters, a comma in a parameter included, as browsers write `codecs=vp8,opus`. */
const BASE64_URI = /^data:([^;,]*)(?:;[^;,="]*(?:=\s*(?:"(?:[^"\\]|\\.)*"\s*|[^;"]*))?)*?;\s*base64\s*,/i;
const PLAIN_URI = /^data:([^;,]*)((?:;(?:"(?:[^"\\]|\\.)*"|[^",])*)?),/i;

type Decoder = (data: string, start: number) => Generator<Buffer>;

/**
 * Audio in a `data:` URI (RFC 2397), base64 or percent-encoded; it is decoded while it is sent.
 * @throws GladiaError GLADIA_AUDIO
 */
export async function dataUriAudio(uri: string, filename?: string, trust?: Trust): Promise<AudioStream> {
  const head = uri.slice(0, HEADER);
  const base64 = BASE64_URI.exec(head);
  const header = base64 ?? PLAIN_URI.exec(head);
  if (!header) throw refuse("audio-data-uri");
  const type = (header[1] ?? "").slice(0, 80);
  const what: Term = { key: type ? "what-data-uri-of" : "what-data-uri", params: { type } };
  const decode = base64 ? base64Pieces : percentPieces;
  return encodedAudio({ text: uri, start: header[0].length, decode, what, broken: "audio-data-uri" }, filename, trust);
}

/** What a text is as base64; undefined when it cannot be base64, or is too short for a recording. */
export function base64Format(text: string): Sniffed | undefined {
  if (text.length < SHORTEST) return undefined;
  const head = text.slice(0, SNIFF_BYTES * 1.5).replace(/[\r\n \t]+/g, "");
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(head)) return undefined;
  const found = identifyBuffer(Buffer.from(head, "base64").subarray(0, SNIFF_BYTES));
  return found.kind === "audio" && found.guess ? { kind: "unknown" } : found;
}

/** What text is that holds audio by itself: a `data:` URI, taken at its word, or base64; undefined for any other text. */
export function encodedFormat(text: string): Sniffed | undefined {
  if (BASE64_URI.test(text.slice(0, HEADER))) return { kind: "audio", extension: "" };
  return base64Format(text);
}

/** Audio as base64 text, wrapped or not. @throws GladiaError GLADIA_AUDIO */
export function base64Audio(text: string, filename?: string, trust?: Trust): Promise<AudioStream> {
  const what: Term = { key: "what-base64" };
  return encodedAudio({ text, start: 0, decode: base64Pieces, what, broken: "audio-base64" }, filename, trust);
}

interface Encoded {
  text: string;
  /** Where the data begins. */
  start: number;
  decode: Decoder;
  what: Term;
  broken: TextKey;
}

/** Decodes twice: once for the length and the faults, which have to be known before anything is sent. */
async function encodedAudio(encoded: Encoded, filename?: string, trust?: Trust): Promise<AudioStream> {
  const { what } = encoded;
  const first: Buffer[] = [];
  let size = 0;
  for await (const piece of inTurns(encoded)) {
    if (size < SNIFF_BYTES) first.push(piece);
    size += piece.length;
  }
  checkSize(size, what);
  const found = checkFormat(identifyBuffer(Buffer.concat(first)), what, trust);
  return {
    kind: "stream",
    name: nameFor(filename, found),
    replayable: true,
    open: async () => ({ size, chunks: inTurns(encoded) }),
    close: async () => {},
  };
}

async function* inTurns({ text, start, decode, broken }: Encoded): AsyncGenerator<Buffer> {
  try {
    for (const piece of decode(text, start)) {
      yield piece;
      await turn();
    }
  } catch (error) {
    throw error instanceof SyntaxError ? refuse(broken) : error;
  }
}

/** Pieces of a text that cut no `%XX` in two. */
function* pieces(text: string, start: number): Generator<string> {
  for (let at = start; at < text.length; ) {
    let end = Math.min(at + PIECE, text.length);
    if (text[end - 1] === "%") end += 2;
    else if (text[end - 2] === "%") end += 1;
    yield text.slice(at, end);
    at = end;
  }
}

const unescaped = (text: string) =>
  text.includes("%")
    ? text.replace(/%([\da-f]{2})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    : text;

/** @throws SyntaxError for what is no base64 */
function* base64Pieces(text: string, start: number): Generator<Buffer> {
  let left = "";
  let ended = false;
  for (const piece of pieces(text, start)) {
    const plain = unescaped(piece).replace(/[\s]+/g, "");
    const whole = left + plain;
    const body = whole.replace(/=+$/, "");
    if (ended && body !== "") throw new SyntaxError("data after its end");
    ended ||= body.length < whole.length;
    const length = ended ? body.length : body.length - (body.length % 4);
    left = ended ? "" : body.slice(length);
    if (length > 0) yield decoded(body.slice(0, length));
  }
  if (left !== "") yield decoded(left);
}

function decoded(text: string): Buffer {
  const bytes = Buffer.from(text, "base64");
  if (text.length % 4 === 1 || bytes.length !== Math.floor((text.length * 3) / 4)) throw new SyntaxError("no base64");
  return bytes;
}

/** @throws SyntaxError for characters that are no bytes */
function* percentPieces(text: string, start: number): Generator<Buffer> {
  for (const piece of pieces(text, start)) {
    const plain = unescaped(piece);
    if (!/^[\0-\xff]*$/.test(plain)) throw new SyntaxError("no bytes");
    if (plain !== "") yield Buffer.from(plain, "latin1");
  }
}
