import { GladiaError } from "../../errors";
import { BareSource } from "./bare";
import type { Mono, Source, SourcePiece } from "./types";

/** Kinds of packets of Asterisk's AudioSocket. */
const HANGUP = 0x00;
const UUID = 0x01;
const DTMF = 0x03;
const ERROR = 0xff;
/** Rates of the kinds 0x10 and up (Hz): signed, 16 bit, little endian, one channel. */
export const RATES = [8000, 12_000, 16_000, 24_000, 32_000, 44_100, 48_000, 96_000, 192_000];
const HEADER = 3;

/** Bytes of the packet with the call's UUID, and those that tell a connection from quiet samples: the next packet's header, too. */
const FIRST = HEADER + 16;
export const SOCKET_HEAD = FIRST + HEADER;

/** Whether bytes may begin a connection of AudioSocket, as far as there are any: a call's UUID, and another packet behind it. */
export function mayBeAudioSocket(head: Buffer): boolean {
  if (!Buffer.from([UUID, 0, 16]).subarray(0, head.length).equals(head.subarray(0, HEADER))) return false;
  const kind = head[FIRST];
  if (kind === undefined) return true;
  if (!isKind(kind)) return false;
  return head.length < SOCKET_HEAD || !isAudio(kind) || head.readUInt16BE(FIRST + 1) % 2 === 0;
}

/** Packets of a kind, a length in 16 bits of network order, and a payload, split anywhere. */
export class AudioSocketSource implements Source {
  readonly #mono: Mono;
  #held: Buffer = Buffer.alloc(0);
  #name: string | undefined;
  #bare: BareSource | undefined;

  constructor(mono: Mono) {
    this.#mono = mono;
  }

  *read(bytes: Buffer): Generator<SourcePiece> {
    let rest = this.#held.length > 0 ? Buffer.concat([this.#held, bytes]) : bytes;
    while (rest.length >= HEADER) {
      const kind = rest[0] as number;
      if (!isKind(kind)) {
        this.#held = Buffer.alloc(0);
        throw new GladiaError("GLADIA_AUDIO", "live-audio-socket", { kind: `0x${kind.toString(16).padStart(2, "0")}` });
      }
      const end = HEADER + rest.readUInt16BE(1);
      if (rest.length < end) break;
      const payload = rest.subarray(HEADER, end);
      rest = rest.subarray(end);
      this.#held = rest; // what throws below is not read twice
      yield* this.#packet(kind, payload);
    }
    this.#held = Buffer.from(rest);
  }

  *end(): Generator<SourcePiece> {
    yield* this.#named(this.#bare?.end() ?? []);
    this.#bare = undefined;
  }

  *#packet(kind: number, payload: Buffer): Generator<SourcePiece> {
    if (kind === UUID && payload.length === 16) {
      this.#name = payload.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
    } else if (kind === HANGUP || kind === ERROR) {
      yield* this.end();
      yield this.#tell({ kind: "end", reason: kind === ERROR ? "error" : "hangup" });
    } else if (isAudio(kind)) {
      const format = { coding: "int", bits: 16, rate: RATES[kind - 0x10] as number, channels: 1 } as const;
      if (this.#bare) yield* this.#named(this.#bare.change(format));
      else this.#bare = new BareSource(format, this.#mono);
      yield* this.#named(this.#bare.read(payload));
    }
  }

  *#named(pieces: Iterable<SourcePiece>): Generator<SourcePiece> {
    for (const piece of pieces) yield this.#tell(piece);
  }

  #tell(piece: SourcePiece): SourcePiece {
    return this.#name === undefined ? piece : { ...piece, name: this.#name };
  }
}

const isAudio = (kind: number) => kind >= 0x10 && kind < 0x10 + RATES.length;
const isKind = (kind: number) => [HANGUP, UUID, DTMF, ERROR].includes(kind) || isAudio(kind);
