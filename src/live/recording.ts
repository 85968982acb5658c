import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { GladiaError } from "../errors";
import type { Redactor } from "../http/redact";
import { beginningOf, closeFailure, gaveUp, isFinalCode, refusal } from "./failure";
import { isAcknowledgement, type LiveMessage } from "./messages";
import { Finals, missedFinals } from "./missed";
import { openSession } from "./open-session";
import { MessageReader } from "./reader";
import type { LiveState, RecordingOptions } from "./recording-options";
import { END, SignsOfLife } from "./signs-of-life";
import { type Closed, LiveSocket } from "./socket";
import { Transfer } from "./transfer";

/** Milliseconds between two looks at a connection. */
const TICK = 5000;
/** Attempts at least until a lost connection is given up. */
const ATTEMPTS = 5;

/** One live session at Gladia: asked for once, resumed on its own address as often as it takes, ended once. */
export class Recording {
  readonly #options: RecordingOptions;
  readonly #transfer: Transfer;
  readonly #abort = new AbortController();
  /** When it was asked for. */
  #begun = Number.POSITIVE_INFINITY;
  /** Takes what comes after this one. */
  next: Recording | undefined;
  #socket: LiveSocket | undefined;
  #id = "";
  #isStopping = false;
  #isStopAcknowledged = false;
  #isCancelled = false;
  #isWanted = false;
  readonly #signs = new SignsOfLife();
  #hasHeard = false;
  #wasResumed = false;
  readonly #finals = new Finals();
  #isEndless = false;
  /** Aborts when it is to be asked for. */
  readonly #due = new AbortController();
  /** Resolves once it is over and no socket is left. */
  readonly ended: Promise<void>;

  constructor(options: RecordingOptions, onId: (id: string) => void) {
    this.#options = options;
    this.#transfer = new Transfer(options);
    this.ended = once(this.#due.signal, "abort").then(() => this.#run(onId));
    if (!options.isHeld) this.prepare();
  }

  /** Of the session at Gladia; empty until there is one. */
  get id(): string {
    return this.#id;
  }

  /** Takes its audio, and knows how much was written and sent. */
  get audio(): Pick<Transfer, "seconds" | "written" | "write" | "cut" | "hurry"> {
    return this.#transfer;
  }

  /** Seconds that count for the limit of a session: of its audio, or since it was asked for. */
  get age(): number {
    return Math.max(this.#transfer.written, (performance.now() - this.#begun) / 1000);
  }

  /** What was written is sent, in real time; then the server works off the rest and ends the session. */
  stop(): void {
    if (this.#isStopping) return;
    this.#isStopping = true;
    this.#tell("stopping");
    this.#signs.message();
    this.#transfer.stop();
  }

  /** It is asked for, and connects: its time counts from here. */
  prepare(): void {
    this.#due.abort();
  }

  /** What was written may be sent. */
  release(): void {
    this.prepare();
    this.#transfer.release();
  }

  /**
   * Ends it at once: what was not sent is forgotten, no message comes any more.
   * @param isWanted nobody needs to be told what was forgotten
   */
  cancel(isWanted: boolean): void {
    this.#isCancelled = true;
    this.#isWanted = isWanted;
    this.#abort.abort(new GladiaError("GLADIA_CANCELLED", "live-cancelled"));
    this.#transfer.detach();
    this.#socket?.close();
    this.prepare(); // one that was not asked for yet is to end, too
  }

  async #run(onId: (id: string) => void): Promise<void> {
    this.#begun = performance.now();
    const ticking = setInterval(() => this.#tick(), TICK);
    let reason: Parameters<RecordingOptions["onEnd"]>[0] = "stopped";
    let error: GladiaError | undefined;
    try {
      const { client, body, region, buffer: patience, onTrouble } = this.#options;
      this.#tell("connecting");
      const opening = { region, patience, signal: this.#abort.signal, onWait: this.#tell.bind(this), onTrouble };
      const { id, url } = await openSession(client, body, opening);
      this.#id = id;
      onId(id);
      reason = await this.#converse(url);
      if (this.#wasResumed) await this.#makeUp();
    } catch (failure) {
      reason = this.#isCancelled ? "cancelled" : "failed";
      error = this.#isCancelled ? undefined : (failure as GladiaError);
    } finally {
      clearInterval(ticking);
      this.#transfer.detach();
    }
    // A server that ends as it was asked to has taken what it was sent, acknowledged or not.
    const lost = this.#isWanted || reason === "stopped" ? 0 : this.#transfer.rest;
    if (lost > 0.0005) this.#options.onDropped(lost);
    this.#options.onDrained();
    this.#options.onEnd(reason, error);
  }

  /** Connects, again and again, until the session is over. @throws GladiaError */
  async #converse(url: string): Promise<"stopped" | "cancelled" | "closed"> {
    const redactor = this.#options.client.redactor.and(new URL(url).searchParams.get("token") ?? undefined);
    const redact = redactor.redact.bind(redactor);
    const patience = Math.max(this.#options.buffer, ATTEMPTS);
    for (let failures = 0, since = performance.now(); ; ) {
      const closed = await this.#connect(url, redactor);
      if (this.#isCancelled) return "cancelled";
      if (closed.code === 1000 || closed.code === 1001) return this.#isStopping ? "stopped" : "closed";
      if (this.#isEndless) throw new GladiaError("GLADIA_TIMEOUT", "live-end", { id: this.#id, seconds: END / 1000 });
      const failed = refusal(closed, url, redact);
      // A session whose stop is acknowledged may be over before we are back.
      if (failed && !failed.cause.retryable && this.#isStopAcknowledged) return "stopped";
      if (failed && !failed.cause.retryable) throw failed.about(this.#id);
      if (isFinalCode(closed.code)) throw closeFailure(closed, this.#id, redact);
      if (closed.code === 1009 && !this.#transfer.shrink()) throw closeFailure(closed, this.#id, redact);
      if (closed.wasOpen && this.#hasHeard) {
        failures = 0;
        since = performance.now();
      }
      failures++;
      const seconds = Math.floor((performance.now() - since) / 1000);
      if (failures > ATTEMPTS && seconds >= patience) throw gaveUp(closed, failed, { id: this.#id, seconds });
      this.#wasResumed ||= closed.wasOpen;
      if (failed) this.#options.onTrouble(failed);
      this.#tell("reconnecting");
      await sleep(Math.min(300 * 2 ** (failures - 1), 2000), undefined, { signal: this.#abort.signal });
    }
  }

  /** One connection, from its beginning to its end. */
  async #connect(url: string, redactor: Redactor): Promise<Closed> {
    this.#hasHeard = false;
    const reader = new MessageReader(redactor, this.#options.tellsAcknowledgements, {
      onMessage: (message) => this.#receive(message, redactor),
      onOther: (start) => this.#options.onWarning({ key: "warning-live-message", params: { start } }),
    });
    const socket = new LiveSocket(this.#options.transport, url, {
      onOpen: () => {
        this.#signs.alive();
        this.#signs.message();
        this.#tell("recording");
        this.#options.onTrouble(undefined);
        this.#transfer.attach(socket);
      },
      onText: (bytes) => {
        if (this.#isCancelled) return;
        this.#signs.alive();
        this.#hasHeard = true;
        reader.read(bytes);
      },
      onAlive: () => this.#signs.alive(),
    });
    this.#socket = socket;
    if (this.#isCancelled) socket.close();
    const closed = await socket.closed;
    await reader.done();
    this.#transfer.detach();
    return closed;
  }

  /** Once it is stopped, that is what counts, but for what keeps it from ending. */
  #tell(state: LiveState): void {
    this.#options.onState(this.#isStopping && ["connecting", "recording"].includes(state) ? "stopping" : state);
  }

  #receive(message: LiveMessage, redactor: Redactor): void {
    if (this.#isCancelled) return;
    if (isAcknowledgement(message)) {
      this.#acknowledge(message, redactor);
      this.#options.onAcknowledged();
      if (!this.#options.tellsAcknowledgements) return;
    } else this.#signs.message();
    // A server that does not know what arrived before a connection broke may say it once more.
    if (this.#finals.add(message) && this.#wasResumed) return;
    this.#options.onMessage(message, this.#id);
  }

  /** Tells the finals that were on their way when a connection broke. */
  async #makeUp(): Promise<void> {
    const { signal } = this.#abort;
    try {
      const missed = await missedFinals(this.#options.client, this.#id, this.#finals, signal);
      for (const message of missed) this.#options.onMessage(message, this.#id);
    } catch (error) {
      signal.throwIfAborted();
      this.#options.onWarning(error as GladiaError);
    }
  }

  #acknowledge(message: LiveMessage, redactor: Redactor): void {
    if (message.type === "stop_recording") {
      this.#isStopAcknowledged ||= message["acknowledged"] === true;
    } else if (!this.#transfer.answered(message)) {
      const { error } = message as { error?: { message?: unknown } | null };
      const said = beginningOf(String(error?.message ?? "?"), 200, redactor);
      this.#options.onWarning({ key: "warning-live-refused", params: { message: said } });
    }
  }

  /** Looks after the connection: whether it lives, whether the end comes. */
  #tick(): void {
    // Some proxies swallow pings; the answer to an empty chunk is a sign of life, too.
    this.#transfer.tick(this.#signs.isDoubtful);
    if (!this.#socket) return;
    this.#socket.ping();
    if (this.#signs.isDead) this.#socket.terminate();
    if (this.#isStopping && this.#transfer.isDrained && this.#signs.isEndless) {
      this.#isEndless = true;
      this.#socket.close();
    }
  }
}
