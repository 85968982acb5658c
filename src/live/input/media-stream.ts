import { GladiaError } from "../../errors";
import { isObject } from "../../options/merge";
import { BareSource } from "./bare";
import { Ordered } from "./ordered";
import { bareFormat, checked, codingOf, numberOf, type SourceFormat } from "./source-format";
import { Tracks } from "./tracks";
import type { InputSettings, Mono, SourcePiece } from "./types";

type Fields = Record<string, unknown>;

/** Characters of one message; providers send some hundreds. */
const MOST = 1024 * 1024;
/** Characters in which a message has its first name. */
const HEAD = 64;
const BRACE = 0x7b;
const QUOTE = 0x22;
/** Seconds of the first track in which a second one shows, where the start does not say which there are. */
const PATIENCE = 0.1;
/** What JSON allows between its parts. */
const BLANKS = [0x20, 0x09, 0x0a, 0x0d];

const fieldsOf = (value: unknown): Fields => (isObject(value) ? value : {});
/** A field by the names that providers give it. */
const oneOf = (fields: Fields, ...names: string[]) =>
  names.map((name) => fields[name]).find((value) => value !== undefined);

/** The events that say that an object, or the whole message, belongs to a media stream; others do where they name one. */
const EVENTS = new Set(["connected", "start", "media", "dtmf", "mark", "clear", "stop", "error"]);

/** Whether an object is a message of a media stream: Twilio's, and those of providers that took its form. */
export function isMediaStream(value: unknown): value is Fields {
  if (!isObject(value) || typeof value["event"] !== "string") return false;
  const { event } = value;
  if (!EVENTS.has(event)) return streamOf(value).id !== undefined;
  return (event !== "media" && event !== "start") || isObject(value[event]);
}

/** Whether bytes begin as an object in JSON does: of a thousand chunks of audio not one, and no silence. */
export function mayBeMediaStream(bytes: Buffer): boolean {
  const brace = afterBlanks(bytes, 0);
  const quote = afterBlanks(bytes, brace + 1);
  return bytes[brace] === BRACE && quote < HEAD && bytes[quote] === QUOTE;
}

function afterBlanks(bytes: Buffer, from: number): number {
  let at = from;
  while (at < HEAD && BLANKS.includes(bytes[at] as number)) at++;
  return at;
}

/** The message of a media stream in a text, or in its bytes; undefined for any other. */
export function parseMediaStream(text: string | Buffer): Fields | undefined {
  const mayBe = typeof text === "string" ? /^\s*\{\s*"/.test(text.slice(0, HEAD)) : mayBeMediaStream(text);
  if (!mayBe || text.length > MOST) return undefined;
  try {
    const value: unknown = JSON.parse(text.toString());
    return isMediaStream(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The stream that a message belongs to: its id, or the tag by which several share one connection. */
export function streamOf(message: Fields): { id?: string; tag?: string } {
  const inner = fieldsOf(message[String(message["event"])]);
  const id = [message, inner]
    .map((fields) => oneOf(fields, "streamSid", "stream_sid", "streamId", "stream_id"))
    .find(Boolean);
  const { tag } = inner;
  return {
    ...(typeof id === "string" ? { id: id.slice(0, 200) } : {}),
    ...(typeof tag === "string" && tag !== "" ? { tag: tag.slice(0, 200) } : {}),
  };
}

/** The name of a track, which some say as in their own requests: `inbound_track`. */
const trackOf = (name: unknown) => String(name).replace(/_track$/, "");

/** One call, as a telephony provider sends it over a WebSocket: messages with pieces of one track or of both. */
export class MediaStream {
  readonly #settings: InputSettings;
  readonly #ordered = new Ordered<Fields>();
  #format: SourceFormat = { coding: "ulaw", bits: 8, rate: 8000, channels: 1 };
  #names: string[] = [];
  /** Whether it is known how many tracks there are; what came before that, and its bytes. */
  #isSettled = false;
  #early: Fields[] = [];
  #earlyBytes = 0;
  #tracks: Tracks | undefined;
  #bare: BareSource | undefined;

  constructor(settings: InputSettings) {
    this.#settings = settings;
  }

  /** @throws GladiaError GLADIA_AUDIO for a format that cannot be used, or a piece that holds no base64 */
  *read(message: Fields): Generator<SourcePiece> {
    const { event } = message;
    const number = numberOf(oneOf(message, "sequenceNumber", "sequence_number"));
    if (event === "start") {
      this.#begin(fieldsOf(message["start"]));
      if (number !== undefined) yield* this.#all(this.#ordered.begin(number + 1));
    } else if (event === "stop") {
      yield* this.end();
      yield { kind: "end", reason: "stop" };
    } else if (number === undefined) yield* this.#media(message);
    else yield* this.#all(this.#ordered.put(number, message));
  }

  *end(): Generator<SourcePiece> {
    yield* this.#all(this.#ordered.end());
    yield* this.#settle();
    if (this.#tracks) yield* this.#bare?.read(this.#tracks.end()) ?? [];
    yield* this.#bare?.end() ?? [];
    this.#bare = undefined;
    this.#tracks = undefined;
  }

  #begin(start: Fields): void {
    const told = fieldsOf(oneOf(start, "mediaFormat", "media_format"));
    const coding = codingOf(told["encoding"]);
    if (typeof told["encoding"] === "string" && !coding) {
      throw new GladiaError("GLADIA_AUDIO", "live-audio-encoding", { encoding: told["encoding"].slice(0, 40) });
    }
    const rate = numberOf(oneOf(told, "sampleRate", "sample_rate"));
    const { encoding = "wav/ulaw" } = this.#settings;
    this.#format = checked(
      coding
        ? {
            ...{ coding: coding.coding, bits: coding.bits ?? (/^[au]law$/.test(coding.coding) ? 8 : 16) },
            ...{ rate: rate ?? coding.rate ?? 8000, channels: numberOf(told["channels"]) ?? 1 },
          }
        : bareFormat({ ...this.#settings, encoding, sampleRate: rate ?? this.#settings.sampleRate ?? 8000 }, {}),
    );
    const { tracks } = start;
    // Only those that are promised: a call with one track has one channel, which is what is billed.
    this.#names = Array.isArray(tracks) ? [...new Set(tracks.slice(0, 2).map(trackOf))] : [];
    this.#isSettled = this.#names.length > 0;
  }

  *#all(messages: Fields[]): Generator<SourcePiece> {
    for (const message of messages) yield* this.#media(message);
  }

  *#media(message: Fields): Generator<SourcePiece> {
    if (message["event"] !== "media") return;
    const { track, payload } = fieldsOf(message["media"]);
    if (typeof payload !== "string") throw new GladiaError("GLADIA_AUDIO", "live-audio-stream");
    if (this.#isSettled || typeof track !== "string") {
      yield* this.#sound(message);
      return;
    }
    this.#early.push(message);
    this.#earlyBytes += Buffer.byteLength(payload, "base64");
    const { bits, rate, channels } = this.#format;
    const isOther = trackOf(track) !== trackOf(fieldsOf(this.#early[0]?.["media"])["track"]);
    if (isOther || this.#earlyBytes >= PATIENCE * (bits / 8) * rate * channels) yield* this.#settle();
  }

  /** What came is heard: in as many channels as there are tracks in it. */
  *#settle(): Generator<SourcePiece> {
    const early = this.#early;
    this.#isSettled = true;
    this.#early = [];
    this.#earlyBytes = 0;
    for (const message of early) this.#name(fieldsOf(message["media"])["track"]);
    for (const message of early) yield* this.#sound(message);
  }

  *#sound(message: Fields): Generator<SourcePiece> {
    const media = fieldsOf(message["media"]);
    const bytes = Buffer.from(String(media["payload"]), "base64");
    const track = this.#name(media["track"]);
    yield* this.#meet();
    if (!this.#tracks) {
      this.#bare ??= new BareSource(this.#format, this.#settings.mono);
      yield* this.#bare.read(bytes);
      return;
    }
    const width = this.#format.bits / 8;
    const whole = bytes.subarray(0, bytes.length - (bytes.length % width));
    const time = numberOf(media["timestamp"]);
    const joined = this.#tracks.put(track, time, whole);
    if (joined.length > 0) yield* this.#bare?.read(joined) ?? [];
  }

  /** The name of a piece's track, which is one of two. */
  #name(track: unknown): string {
    const name = typeof track === "string" ? trackOf(track) : "inbound";
    if (!this.#names.includes(name) && this.#names.length < 2) this.#names.push(name);
    return name;
  }

  /** Two tracks are two who speak, and two channels; where the second was not promised, from its first piece on. */
  *#meet(): Generator<SourcePiece> {
    if (this.#names.length < 2 || this.#tracks) return;
    if (this.#bare) yield* this.#bare.end();
    const { bits, rate, coding } = this.#format;
    const width = bits / 8;
    const silence = coding === "ulaw" ? 0xff : coding === "alaw" ? 0xd5 : 0;
    this.#tracks = new Tracks(this.#names.sort(), { width, rate, silence }); // inbound, outbound
    // They are not the same even while both are silent.
    const mono: Mono = this.#settings.mono === "mix" ? "mix" : "keep";
    this.#bare = new BareSource({ ...this.#format, channels: 2 }, mono);
  }
}
