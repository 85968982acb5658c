import { GladiaError } from "../../errors";
import { isObject } from "../../options/merge";
import { isSameFormat } from "../format";
import { channelSettings, mediaStart } from "./media-channel";
import { isMediaStream, MediaStream, mayBeMediaStream, parseMediaStream, streamOf } from "./media-stream";
import { sourceOf } from "./names";
import { SourceReader } from "./reader";
import { bareFormat, liveFormatOf } from "./source-format";
import type { InputSettings, LiveFormat, LivePiece, SourcePiece } from "./types";
import { bytesOf, codingOfArray, notAudio } from "./value";

export { connectionsOf, namesOf } from "./names";
export type { Framing, InputSettings, LiveFormat, LivePiece, Mono } from "./types";

type Fields = Record<string, unknown>;

/** Sources, and ended streams, that are remembered. */
const MOST_SOURCES = 1000;

/** What is known of one source: a connection, an address, a call. */
interface State {
  reader: SourceReader | MediaStream;
  session: string;
  /** Whether the flow named the session, so that the source's own name does not matter. */
  isNamed: boolean;
  /** What the source calls itself: the id of a stream or a call. */
  stream?: string | undefined;
  /** Whether it is a channel of Asterisk, whose texts are not audio. */
  isChannel?: boolean;
  /** The format that was told last. */
  format?: LiveFormat;
}

/** The format of a session that begins before any audio has come. @throws GladiaError GLADIA_AUDIO */
export function expectedFormat(settings: InputSettings): LiveFormat {
  return liveFormatOf(bareFormat(settings, {}), settings.mono === "mix");
}

/** Makes whole frames in a format that Gladia takes of what nodes and devices send, for each source of a node. */
export class LiveInput {
  readonly #settings: InputSettings;
  readonly #states = new Map<string, State>();
  /** Streams that ended: what comes of them late begins none anew. */
  readonly #ended = new Set<string>();

  constructor(settings: InputSettings) {
    this.#settings = settings;
  }

  /**
   * Reads a message whole; see `pieces`.
   * @throws GladiaError GLADIA_AUDIO
   */
  read(msg: Fields, value: unknown, key: string | undefined): LivePiece[] {
    return [...this.pieces(msg, value, key)];
  }

  /**
   * Reads a message, some milliseconds of work at each step, so that the event loop can turn between. All of a message is
   * to be read before the next one.
   * @param value the audio: bytes, base64, a message of a media stream
   * @param key tells one speaker from another; undefined: the stream's id, the connection's, or the sender's address
   * @throws GladiaError GLADIA_AUDIO for what is no audio, or is in a format that cannot be used
   */
  pieces(msg: Fields, value: unknown, key: string | undefined): Iterable<LivePiece> {
    return this.#plain(msg, value, key) ?? this.#steps(msg, value, key);
  }

  /** A chunk of bare audio like the one before it, as ten come in a second: without what steps cost. Undefined for all else. */
  #plain(msg: Fields, value: unknown, key: string | undefined): LivePiece[] | undefined {
    if (!Buffer.isBuffer(value) || mayBeMediaStream(value) || msg["parts"] !== undefined) return undefined;
    const state = this.#states.get(key ?? sourceOf(msg));
    const sound = state?.reader instanceof SourceReader ? state.reader.plain(msg, value) : undefined;
    return state && sound && isSameFormat(state.format, sound.format) ? [audioOf(state, sound.bytes)] : undefined;
  }

  *#steps(msg: Fields, value: unknown, key: string | undefined): Generator<LivePiece> {
    const { framing } = this.#settings;
    const bytes = isMediaStream(value) ? undefined : bytesOf(value);
    const text = bytes ?? (typeof value === "string" ? value : undefined);
    const message = isMediaStream(value) ? value : text && parseMediaStream(text);
    if (message && (framing === "auto" || framing === "twilio")) {
      yield* this.#readStream(message, key, sourceOf(msg));
      return;
    }
    const place = key ?? sourceOf(msg);
    if (isExit(value)) {
      yield* this.#end(place, "exit");
      return;
    }
    const format = framing === "auto" ? mediaStart(value) : undefined;
    if (format !== undefined) {
      const reader = new SourceReader(channelSettings(this.#settings, format));
      this.#add(place, reader, key !== undefined).isChannel = true;
      return;
    }
    if (!bytes && this.#states.get(place)?.isChannel) return; // such as a key that was pressed
    if (framing === "twilio") throw new GladiaError("GLADIA_AUDIO", "live-audio-stream");
    if (text === undefined) throw notAudio(value === msg ? undefined : value);
    let state = this.#states.get(place);
    if (!(state?.reader instanceof SourceReader)) {
      state = this.#add(place, new SourceReader(this.#settings), key !== undefined);
    }
    yield* this.#tell(place, state, (state.reader as SourceReader).read(this.#told(msg, value), text));
    if (isLastPart(msg)) yield* this.#end(place, "parts");
  }

  /** A session is over: what comes next from its source begins anew. */
  forget(session: string): void {
    for (const [place, state] of this.#states) {
      if (state.session === session) this.#states.delete(place);
    }
  }

  /** What is said of bare audio: the kind of an array says it, too, where nothing else does. */
  #told(msg: Fields, value: unknown): Fields {
    const { encoding, bitDepth } = this.#settings;
    if (encoding || bitDepth !== undefined || msg["encoding"] !== undefined) return msg;
    const coding = codingOfArray(value);
    return coding === undefined ? msg : { ...msg, encoding: coding };
  }

  *#readStream(message: Fields, key: string | undefined, connection: string): Generator<LivePiece> {
    const { id, tag } = streamOf(message);
    const place = key ?? id ?? (tag === undefined ? connection : `${connection}/${tag}`);
    const { event } = message;
    if (event === "start") this.#ended.delete(place);
    const isBegun = this.#states.get(place)?.reader instanceof MediaStream;
    if (this.#ended.has(place) || (!isBegun && event !== "start" && event !== "media")) return;
    if (event === "start" && isBegun) yield* this.#flush(place);
    const state =
      (isBegun && this.#states.get(place)) || this.#add(place, new MediaStream(this.#settings), key !== undefined);
    state.stream = id;
    yield* this.#tell(place, state, (state.reader as MediaStream).read(message));
    if (event === "stop") remember(this.#ended, place);
  }

  #add(place: string, reader: SourceReader | MediaStream, isNamed: boolean): State {
    const state: State = { reader, session: place, isNamed };
    this.#states.delete(place);
    const [oldest] = this.#states.keys();
    if (this.#states.size >= MOST_SOURCES && oldest !== undefined) this.#states.delete(oldest);
    this.#states.set(place, state);
    return state;
  }

  /** Says for which session a source's pieces are, and their format before the first ones and when it changes. */
  *#tell(place: string, state: State, pieces: Iterable<SourcePiece>): Generator<LivePiece> {
    for (const piece of pieces) {
      if (piece.name !== undefined && !state.isNamed) state.session = piece.name;
      else if (piece.name !== undefined) state.stream = piece.name;
      const { session } = state;
      if (piece.kind === "end") {
        this.#states.delete(place);
        yield { kind: "end", session, ...(piece.reason ? { reason: piece.reason } : {}) };
        continue;
      }
      const { format, bytes } = piece.sound;
      if (!isSameFormat(state.format, format)) {
        state.format = format;
        yield { kind: "start", session, format };
      }
      yield audioOf(state, bytes);
    }
  }

  *#flush(place: string): Generator<LivePiece> {
    const state = this.#states.get(place);
    if (state) yield* this.#tell(place, state, state.reader.end());
  }

  /** The source says that it is over; of one that never began nothing is told. */
  *#end(place: string, reason: string): Generator<LivePiece> {
    const state = this.#states.get(place);
    if (!state) return;
    yield* this.#flush(place);
    this.#states.delete(place);
    yield { kind: "end", session: state.session, reason };
  }
}

/** What core's exec node sends when its command has ended, or was killed. */
function isExit(value: unknown): boolean {
  if (!isObject(value) || Object.hasOwn(value, "data")) return false;
  return typeof value["code"] === "number" || (value["code"] === null && typeof value["signal"] === "string");
}

/** Whether a message is the last part of a recording that comes in parts, as of a file read as a stream of Buffers. */
function isLastPart({ parts }: Fields): boolean {
  if (!isObject(parts) || parts["type"] !== "buffer") return false;
  return typeof parts["count"] === "number" && parts["index"] === parts["count"] - 1;
}

function audioOf({ session, isNamed, stream }: State, bytes: Buffer): LivePiece {
  return isNamed && stream !== undefined
    ? { kind: "audio", session, bytes, stream }
    : { kind: "audio", session, bytes };
}

function remember(names: Set<string>, name: string): void {
  names.delete(name);
  const [oldest] = names;
  if (names.size >= MOST_SOURCES && oldest !== undefined) names.delete(oldest);
  names.add(name);
}
