import { AudioBuffer } from "./audio-buffer";
import { bytesPerSecond, frameBytes } from "./format";
import type { LiveFormat } from "./input";
import { acknowledgement, type LiveMessage } from "./messages";
import { Pacer } from "./pacer";
import { Positions } from "./positions";
import type { LiveSocket } from "./socket";

/** Seconds of audio in a frame, and the least that is sent while more is expected. */
const FRAME = 0.1;
const LEAST = 0.05;
/** Milliseconds in which more is expected. */
const FLUSH = 100;
/** Bytes of a frame at most; the server closes connections over 1 MiB. */
const LARGEST = 512 * 1024;
/** Below so many bytes a frame is not made smaller again. */
const SMALLEST = 256;
/** Bytes that may wait for the network before we wait for it. */
const FULL = 256 * 1024;
/** Bytes that are held of audio that comes faster than real time, such as whole files. */
const HELD = 64 * 1024 * 1024;
/** Milliseconds in which an empty chunk is answered, and of silence after which one is sent. */
const PROBE = 1000;
const SILENCE = 20_000;

const EMPTY = JSON.stringify({ type: "audio_chunk", data: { chunk: "" } });
const STOP = JSON.stringify({ type: "stop_recording" });

interface TransferOptions {
  format: LiveFormat;
  /** Seconds of audio that are kept for a lost connection. */
  buffer: number;
  /** How many times as fast as real time may be sent. */
  speed: number;
  /** Nothing is sent before `release`. */
  isHeld: boolean;
  /** Told of seconds that the server will not get. */
  onDropped(seconds: number): void;
  /** All audio and the stop were sent. */
  onDrained(): void;
}

/**
 * Brings the audio of a recording to the server, each byte once: in frames, in real time at most, over as many connections
 * as it takes. What the server has not acknowledged is kept, within bounds.
 */
export class Transfer {
  readonly #options: TransferOptions;
  readonly #rate: number;
  readonly #sample: number;
  readonly #most: number;
  readonly #buffer = new AudioBuffer();
  readonly #positions = new Positions();
  readonly #pacer: Pacer;
  #frame: number;
  #socket: LiveSocket | undefined;
  #isFirst = true;
  /** Whether it is known from where on to send on this connection. */
  #isReady = false;
  #isFull = false;
  #isHeld: boolean;
  #isStopping = false;
  #stopSent = false;
  /** Position up to which was sent on this connection, up to which ever, and where this connection began. */
  #sent = 0;
  #everSent = 0;
  #resumedAt = 0;
  /** What was sent before each of the empty chunks that are not answered yet. */
  #empties: number[] = [];
  #lastSent = performance.now();
  #timer: NodeJS.Timeout | undefined;
  #probing: NodeJS.Timeout | undefined;

  constructor(options: TransferOptions) {
    this.#options = options;
    this.#rate = bytesPerSecond(options.format);
    this.#sample = frameBytes(options.format);
    this.#most = options.buffer * this.#rate;
    this.#frame = Math.min(this.#whole(this.#rate * FRAME), this.#whole(LARGEST));
    this.#pacer = new Pacer(this.#rate, options.speed);
    this.#isHeld = options.isHeld;
  }

  /** Seconds of audio that were sent. */
  get seconds(): number {
    return this.#everSent / this.#rate;
  }

  /** Seconds of audio that were written. */
  get written(): number {
    return this.#buffer.end / this.#rate;
  }

  /** Seconds of audio that the server is not known to have. */
  get rest(): number {
    return (this.#buffer.end - Math.max(this.#positions.acknowledged, this.#buffer.start)) / this.#rate;
  }

  /** Whether all audio and the stop were sent. */
  get isDrained(): boolean {
    return this.#stopSent;
  }

  /** Takes audio, whole samples of all channels; none after `stop`. */
  write(bytes: Buffer): void {
    if (this.#isStopping) return;
    if (this.#buffer.end - this.#sent < this.#rate * LEAST) this.#pacer.rested();
    this.#buffer.push(bytes);
    this.#trim();
    this.#pump(false);
  }

  /** No more audio comes: once all was sent the server is asked to stop, and again on each further connection. */
  stop(): void {
    this.#isStopping = true;
    this.#pump(false);
  }

  /** What was written may be sent from now on. */
  release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#pacer.restart();
    this.#pump(false);
  }

  /** A connection is open. */
  attach(socket: LiveSocket): void {
    this.#socket = socket;
    this.#stopSent = false;
    this.#empties = [];
    if (this.#isFirst) {
      this.#isFirst = false;
      this.#begin(this.#skipForgotten(0));
      return;
    }
    this.#positions.reconnected();
    socket.send(EMPTY);
    this.#probing = setTimeout(() => this.#resume(undefined), PROBE);
  }

  /** The connection is lost. */
  detach(): void {
    this.#socket = undefined;
    this.#isReady = this.#isFull = false;
    clearTimeout(this.#timer);
    clearTimeout(this.#probing);
    this.#timer = this.#probing = undefined;
  }

  /** An answer to a chunk of audio came. Gives false when the server has refused it. */
  answered(message: LiveMessage): boolean {
    const ack = acknowledgement(message);
    if (!ack) {
      this.#sendEmpty(); // its answer tells how much is missing
      return false;
    }
    if (this.#probing) {
      this.#resume(ack);
      return true;
    }
    if (ack.from === ack.to) {
      const before = this.#empties.shift();
      const missing = before === undefined ? 0 : this.#positions.missing(ack, before);
      if (missing > 0) this.#skip(missing);
    }
    this.#buffer.forget(this.#positions.acknowledge(ack, this.#resumedAt, this.#sent));
    return true;
  }

  /** Keeps a silent connection alive; called every few seconds. */
  tick(): void {
    if (this.#isReady && performance.now() - this.#lastSent >= SILENCE) this.#sendEmpty();
  }

  /** Makes frames smaller from now on; gives false when they are small already. */
  shrink(): boolean {
    const smaller = this.#whole(this.#frame / 2);
    if (smaller < Math.max(SMALLEST, this.#sample)) return false;
    this.#frame = smaller;
    return true;
  }

  #whole(bytes: number): number {
    return Math.floor(bytes / this.#sample) * this.#sample;
  }

  #resume(probe: ReturnType<typeof acknowledgement>): void {
    clearTimeout(this.#probing);
    this.#probing = undefined;
    const from = this.#positions.resume(probe, this.#everSent);
    this.#buffer.forget(from);
    this.#begin(this.#skipForgotten(from));
  }

  #begin(from: number): void {
    this.#sent = this.#resumedAt = from;
    this.#isReady = true;
    this.#pump(false);
  }

  /** What is not kept any more, but was not sent, is lost. Gives the position of the first byte that is there. */
  #skipForgotten(from: number): number {
    const lost = this.#buffer.start - from;
    if (lost > 0) this.#skip(lost);
    return Math.max(from, this.#buffer.start);
  }

  #skip(bytes: number): void {
    this.#positions.skip(bytes);
    this.#options.onDropped(bytes / this.#rate);
  }

  /** Gives up the oldest audio where too much waits. */
  #trim(): void {
    const from = this.#isReady ? this.#sent : this.#buffer.start;
    const waiting = this.#buffer.end - from;
    const late = this.#isHeld ? 0 : Math.min(waiting, this.#pacer.late);
    const excess = Math.max(late - this.#most, waiting - Math.max(this.#most, HELD));
    const given = Math.ceil(excess / this.#sample) * this.#sample;
    if (given <= 0) return;
    this.#buffer.forget(from + given);
    this.#pacer.passed(given);
    if (this.#isReady) this.#sent = this.#skipForgotten(this.#sent);
  }

  #pump(isFlush: boolean): void {
    const socket = this.#socket;
    if (!socket || !this.#isReady || this.#isHeld || this.#isFull) return;
    for (;;) {
      const waiting = this.#whole(this.#buffer.end - this.#sent);
      if (waiting === 0) break;
      const isLittle = waiting < this.#rate * LEAST && !isFlush && !this.#isStopping;
      const wait = isLittle ? FLUSH : this.#pacer.wait;
      if (wait > 0) {
        this.#later(wait);
        return;
      }
      if (!this.#sendFrame(socket, waiting)) return;
    }
    if (this.#isStopping && !this.#stopSent) {
      this.#stopSent = true;
      socket.send(STOP);
      this.#options.onDrained();
    }
  }

  #later(milliseconds: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#pump(true);
    }, milliseconds);
  }

  /** Gives false when the network has to take some of it first. */
  #sendFrame(socket: LiveSocket, waiting: number): boolean {
    const size = waiting <= this.#frame * 1.5 ? Math.min(waiting, this.#whole(LARGEST)) : this.#frame;
    const bytes = this.#buffer.read(this.#sent, size);
    const isFull = socket.waiting + size > FULL;
    socket.send(bytes, isFull ? () => this.#goOn(socket) : undefined);
    this.#isFull = isFull;
    this.#sent += size;
    this.#everSent = Math.max(this.#everSent, this.#sent);
    this.#pacer.passed(size);
    this.#lastSent = performance.now();
    this.#buffer.forget(this.#sent - Math.ceil(this.#most)); // an ack that never comes must not cost memory
    return !isFull;
  }

  #goOn(socket: LiveSocket): void {
    if (this.#socket !== socket) return;
    this.#isFull = false;
    this.#pump(false);
  }

  #sendEmpty(): void {
    this.#empties.push(this.#sent);
    this.#lastSent = performance.now();
    this.#socket?.send(EMPTY);
  }
}
