import { randomUUID } from "node:crypto";
import { ApiError, textOf } from "../errors";
import { isFinal, type Job, kindOf } from "../jobs/job";
import type { LiveRequest } from "../options/validate";
import { keepRecording, keepResult } from "./conclude";
import type { LiveEvent, LiveParts } from "./deps";
import { formatOf } from "./format";
import { requestOf, sessionOptions } from "./options";
import type { LiveRecogniser } from "./recogniser";
import { SessionFiles } from "./recording";
import { readFinals, sessionResult } from "./result";
import { LiveSession } from "./session";

/** What an engine gives its live side. `recogniser` is missing where it only knows files. */
export type LiveSetup = Omit<LiveParts, "due" | "tell" | "over" | "signal" | "recogniser"> & {
  recogniser: LiveRecogniser | undefined;
  due(event: LiveEvent): Job["deliveries"];
};

/** The live sessions of an engine. */
export class LiveSessions {
  readonly #setup: LiveSetup;
  readonly #closing = new AbortController();
  readonly #byToken = new Map<string, LiveSession>();
  /** sessions that take audio, or work it off */
  readonly #open = new Set<LiveSession>();

  constructor(setup: LiveSetup) {
    this.#setup = setup;
  }

  /** The session that a token opens, undefined when none does. */
  find(token: string): LiveSession | undefined {
    return this.#byToken.get(token);
  }

  /**
   * Makes a session.
   * @param request its checked options
   * @returns its job, and the token its socket needs
   * @throws ApiError 429 when there are too many, 501 when the recogniser cannot listen
   */
  async create(request: LiveRequest): Promise<{ job: Job; token: string }> {
    const { jobs, control, recogniser, due, dispatch } = this.#setup;
    if (recogniser === undefined) throw new ApiError(501, "The recogniser of this engine cannot listen live");
    const { liveLimit, retryAfter } = control.settings;
    if (liveLimit !== null && this.#open.size >= liveLimit) {
      const headers = retryAfter === null ? {} : { "retry-after": String(retryAfter) };
      throw new ApiError(429, tooMany(liveLimit), { headers });
    }
    const job = await jobs.add(request, null, due("live.start_session"), "live");
    const token = randomUUID();
    const session = await this.#make(job, this.#parts(recogniser, token));
    if (this.#closing.signal.aborted) {
      await session.close();
      throw new ApiError(503, "The engine ends");
    }
    this.#open.add(session);
    this.#byToken.set(token, session);
    dispatch(job);
    return { job, token };
  }

  /** The files of a session. */
  files(job: Job): SessionFiles {
    return new SessionFiles(this.#setup.data, job.id);
  }

  /** Makes the results of sessions that ended with the engine. */
  async recover(): Promise<void> {
    for (const job of this.#setup.jobs.all()) {
      if (kindOf(job) !== "live" || isFinal(job)) continue;
      await this.#conclude(job).catch((error) => this.#setup.log(`live session ${job.id}: ${textOf(error)}`));
    }
  }

  /** Ends all sessions; what was said and told is on disk then. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([...this.#byToken.values()].map((session) => session.close()));
  }

  async #make(job: Job, parts: LiveParts): Promise<LiveSession> {
    try {
      return await LiveSession.create(job, parts, parts.control.takeScript(audioOf(job)));
    } catch (error) {
      await parts.jobs.remove(job);
      await this.files(job).remove();
      throw error;
    }
  }

  #parts(recogniser: LiveRecogniser, token: string): LiveParts {
    const { jobs, due, dispatch } = this.#setup;
    return {
      ...this.#setup,
      recogniser,
      signal: this.#closing.signal,
      tell: async (job, event) => {
        await jobs.update(job, ({ deliveries }) => ({ deliveries: [...deliveries, ...due(event)] }));
        dispatch(job);
      },
      over: (session) => {
        this.#open.delete(session);
        if (session.isForgotten) this.#byToken.delete(token);
        else setTimeout(() => this.#byToken.delete(token), this.#setup.control.settings.liveAbandoned).unref();
      },
    };
  }

  async #conclude(job: Job): Promise<void> {
    const files = this.files(job);
    const duration = await keepRecording(this.#setup, job, files);
    const { channels } = formatOf(requestOf(job));
    const finals = await readFinals(files.messages);
    const spoken = { finals, duration, channels, options: sessionOptions(requestOf(job)) };
    const result = await sessionResult(spoken, this.#setup.addOns, 0, {});
    const warnings = ["The engine was stopped before the session had ended: what was said last may be missing."];
    await keepResult(this.#setup, job, result, files, warnings);
  }
}

function tooMany(limit: number): string {
  return `Maximum number of concurrent sessions reached. Your Free Trial plan allows only up to ${limit} sessions. Please visit https://app.gladia.io/ to upgrade your plan.`;
}

/** A session as a script sees it: there is no file yet. */
function audioOf(job: Job) {
  const options = sessionOptions(requestOf(job));
  const file = { id: job.id, filename: `${job.id}.wav`, stored: "recording.wav", path: "", source: null };
  const facts = { extension: "wav", size: 0, audio_duration: 0, number_of_channels: 1, sha256: "" };
  return { ...file, ...facts, job: { id: job.id, options } };
}
