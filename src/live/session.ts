import type { GladiaClient } from "../client";
import type { GladiaError, Term } from "../errors";
import type { Transport } from "../http/transport";
import { mergeOptions, type Options } from "../options/merge";
import { frameBytes } from "./format";
import type { LiveFormat } from "./input";
import type { LiveMessage } from "./messages";
import { Recording } from "./recording";
import type { LiveReason, LiveState } from "./recording-options";
import { TimeLimits } from "./time-limits";

export type { LiveMessage } from "./messages";
export type { LiveReason, LiveState } from "./recording-options";

/** Seconds, of audio or of time, after which a pause is looked for to go on in a new session, and after which none is waited for: 3 h are the limit. */
const LONG = 10_200;
const LONGEST = 10_620;
const NOTHING = Buffer.alloc(0);

/** How a session ended. */
export interface LiveResult {
  reason: LiveReason;
  error?: GladiaError;
  /** The sessions at Gladia, in order: usually one. */
  ids: string[];
}

/** Who is told of a session. */
export interface LiveListener {
  /**
   * There is a session at Gladia: the first one, or one in which it goes on.
   * @param before seconds of audio that the ones before it have
   */
  onSession?(id: string, before: number): void;
  /** A session at Gladia is over. */
  onSessionEnd?(id: string, error: GladiaError | undefined): void;
  /** @param id of the session at Gladia */
  onMessage(message: LiveMessage, id: string): void;
  /** @param seconds of audio that were sent */
  onState?(state: LiveState, seconds: number): void;
  /** Why it is tried again to ask for a session, or to connect; undefined when it is connected. */
  onTrouble?(failure: GladiaError | undefined): void;
  /** Audio is lost: too much waited, or the server did not take it. */
  onDropped?(seconds: number): void;
  onWarning?(warning: Term): void;
  /** It is over, and no socket is left. */
  onEnd(result: LiveResult): void;
}

export interface LiveDeps {
  client: GladiaClient;
  transport: Transport;
  region?: string | undefined;
  /** Seconds of audio that are kept while the connection is lost; default 60. */
  buffer?: number;
  /** Seconds without audio after which it stops by itself. */
  idle?: number | undefined;
  /** Seconds after which it stops by itself. */
  maximum?: number | undefined;
  /** How many times as fast as real time audio is sent that comes faster; default 1. */
  speed?: number;
  /** Seconds, of audio or of time, after which a new session follows; default: a little before the API's 3 h. */
  longest?: { pause: number; at: number };
  /** Tells the server's answers to chunks and stops as messages, too. */
  acknowledgements?: boolean;
  listener: LiveListener;
}

/**
 * Audio in, messages out, as long as somebody speaks. The first audio need not wait for anything: it is kept until the
 * session is there. Before the API's limit of one session a new one follows by itself.
 */
export class LiveSession {
  readonly #deps: LiveDeps;
  readonly #request: { options: Options; format: LiveFormat };
  readonly #recordings = new Set<Recording>();
  /** All that there were, in order. */
  readonly #chain: Recording[] = [];
  /** Seconds of audio that sessions before the current one got. */
  #before = 0;
  #current: Recording;
  #reason: LiveReason | undefined;
  #error: GladiaError | undefined;
  #isEnded = false;
  #told = -1;
  #state: LiveState = "connecting";
  readonly #limits: TimeLimits;

  /** Asks for a session, then connects; what goes wrong is told by `onEnd`. */
  static open(deps: LiveDeps, request: { options: Options; format: LiveFormat }): LiveSession {
    return new LiveSession(deps, request);
  }

  private constructor(deps: LiveDeps, request: { options: Options; format: LiveFormat }) {
    this.#deps = deps;
    this.#request = request;
    this.#current = this.#record(false);
    this.#limits = new TimeLimits(deps, {
      onIdle: () => this.#stop("idle"),
      onMaximum: () => this.#stopAtMaximum(),
    });
  }

  /** Whether it takes audio: it was neither stopped nor has it ended. */
  get isOpen(): boolean {
    return this.#reason === undefined && !this.#isEnded;
  }

  /** Seconds of audio that were sent. */
  get seconds(): number {
    return this.#before + this.#current.audio.seconds;
  }

  /** Takes audio in the session's format, whole samples of all channels, of any length; none after a stop. */
  write(bytes: Buffer): void {
    if (!this.isOpen || bytes.length === 0) return;
    this.#limits.heard();
    if (this.#current.age >= this.#longest.at) this.#follow();
    for (let rest = bytes; rest.length > 0; ) {
      const room = Math.round((this.#longest.at - this.#current.audio.written) * this.#request.format.sample_rate);
      const bytes = room * frameBytes(this.#request.format);
      const part = rest.length <= bytes ? rest : rest.subarray(0, bytes);
      this.#current.audio.write(part);
      rest = part === rest ? NOTHING : rest.subarray(part.length);
      if (this.#current.audio.written >= this.#longest.at) this.#follow();
    }
  }

  /** What was written is still sent and worked off; then it ends. */
  stop(): void {
    this.#stop("stopped");
  }

  /** Ends it at once. What was not sent is forgotten; Gladia keeps what it has. */
  cancel(): void {
    this.#reason = "cancelled";
    for (const recording of this.#recordings) recording.cancel(true);
  }

  /** Stops it, without waiting for real time, and ends it where that takes longer than so many milliseconds. Resolves when no socket is left. */
  async close(milliseconds = 1500): Promise<void> {
    this.stop();
    for (const recording of this.#recordings) recording.audio.hurry();
    const all = () => Promise.all([...this.#recordings].map(({ ended }) => ended));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, milliseconds);
    });
    await Promise.race([all(), late]);
    clearTimeout(timer);
    for (const recording of this.#recordings) recording.cancel(false);
    await all();
  }

  get #longest(): { pause: number; at: number } {
    return this.#deps.longest ?? { pause: LONG, at: LONGEST };
  }

  #stop(reason: LiveReason): void {
    if (!this.isOpen) return;
    this.#reason = reason;
    this.#limits.end();
    this.#current.stop();
  }

  /** Stops it, without the audio that is ahead of real time, such as the rest of a file. */
  #stopAtMaximum(): void {
    if (!this.isOpen) return;
    let seconds = 0;
    for (const recording of this.#recordings) {
      const cut = recording.audio.cut();
      seconds += cut;
      if (cut > 0 && recording.audio.written === 0) recording.cancel(true);
    }
    this.#stop("maximum");
    const params = { seconds: Math.round(seconds * 10) / 10 };
    if (params.seconds > 0) this.#deps.listener.onWarning?.({ key: "warning-live-maximum", params });
  }

  /** A new session takes what comes from now on, once the one before has sent what it has. */
  #follow(): void {
    const last = this.#current;
    this.#before += last.audio.written;
    this.#current = this.#record(true);
    last.next = this.#current;
    last.stop();
  }

  #record(isHeld: boolean): Recording {
    const { client, transport, region, buffer = 60, speed = 1, listener } = this.#deps;
    const { options, format } = this.#request;
    const before = this.#before;
    const body = mergeOptions(options, { ...format, messages_config: { receive_acknowledgments: true } });
    const recording: Recording = new Recording(
      {
        ...{ client, transport, body, region, format, buffer, speed, isHeld },
        tellsAcknowledgements: this.#deps.acknowledgements === true,
        onAcknowledged: () => this.#tell(this.#state),
        onMessage: (message, id) => this.#receive(message, id, recording),
        onState: (state) => {
          if (recording === this.#current || !this.#current) this.#tell(state);
        },
        onTrouble: (failure) => listener.onTrouble?.(failure),
        onDropped: (seconds) => listener.onDropped?.(seconds),
        onWarning: (warning) => listener.onWarning?.(warning),
        onNearlyDrained: () => recording.next?.prepare(),
        onDrained: () => recording.next?.release(),
        onEnd: (reason, error) => this.#ended(recording, reason, error),
      },
      (id) => listener.onSession?.(id, before),
    );
    this.#recordings.add(recording);
    this.#chain.push(recording);
    return recording;
  }

  #receive(message: LiveMessage, id: string, recording: Recording): void {
    if (this.#reason === "cancelled") return;
    this.#deps.listener.onMessage(message, id);
    const isPause = message.type === "speech_end" && recording === this.#current && this.isOpen;
    if (isPause && recording.age >= this.#longest.pause) this.#follow();
  }

  /** Tells a state, and the same again when another second was sent. */
  #tell(state: LiveState): void {
    const seconds = this.#current ? this.seconds : 0;
    if (state === this.#state && Math.floor(seconds) === this.#told) return;
    this.#state = state;
    this.#told = Math.floor(seconds);
    this.#deps.listener.onState?.(state, seconds);
  }

  #ended(recording: Recording, reason: LiveReason, error: GladiaError | undefined): void {
    this.#recordings.delete(recording);
    if (recording.id) this.#deps.listener.onSessionEnd?.(recording.id, error);
    if (recording === this.#current) {
      this.#isEnded = true;
      this.#limits.end();
      this.#reason = this.#reason === undefined || error ? reason : this.#reason;
    }
    this.#error ??= error;
    if (this.#recordings.size > 0) return;
    const ids = this.#chain.map(({ id }) => id).filter(Boolean);
    const result: LiveResult = { reason: this.#error ? "failed" : (this.#reason ?? reason), ids };
    this.#deps.listener.onEnd(this.#error ? { ...result, error: this.#error } : result);
  }
}
