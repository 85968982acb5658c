import type { Socket } from "node:net";
import type { RawData, WebSocket } from "ws";
import type { Control } from "../control";
import { rounded } from "../result/timed";
import type { SocketFault, SocketFaultKind } from "./faults";
import { BadFrame, readFrame } from "./frames";
import type { Receiver } from "./outbox";
import { type LiveSession, OVER } from "./session";

/** Nothing came for too long: the client may connect again. */
const IDLE = 4508;
const REFUSED = "The chunk was refused";

/** A stretch of the session, in bytes, and where it lies on its connection. */
interface Taken {
  from: number;
  to: number;
}

/** One WebSocket of a session. */
export class Connection implements Receiver {
  readonly #socket: WebSocket;
  readonly #wire: Socket;
  readonly #session: LiveSession;
  readonly #control: Control;
  readonly #faults: Map<SocketFaultKind, SocketFault>;
  readonly #idle: NodeJS.Timeout;
  /** audio that is here but not acknowledged: whoever connects next sends it again */
  #pending: Buffer[] = [];
  /** acks that a fault is going to lose */
  #delayed: Taken[] = [];
  /** bytes of audio that came in */
  #came = 0;
  #withheld = 0;
  /** dropped by a fault; what still comes is lost */
  #isLost = false;
  /** bytes of the session when the connection began */
  readonly #start: number;

  /**
   * @param socket the WebSocket, open
   * @param wire what it runs over
   */
  constructor(socket: WebSocket, wire: Socket, session: LiveSession, control: Control, faults: SocketFault[]) {
    this.#socket = socket;
    this.#wire = wire;
    this.#session = session;
    this.#control = control;
    this.#faults = new Map(faults.map((fault) => [fault.kind, fault]));
    this.#start = session.intake.received;
    this.#idle = setTimeout(() => this.close(IDLE, "No frame for too long"), control.settings.liveIdle).unref();
    const slow = this.#faults.get("slow");
    socket.on("message", (data, isBinary) => {
      if (slow === undefined) this.#receive(data, isBinary);
      else setTimeout(() => this.#receive(data, isBinary), slow.delay ?? 1000);
    });
    socket.on("close", (code) => this.#closed(code));
    // What is wrong with a frame closes the socket by itself, with its own code.
    socket.on("error", () => undefined);
  }

  send(text: string): boolean {
    const socket = this.#socket;
    if (this.#isLost || socket.readyState !== socket.OPEN) return false;
    if (socket.bufferedAmount > this.#control.settings.liveUnread) {
      // Who does not read what it is told may come back for the rest.
      socket.terminate();
      return false;
    }
    socket.send(text, () => undefined);
    return true;
  }

  /** Sends the client away. */
  close(code: number, reason: string): void {
    this.#release();
    this.#socket.close(code, reason);
  }

  #closed(code: number): void {
    clearTimeout(this.#idle);
    const isOver = code === OVER && this.#session.isConnected(this);
    this.#session.disconnect(this);
    if (isOver) this.#end();
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (this.#isLost || this.#socket.readyState !== this.#socket.OPEN) return;
    this.#idle.refresh();
    const bytes = data as Buffer;
    if (isBinary) {
      this.#audio(bytes);
      return;
    }
    try {
      const frame = readFrame(bytes.toString("utf8"));
      if (frame.type === "audio_chunk") this.#audio(frame.audio);
      else this.#stop();
    } catch (error) {
      if (!(error instanceof BadFrame)) throw error;
      this.close(error.code, error.message);
      this.#end();
    }
  }

  #stop(): void {
    for (const bytes of this.#pending.splice(0)) this.#session.take(bytes);
    this.#release();
    this.#session.askedToStop();
  }

  /** The client has gone for good: what is here was meant to be heard. */
  #end(): void {
    for (const bytes of this.#pending.splice(0)) this.#session.take(bytes);
    this.#session.stop();
  }

  #audio(bytes: Buffer): void {
    if (this.#session.isStopped) {
      this.#session.acknowledge("audio_chunk", null, "The recording has been stopped");
      return;
    }
    this.#came += bytes.length;
    if (this.#isDropped()) return;
    this.#strike();
    if (this.#isStruck("refuse-audio")) {
      this.#session.acknowledge("audio_chunk", null, REFUSED);
      return;
    }
    this.#pending.push(bytes);
    const { acks = Number.POSITIVE_INFINITY } = this.#faults.get("withhold-acks") ?? { acks: 0 };
    if (this.#withheld < acks) {
      this.#withheld += 1;
      return;
    }
    this.#take(bytes.length);
  }

  /**
   * Takes all that waits and acknowledges it in one.
   * @param size bytes of the latest chunk
   */
  #take(size: number): void {
    const ranges = this.#pending.splice(0).map((bytes) => this.#session.take(bytes));
    const [first, last] = [ranges[0], ranges.at(-1)];
    if (first === undefined || last === undefined) return;
    this.#delayed.push({ from: first.from, to: last.to });
    if (this.#delayed.length === 1 && !this.#isLosing(size)) this.#acknowledge();
  }

  /** Whether the connection is dropped within so few chunks of this size that their acks are to be lost. */
  #isLosing(size: number): boolean {
    const { after = 0, acks = 0 } = this.#faults.get("drop") ?? {};
    return acks > 0 && this.#came + acks * size >= after;
  }

  /** Says the oldest ack that has not been said. */
  #acknowledge(): void {
    const taken = this.#delayed.shift();
    if (taken === undefined) return;
    const { from, to } = taken;
    const before = this.#control.settings.liveBytes === "connection" ? this.#start : 0;
    const { intake } = this.#session;
    this.#session.acknowledge("audio_chunk", {
      byte_range: [from - before, to - before],
      time_range: [rounded(intake.secondsOf(from)), rounded(intake.secondsOf(to))],
    });
  }

  /** Says the acks that were held back: nothing is going to be lost any more. */
  #release(): void {
    while (this.#delayed.length > 0) this.#acknowledge();
  }

  /** Loses the connection where a fault says so. */
  #isDropped(): boolean {
    if (!this.#isStruck("drop")) return false;
    const { code, hard = false } = this.#faults.get("drop") ?? {};
    this.#delayed = [];
    this.#pending = [];
    this.#isLost = true;
    this.#session.disconnect(this);
    if (hard) this.#wire.resetAndDestroy();
    else if (code === undefined) this.#wire.end();
    else this.#socket.close(code, "Injected fault");
    return true;
  }

  /** Sends what a fault wants sent. */
  #strike(): void {
    const session_id = this.#session.job.id;
    const created_at = new Date().toISOString();
    if (this.#isStruck("unknown-message"))
      this.send(JSON.stringify({ type: "speech_turn_end", session_id, created_at, data: { confidence: 0.5 } }));
    if (this.#isStruck("error-message")) {
      const data = { code: "internal_error", message: "Injected fault" };
      this.send(JSON.stringify({ type: "error", session_id, created_at, data }));
    }
    if (this.#isStruck("bad-json")) this.send('{"type": "transcript", "data"');
  }

  /** Whether a fault strikes now; each strikes a connection once. */
  #isStruck(kind: SocketFaultKind): boolean {
    const fault = this.#faults.get(kind);
    if (fault === undefined || this.#came < (fault.after ?? 0)) return false;
    // A drop is looked up again for its acks until the connection is gone.
    if (kind !== "drop") this.#faults.delete(kind);
    return true;
  }
}
