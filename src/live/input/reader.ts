import { GladiaError } from "../../errors";
import { isObject } from "../../options/merge";
import { AudioSocketSource, mayBeAudioSocket, SOCKET_HEAD } from "./audio-socket";
import { BareSource } from "./bare";
import { bareFormat, saysFormat } from "./source-format";
import type { InputSettings, Sound, Source, SourcePiece } from "./types";
import {
  isWord,
  mayBePacked,
  notAudioText,
  packedFormat,
  refuseText,
  SHORTEST_TEXT,
  type TextMode,
  textBytes,
  textMode,
} from "./value";
import { mayBeWav, WavSource } from "./wav";

type Fields = Record<string, unknown>;

/** Bytes that tell a WAV file from anything else. */
const WAV_HEAD = 12;
/** Milliseconds without audio after which a source that was refused is looked at anew. */
const REFUSED = 5000;
/** Bytes that are worked on in one step. */
const STEP = 64 * 1024;

/** A WebSocket says which of its messages are texts: such a one among bytes of audio would shift all that follow. */
const isTextFrame = ({ _session }: Fields) => isObject(_session) && _session["type"] === "websocket";

/** Reads the bytes of one source, however its first ones say that they are framed. */
export class SourceReader {
  readonly #settings: InputSettings;
  #framed: Source | undefined;
  #bare: BareSource | undefined;
  #textMode: TextMode | undefined;
  /** What was wrong with the first bytes, and when the last ones came: those behind a header bear no sign of what they are. */
  #refused: { error: unknown; at: number } | undefined;
  /** First bytes, too few to know what they are. */
  #head: Buffer = Buffer.alloc(0);

  constructor(settings: InputSettings) {
    this.#settings = settings;
  }

  /** The sound of bytes that go on as they are, without a step; undefined for all others, which `read` reads. */
  plain(msg: Fields, value: Buffer): Sound | undefined {
    const { skip } = this.#settings;
    if (!this.#bare || value.length <= skip || value.length > STEP || saysFormat(msg)) return undefined;
    return this.#bare.plain(skip > 0 ? value.subarray(skip) : value);
  }

  /** @throws GladiaError GLADIA_AUDIO */
  *read(msg: Fields, value: Buffer | string): Generator<SourcePiece> {
    const { skip } = this.#settings;
    if (typeof value !== "string") {
      if (value.length > 0) this.#textMode ??= "bytes";
      yield* this.#readBytes(msg, value.subarray(skip), 0);
      return;
    }
    if (value === "") return;
    const mode = this.#textMode ?? textMode(value);
    if (mode === "bytes" && (isTextFrame(msg) || (!this.#textMode && isWord(value)))) throw notAudioText(value);
    this.#textMode = mode;
    let left = skip;
    for (const bytes of textBytes(value, mode)) {
      yield* this.#readBytes(msg, bytes.subarray(left), SHORTEST_TEXT);
      left = Math.max(0, left - bytes.length);
    }
  }

  /** Nothing more comes. */
  *end(): Generator<SourcePiece> {
    yield* (this.#framed ?? this.#bare)?.end() ?? [];
  }

  /** @param fewest bytes with which a source may begin: fewer of a text may be a word */
  *#readBytes(msg: Fields, bytes: Buffer, fewest: number): Generator<SourcePiece> {
    if (bytes.length === 0) return;
    let rest = bytes;
    if (!this.#framed && !this.#bare) {
      rest = this.#head.length > 0 ? Buffer.concat([this.#head, bytes]) : bytes;
      this.#head = Buffer.alloc(0);
      if (rest.length < fewest || this.#isShort(msg, rest)) {
        this.#head = Buffer.from(rest);
        return;
      }
    }
    this.#framed ??= this.#bare ? undefined : this.#framedSource(rest);
    const source = this.#framed ?? (yield* this.#bareSource(msg, rest));
    if (rest.length <= STEP) yield* source.read(rest);
    else for (let at = 0; at < rest.length; at += STEP) yield* source.read(rest.subarray(at, at + STEP));
  }

  /** Whether more is needed to know how the source is framed, or that it is bare audio. @throws GladiaError GLADIA_AUDIO */
  #isShort(msg: Fields, head: Buffer): boolean {
    const { framing } = this.#settings;
    if (framing !== "auto" && framing !== "raw") return false;
    if (framing === "auto" && head.length < WAV_HEAD && mayBeWav(head)) return true;
    if (framing === "auto" && head.length < SOCKET_HEAD && mayBeAudioSocket(head)) return true;
    return mayBePacked(head, bareFormat(this.#settings, msg).bits === 8);
  }

  #framedSource(head: Buffer): Source | undefined {
    const { framing, mono } = this.#settings;
    if (framing === "audiosocket" || (framing === "auto" && mayBeAudioSocket(head))) return new AudioSocketSource(mono);
    return framing === "wav" || (framing === "auto" && mayBeWav(head)) ? new WavSource(mono) : undefined;
  }

  *#bareSource(msg: Fields, first: Buffer): Generator<SourcePiece, BareSource> {
    if (this.#bare && !saysFormat(msg)) return this.#bare;
    const format = bareFormat(this.#settings, msg);
    if (!this.#bare) {
      this.#checkFirst(first, format.bits === 8);
      this.#bare = new BareSource(format, this.#settings.mono);
    } else yield* this.#bare.change(format);
    return this.#bare;
  }

  #checkFirst(first: Buffer, isLaw: boolean): void {
    const now = performance.now();
    if (this.#refused && now - this.#refused.at < REFUSED) {
      this.#refused.at = now;
      throw this.#refused.error;
    }
    this.#refused = undefined;
    const format = packedFormat(first);
    if (format !== undefined) {
      const error = new GladiaError("GLADIA_AUDIO", "live-audio-packed", { format });
      this.#refused = { error, at: now };
      throw error;
    }
    if (!isLaw) refuseText(first);
  }
}
