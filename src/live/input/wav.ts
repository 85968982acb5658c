import { GladiaError } from "../../errors";
import { BareSource } from "./bare";
import { checked, type SourceFormat } from "./source-format";
import type { Mono, Source, SourcePiece } from "./types";

/** Bytes of header in which the audio has to begin. */
const MOST_HEADER = 256 * 1024;
/** Bytes that may follow the audio of a WAV file, in one chunk. */
const MOST_TRAILER = 64 * 1024;
/** Bytes by which a file, and a chunk, tells what it is. */
const FILE_HEAD = 12;
const CHUNK_HEAD = 8;
/** Chunks that follow the audio in WAV files. */
const TRAILERS = new Set([
  "LIST",
  "id3 ",
  "ID3 ",
  "bext",
  "iXML",
  "cue ",
  "smpl",
  "fact",
  "PAD ",
  "junk",
  "JUNK",
  "_PMX",
]);

const CODES: Record<number, SourceFormat["coding"]> = { 1: "int", 3: "float", 6: "alaw", 7: "ulaw" };
const EXTENSIBLE = 0xfffe;

/** Whether bytes may begin a WAV file, as far as there are any. */
export function mayBeWav(head: Buffer): boolean {
  const latin = head.toString("latin1", 0, 12);
  return ["RIFF", "RF64", "BW64"].some(
    (id) => id.startsWith(latin.slice(0, 4)) && "WAVE".startsWith(latin.slice(8, 12)),
  );
}

/**
 * WAV, split anywhere; also one file after another, as some devices send. Lengths in it are not trusted: recorders write
 * them before they know.
 */
export class WavSource implements Source {
  readonly #mono: Mono;
  #state: "header" | "audio" = "header";
  #head: Buffer = Buffer.alloc(0);
  #format: SourceFormat | undefined;
  #bare: BareSource | undefined;
  /** Bytes until the audio is over, if its length is true. */
  #left = 0;
  /** Bytes of a chunk that are passed over. */
  #pass = 0;

  constructor(mono: Mono) {
    this.#mono = mono;
  }

  *read(bytes: Buffer): Generator<SourcePiece> {
    let rest = bytes;
    while (rest.length > 0) {
      if (this.#pass > 0) {
        const passed = Math.min(this.#pass, rest.length);
        this.#pass -= passed;
        rest = rest.subarray(passed);
      } else if (this.#state === "header") {
        this.#head = Buffer.concat([this.#head, rest]);
        rest = yield* this.#readHeader();
      } else {
        rest = yield* this.#readAudio(rest);
      }
    }
  }

  *end(): Generator<SourcePiece> {
    yield* this.#bare?.end() ?? [];
  }

  /** Gives what follows the header; nothing while it is not whole. @throws GladiaError GLADIA_AUDIO */
  *#readHeader(): Generator<SourcePiece, Buffer> {
    const head = this.#head;
    this.#head = Buffer.alloc(0); // what throws here is not read twice
    if (!mayBeWav(head)) throw new GladiaError("GLADIA_AUDIO", "live-audio-no-wav");
    for (let at = 12; at + 8 <= head.length; ) {
      const id = head.toString("latin1", at, at + 4);
      const length = head.readUInt32LE(at + 4);
      if (id === "data") {
        if (!this.#format) throw new GladiaError("GLADIA_AUDIO", "live-audio-no-wav");
        this.#left = length === 0 || length >= 0x7fff_0000 ? Number.POSITIVE_INFINITY : length;
        this.#state = "audio";
        if (this.#bare) yield* this.#bare.change(this.#format);
        else this.#bare = new BareSource(this.#format, this.#mono);
        return head.subarray(at + 8);
      }
      if (id === "fmt " && at + 8 + Math.min(Math.max(length, 16), 26) <= head.length)
        this.#format = readFormat(head.subarray(at + 8), length);
      at += 8 + length + (length % 2);
    }
    if (head.length > MOST_HEADER) throw new GladiaError("GLADIA_AUDIO", "live-audio-no-wav");
    this.#head = head;
    return Buffer.alloc(0);
  }

  /** Reads audio up to the end that the header tells; what comes there says whether that was true. */
  *#readAudio(bytes: Buffer): Generator<SourcePiece, Buffer> {
    if (this.#head.length === 0 && this.#left > 0) {
      const audio = bytes.subarray(0, Math.min(this.#left, bytes.length));
      this.#left -= audio.length;
      yield* this.#bare?.read(audio) ?? [];
      return bytes.subarray(audio.length);
    }
    const next = Buffer.concat([this.#head, bytes]);
    this.#head = Buffer.alloc(0);
    const rest = next[0] === 0 ? next.subarray(1) : next; // chunks, and files, begin at even places
    const id = rest.toString("latin1", 0, 4);
    if (mayBeWav(rest) && rest.length >= FILE_HEAD) {
      this.#state = "header";
      return rest;
    }
    const length = rest.length >= CHUNK_HEAD ? rest.readUInt32LE(4) : MOST_TRAILER;
    if (TRAILERS.has(id) && length < MOST_TRAILER) {
      this.#pass = length + (length % 2);
      return rest.subarray(CHUNK_HEAD);
    }
    if ((rest.length < FILE_HEAD && mayBeWav(rest)) || (rest.length < CHUNK_HEAD && isTrailerStart(id))) {
      this.#head = next;
      return Buffer.alloc(0);
    }
    this.#left = Number.POSITIVE_INFINITY;
    return next;
  }
}

const isTrailerStart = (start: string) => [...TRAILERS].some((id) => id.startsWith(start));

/** The chunk `fmt ` (Multimedia Programming Interface and Data Specifications 1.0; WAVEFORMATEXTENSIBLE). */
function readFormat(chunk: Buffer, length: number): SourceFormat {
  let code = chunk.readUInt16LE(0);
  if (code === EXTENSIBLE && length >= 26 && chunk.length >= 26) code = chunk.readUInt16LE(24);
  const coding = CODES[code];
  if (!coding) throw new GladiaError("GLADIA_AUDIO", "live-audio-wav", { code });
  const bits = chunk.readUInt16LE(14);
  return checked({
    coding: coding === "int" && bits === 8 ? "uint" : coding,
    bits,
    rate: chunk.readUInt32LE(4),
    channels: chunk.readUInt16LE(2),
  });
}
