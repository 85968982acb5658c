import { AudioBuffer, excess } from "./audio-buffer";
import { Frames } from "./frames";
import { acknowledgement, type LiveMessage } from "./messages";
import { Pacer } from "./pacer";
import { Positions } from "./positions";
import { Questions } from "./questions";
import type { TransferOptions } from "./recording-options";
import { ResumeProbe } from "./resume-probe";
import type { LiveSocket } from "./socket";
import { Wire } from "./wire";

/** Milliseconds in which more is expected to fill a frame. */
const FLUSH = 100;
/** Seconds of audio before the end at which it is nearly there: time enough to make ready what comes next. */
const NEARLY = 5;

/**
 * Brings the audio of a recording to the server, each byte once: in frames, in real time at most, over as many connections
 * as it takes. What the server has not acknowledged is kept, within bounds.
 */
export class Transfer {
  readonly #options: TransferOptions;
  readonly #frames: Frames;
  readonly #rate: number;
  readonly #most: number;
  readonly #buffer = new AudioBuffer();
  readonly #positions = new Positions();
  readonly #pacer: Pacer;
  #wire: Wire | undefined;
  #isFirst = true;
  /** Whether it is known from where on to send on this connection. */
  #isReady = false;
  #isHeld: boolean;
  #isHurried = false;
  #isStopping = false;
  #stopSent = false;
  /** Position up to which was sent on this connection, up to which ever, and where this connection began. */
  #sent = 0;
  #everSent = 0;
  #resumedAt = 0;
  readonly #questions = new Questions();
  #timer: NodeJS.Timeout | undefined;
  readonly #probe = new ResumeProbe(() => this.#resume(undefined));

  constructor(options: TransferOptions) {
    this.#options = options;
    this.#frames = new Frames(options.format);
    this.#rate = this.#frames.rate;
    this.#most = options.buffer * this.#rate;
    this.#pacer = new Pacer(this.#rate, options.speed);
    this.#isHeld = options.isHeld;
  }

  /** Seconds of audio that were sent, that were written, and that the server is not known to have. */
  get seconds(): number {
    return this.#everSent / this.#rate;
  }
  get written(): number {
    return this.#buffer.end / this.#rate;
  }
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
    if (this.#buffer.end - this.#sent < this.#frames.least) this.#pacer.rested();
    this.#buffer.push(bytes);
    this.#trim();
    this.#pump(false);
  }

  /** No more audio comes: once all was sent the server is asked to stop, and again on each further connection. */
  stop(): void {
    this.#isStopping = true;
    this.#pump(false);
  }

  /** Gives up what is not due yet, as if it had not been written. Gives its seconds. */
  cut(): number {
    const before = this.written;
    const due = Math.max(this.#everSent, this.#buffer.start) + this.#pacer.due;
    this.#buffer.cut(this.#isHeld ? 0 : this.#frames.whole(due));
    return before - this.written;
  }

  /** What was written is sent as fast as the network takes it, from now on. */
  hurry(): void {
    this.#isHurried = true;
    this.#pump(true);
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
    const wire: Wire = new Wire(socket, () => {
      if (this.#wire === wire) this.#pump(false);
    });
    this.#wire = wire;
    this.#stopSent = false;
    if (this.#isFirst) {
      this.#isFirst = false;
      this.#begin(this.#skipForgotten(0));
      return;
    }
    this.#positions.reconnected();
    wire.question();
    this.#probe.begin();
    socket.ping(() => this.#probe.ponged());
  }

  /** The connection is lost. */
  detach(): void {
    this.#wire = undefined;
    this.#isReady = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#probe.end();
  }

  /** An answer to a chunk of audio, or to an empty one, came. Gives false when the server has refused audio. */
  answered(message: LiveMessage): boolean {
    const ack = acknowledgement(message);
    if (this.#probe.isWaiting) {
      this.#resume(ack); // nothing else was sent on this connection
      return true;
    }
    if (!ack) {
      const isRefusal = message["acknowledged"] !== true && this.#sent > this.#positions.acknowledged;
      if (this.#questions.isDue(this.#sent)) this.#ask(); // its answer tells how much is missing
      return !isRefusal;
    }
    if (ack.from === ack.to) {
      const before = this.#questions.answered();
      const missing = before === undefined ? 0 : this.#positions.missing(ack, before);
      if (missing > 0) this.#skip(missing);
    }
    this.#buffer.forget(this.#frames.whole(this.#positions.acknowledge(ack, this.#resumedAt, this.#sent)));
    return true;
  }

  /**
   * Keeps a silent connection alive; called every few seconds.
   * @param isDoubtful nothing came for so long that the server is to say something
   */
  tick(isDoubtful: boolean): void {
    if (this.#isReady && (isDoubtful || this.#wire?.isSilent)) this.#ask();
  }

  /** Makes frames smaller from now on; gives false when they are small already. */
  shrink(): boolean {
    return this.#frames.shrink();
  }

  #resume(probe: ReturnType<typeof acknowledgement>): void {
    this.#probe.end();
    const from = this.#frames.whole(this.#positions.resume(probe, this.#everSent)); // an ack may mean its last byte
    this.#buffer.forget(from);
    this.#begin(this.#skipForgotten(from));
  }

  #begin(from: number): void {
    this.#sent = this.#resumedAt = from;
    this.#questions.begin(from);
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

  /** Gives up the oldest audio where too much waits for the network. What waits to be due, or to fill a frame, does not. */
  #trim(): void {
    const from = this.#isReady ? this.#sent : this.#buffer.start;
    const waiting = this.#buffer.end - from;
    const isFlowing = this.#isHeld || (this.#isReady && !this.#wire?.isFull);
    const given = this.#frames.filled(excess(waiting, isFlowing ? 0 : this.#pacer.late, this.#most));
    if (given <= 0) return;
    this.#buffer.forget(from + given);
    this.#pacer.passed(given);
    if (this.#isReady) this.#sent = this.#skipForgotten(this.#sent);
  }

  #pump(isFlush: boolean): void {
    const wire = this.#wire;
    if (!wire || !this.#isReady || this.#isHeld) return;
    if (this.#isStopping && this.#buffer.end - this.#sent <= NEARLY * this.#rate) this.#options.onNearlyDrained();
    while (!wire.isFull) {
      const waiting = this.#frames.whole(this.#buffer.end - this.#sent);
      if (waiting === 0) break;
      const isLittle = waiting < this.#frames.least && !isFlush && !this.#isStopping;
      const wait = this.#isHurried ? 0 : isLittle ? FLUSH : this.#pacer.wait;
      if (wait > 0) {
        this.#later(wait);
        return;
      }
      this.#sendFrame(wire, waiting);
    }
    if (this.#isStopping && !this.#stopSent && !wire.isFull) {
      this.#stopSent = true;
      wire.stop();
      this.#options.onDrained();
    }
  }

  #later(milliseconds: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#pump(true);
    }, milliseconds);
  }

  #sendFrame(wire: Wire, waiting: number): void {
    const size = this.#frames.next(waiting);
    wire.audio(this.#buffer.read(this.#sent, size));
    this.#pacer.passed(size, Math.min(size, this.#everSent - this.#sent));
    this.#sent += size;
    this.#everSent = Math.max(this.#everSent, this.#sent);
    this.#buffer.forget(this.#sent - Math.ceil(this.#most)); // an ack that never comes must not cost memory
  }

  /** Asks where the server stands. */
  #ask(): void {
    this.#questions.asked(this.#sent);
    this.#wire?.question();
  }
}
