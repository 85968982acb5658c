import { setTimeout as sleep } from "node:timers/promises";
import { textOf } from "../errors";
import { isFinal, type Job } from "../jobs/job";
import { rounded } from "../result/timed";
import type { Script } from "../scripts";
import { LiveCallbacks } from "./callbacks";
import { keepFailure, keepRecording, keepResult } from "./conclude";
import type { Connection } from "./connection";
import type { LiveParts } from "./deps";
import { formatOf } from "./format";
import { Intake } from "./intake";
import { Switches } from "./messages";
import { requestOf, sessionOptions, streamSettings } from "./options";
import { Outbox } from "./outbox";
import { type Appender, type OpenFiles, SessionFiles } from "./recording";
import { sayResult, sessionResult } from "./result";
import { Speech } from "./speech";

/** Why a client is sent away for good; each is a close code. */
export const OVER = 1000;
const RESTART = 1012;
const TAKEN_OVER = 4409;
/** Milliseconds that a session which is at its end has left when the engine ends. */
const PATIENCE = 2_000;

/** One live session, from its creation until its result is on disk. */
export class LiveSession {
  readonly job: Job;
  readonly #parts: LiveParts;
  readonly #script: Script;
  readonly #files: SessionFiles;
  readonly #outbox: Outbox;
  readonly #speech: Speech;
  readonly #intake: Intake;
  readonly #messages: Appender;
  readonly #callbacks: LiveCallbacks;
  readonly #began = performance.now();
  /** ends the session when nobody is connected for long */
  #abandoned: NodeJS.Timeout | undefined;
  #longest: NodeJS.Timeout | undefined;
  #connection: Connection | undefined;
  #opening: Promise<void> | undefined;
  #ending: Promise<void> | undefined;
  #isOver = false;

  private constructor(job: Job, parts: LiveParts, script: Script, files: SessionFiles, open: OpenFiles) {
    const request = requestOf(job);
    const switches = new Switches(request);
    this.job = job;
    this.#parts = parts;
    this.#script = script;
    this.#files = files;
    this.#callbacks = new LiveCallbacks(parts.control, parts.log, parts.signal);
    this.#messages = open.messages;
    this.#outbox = new Outbox(job.id, switches, this.#callbacks, this.#messages);
    const say = this.#outbox.say.bind(this.#outbox);
    this.#speech = new Speech(sessionOptions(request), parts.addOns, script, say);
    // Only the scripted recogniser heeds the script.
    const settings = { ...streamSettings(request, switches), script };
    const stream = parts.recogniser.open(settings, this.#speech);
    this.#intake = new Intake(formatOf(request), stream, open.recording);
  }

  /** Makes the session of a job; nobody is connected yet. */
  static async create(job: Job, parts: LiveParts, script: Script): Promise<LiveSession> {
    const files = new SessionFiles(parts.data, job.id);
    const open = await files.make(formatOf(requestOf(job)));
    try {
      const session = new LiveSession(job, parts, script, files, open);
      session.#outbox.announce(job.created_at);
      session.#awaitClient();
      return session;
    } catch (error) {
      await Promise.all([open.recording.close(), open.messages.close()]);
      throw error;
    }
  }

  /** Whether the audio is over: stopped, or ended otherwise. */
  get isStopped(): boolean {
    return this.#ending !== undefined;
  }

  /** Whether nobody needs the session any more: it is done, and all that was said has been sent. */
  get isForgotten(): boolean {
    return this.#isOver && this.#outbox.isEmpty;
  }

  /** Bytes of audio taken, and how long they last. */
  get intake(): Pick<Intake, "received" | "seconds" | "secondsOf"> {
    return this.#intake;
  }

  /** Takes a connection in the place of the one before. */
  connect(connection: Connection): void {
    clearTimeout(this.#abandoned);
    const before = this.#connection;
    this.#connection = connection;
    before?.close(TAKEN_OVER, "Another connection took the session over");
    this.#outbox.attach(connection);
    if (this.#isOver) this.#leave();
    else
      this.#opening ??= this.#open().catch((error) => this.#parts.log(`live session ${this.job.id}: ${textOf(error)}`));
  }

  /** The first connection is there. */
  async #open(): Promise<void> {
    const longest = this.#parts.control.settings.liveMaximum * 1000;
    this.#longest = setTimeout(() => this.stop(), longest).unref();
    this.#outbox.say("lifecycle_events", "start_recording");
    await this.#parts.jobs.update(this.job, (job) => ({ status: isFinal(job) ? job.status : "processing" }));
    await this.#parts.tell(this.job, "live.start_recording");
  }

  /** Whether it is this connection that counts. */
  isConnected(connection: Connection): boolean {
    return this.#connection === connection;
  }

  /** The connection is lost or closed; the session waits for the next one. */
  disconnect(connection: Connection): void {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    this.#outbox.attach(undefined);
    if (!this.isStopped) this.#awaitClient();
  }

  /** Takes audio for good. @returns the bytes of the session it is, `to` not among them */
  take(bytes: Buffer): { from: number; to: number } {
    const from = this.#intake.received;
    if (this.isStopped) return { from, to: from };
    try {
      this.#intake.write(bytes);
    } catch (error) {
      this.#ending = this.#fail(error);
    }
    if (this.#intake.seconds >= this.#parts.control.settings.liveMaximum) this.stop();
    return { from, to: this.#intake.received };
  }

  /** Says an ack: of audio, or of a stop. */
  acknowledge(type: "audio_chunk" | "stop_recording", data: object | null, message?: string): void {
    const error = message === undefined ? null : { message };
    this.#outbox.say("acknowledgments", type, { acknowledged: data !== null, error, data });
  }

  /** Acknowledges a stop, every time it is asked for, and ends the recording. */
  askedToStop(): void {
    const { seconds } = this.#intake;
    this.acknowledge("stop_recording", {
      recording_duration: rounded(seconds),
      recording_left_to_process: rounded(Math.max(0, seconds - this.#speech.reached)),
    });
    this.stop();
  }

  /** Ends the recording: what is left is worked off, the result made, the client told and sent away. */
  stop(): void {
    if (this.#ending !== undefined) return;
    clearTimeout(this.#abandoned);
    clearTimeout(this.#longest);
    this.#ending = this.#end().catch((error) => this.#fail(error));
  }

  /** Ends the session with the engine; the next start makes its result, unless it is nearly there. */
  async close(): Promise<void> {
    clearTimeout(this.#abandoned);
    clearTimeout(this.#longest);
    this.#connection?.close(RESTART, "The engine ends");
    if (this.#ending === undefined) {
      this.#ending = Promise.resolve();
      await this.#intake.close();
      await this.#messages.close();
    }
    const late = setTimeout(() => this.#intake.close().catch(() => undefined), PATIENCE);
    await Promise.all([this.#opening, this.#ending]);
    clearTimeout(late);
    await this.#callbacks.settled();
  }

  #awaitClient(): void {
    clearTimeout(this.#abandoned);
    this.#abandoned = setTimeout(() => this.stop(), this.#parts.control.settings.liveAbandoned).unref();
  }

  async #end(): Promise<void> {
    const { control, addOns, tell, signal } = this.#parts;
    const { processing, error } = this.#script;
    const say = this.#outbox.say.bind(this.#outbox);
    await this.#intake.finish();
    await this.#speech.settled();
    const duration = await keepRecording(this.#parts, this.job, this.#files);
    say("lifecycle_events", "end_recording", { data: { recording_duration: duration } });
    await tell(this.job, "live.end_recording");
    if (error !== undefined) throw new ScriptedError(error.code, error.message ?? "scripted error");
    const { channels } = formatOf(requestOf(this.job));
    const spoken = { finals: this.#speech.finals, duration, channels, options: sessionOptions(requestOf(this.job)) };
    const forced = { ...this.#script, stringResults: this.#script.stringResults ?? control.settings.stringResults };
    const result = await sessionResult(spoken, addOns, (performance.now() - this.#began) / 1000, forced);
    sayResult(result, say);
    say("lifecycle_events", "end_session");
    await this.#messages.close();
    if (processing !== undefined) {
      this.#leave();
      await sleep(processing, undefined, { signal });
    }
    await keepResult(this.#parts, this.job, result, this.#files);
    this.#leave();
  }

  async #fail(error: unknown): Promise<void> {
    const { log, signal } = this.#parts;
    if (signal.aborted) return;
    const message = textOf(error);
    log(`live session ${this.job.id} failed: ${message}`);
    this.#outbox.say("errors", "error", { data: { code: "internal_error", message } });
    try {
      await this.#intake.close();
      await this.#messages.close();
      const code = error instanceof ScriptedError ? error.code : 500;
      await keepFailure(this.#parts, this.job, { code, message }, this.#files);
    } catch (failure) {
      log(`live session ${this.job.id} could not be kept: ${textOf(failure)}`);
    }
    this.#leave();
  }

  /** The session is over for its client: whoever is connected is sent away, whoever comes too late is told once. */
  #leave(): void {
    this.#isOver = true;
    this.#connection?.close(OVER, "The session is over");
    this.#parts.over(this);
  }
}

/** A failure that a test asked for. */
class ScriptedError extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}
