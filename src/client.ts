import { createHash } from "node:crypto";
import type { AudioDigest } from "./audio/digest";
import type { AudioStream } from "./audio/source";
import { GladiaError } from "./errors";
import { type Answer, Api, type ApiOptions } from "./http/api";
import { responseFailure } from "./http/failure";
import { PageCheck } from "./http/page-check";
import type { Redactor } from "./http/redact";
import { multipartAudio } from "./multipart";
import { isObject, type Options } from "./options/merge";
import type { CreateAnswer, Job, JobPage, UploadAnswer } from "./types";

const CURRENT = "/v2/pre-recorded";
/** The deprecated twin, which some addresses still serve alone. */
const OLD = "/v2/transcription";
const LIVE = "/v2/live";

/** What kind of jobs a call is about; those of files where it is not said. */
export type JobKind = "pre-recorded" | "live";

const MB = 1024 * 1024;
/** Bytes that a job with its result may have: a day of speech, every word with its times, has about 60 MB. */
const RESULT = 256 * MB;
/** Bytes for each job of a list, whose items hold their results; never more than one result may have. */
const ITEM = 4 * MB;
/** Jobs of a page where no limit is given (API reference). */
const PAGE = 20;
/** Seconds that a check may take. */
const CHECK = 20;
/** Bytes that the audio of a job may have, and seconds that it may take: three hours of a live session may have 2 GB. */
const AUDIO = { most: 4 * 1024 * MB, seconds: 21_600 };

/** Filters of a list (API reference, list of pre-recorded jobs). */
export interface ListQuery {
  offset?: number;
  limit?: number;
  status?: string[];
  [filter: string]: string | number | string[] | undefined;
}

interface GetOptions {
  signal?: AbortSignal | undefined;
  repeatable?: boolean;
  kind?: JobKind;
}

interface UploadOptions {
  signal?: AbortSignal | undefined;
  /** Called as bytes of the file are handed to the network, with their number so far. */
  onBytes?: (bytes: number) => void;
  /** Begins the digest of the file, which is made while it is sent. */
  hash?: (() => AudioDigest) | undefined;
}

/** Gladia's API, one method per endpoint (https://docs.gladia.io/api-reference). Failures are `GladiaError`s. */
export class GladiaClient {
  /** Tells one customer of one server from any other, without naming the key. */
  readonly customer: string;
  /** The same for another key at this server. */
  readonly customerWith: (apiKey: string) => string;
  readonly #api: Api;
  /** The account's address has no TLS itself, and so a live session's may have none. */
  readonly #isPlain: boolean;
  #jobs = CURRENT;

  constructor(options: ApiOptions) {
    this.#api = new Api(options);
    const name = (apiKey: string) => JSON.stringify(["customer", options.apiUrl, apiKey]);
    this.customerWith = (apiKey) => createHash("sha256").update(name(apiKey)).digest("hex");
    this.customer = this.customerWith(options.apiKey);
    this.#isPlain = /^\s*http:/i.test(options.apiUrl);
  }

  /** Takes the account's secrets out of what others say: callbacks, jobs, errors. */
  get redactor(): Redactor {
    return this.#api.redactor;
  }

  /** The server's time in milliseconds, by which its jobs are dated; ours as long as it has answered nothing. */
  get now(): number {
    return this.#api.now;
  }

  /** Whether a URL lies at the configured server. */
  isOwn(url: string): boolean {
    return this.#api.isOwn(url);
  }

  /** Whether a URL is that of an upload: what it leads to stays the same. */
  isUpload(url: string): boolean {
    return this.isOwn(url) && new URL(url).pathname.includes("/file/");
  }

  /** Sends audio as it is read, with its length where known; tries again only what can be read again. */
  async upload(audio: AudioStream, options: UploadOptions = {}): Promise<UploadAnswer & { digest?: string }> {
    const { onBytes = () => {}, hash, signal = new AbortController().signal } = options;
    let digest: AudioDigest | undefined;
    try {
      const answer = await this.#api.json<UploadAnswer>({
        method: "POST",
        path: "/v2/upload",
        repeatable: audio.replayable,
        keepsLinks: true,
        signal,
        body: async (watch) => {
          const { size, chunks } = await audio.open(signal);
          digest = hash?.(); // each try sends it from its beginning
          const onChunk = (chunk: Buffer) => digest?.update(chunk);
          return multipartAudio(audio.name, size, chunks, watch, onChunk, onBytes);
        },
      });
      promised(answer, "audio_url", "/v2/upload");
      return digest ? { ...answer, digest: digest.end() } : answer;
    } finally {
      await audio.close();
    }
  }

  /** Lets Gladia fetch a URL and keep a copy. */
  async uploadLink(url: string, signal?: AbortSignal): Promise<UploadAnswer> {
    const call = { method: "POST", path: "/v2/upload", repeatable: true, keepsLinks: true } as const;
    const answer = await this.#api.json<UploadAnswer>({ ...call, json: { audio_url: url }, signal });
    return promised(answer, "audio_url", "/v2/upload");
  }

  /** Creates a job, in one try: each accepted request is billed, so what to do after a failure is for the caller to know. */
  async create(body: Options & { audio_url: string }, signal?: AbortSignal): Promise<CreateAnswer> {
    const post = () =>
      this.#api.json<CreateAnswer>({ method: "POST", path: this.#jobs, json: body, signal, repeatable: false });
    const answer = await post().catch((error: unknown) => {
      // There is no id in this address: a 404 means that the address itself is unknown here.
      if (this.#jobs === CURRENT && error instanceof GladiaError && error.code === "GLADIA_NOT_FOUND") {
        this.#jobs = OLD;
        return post().catch((second: unknown) => {
          this.#jobs = CURRENT;
          throw second instanceof GladiaError && second.code === "GLADIA_NOT_FOUND" ? error : second;
        });
      }
      throw error;
    });
    return promised(answer, "id", this.#jobs);
  }

  /**
   * Asks for a live session, in one try. It begins when its address, which holds a secret of its own, is connected to.
   * @param region `us-west` or `eu-west`; undefined: the server chooses
   * @throws GladiaError GLADIA_RATE_LIMIT at the account's limit of sessions
   */
  async createLive(body: Options, region?: string, signal?: AbortSignal): Promise<{ id: string; url: string }> {
    const sent = { json: body, query: { region }, signal, repeatable: false, keepsLinks: true };
    const answer = await this.#api.json<{ id: string; url: string }>({ method: "POST", path: LIVE, ...sent });
    const { url } = promised(promised(answer, "id", LIVE), "url", LIVE);
    const isSafe = typeof url === "string" && (/^wss:/i.test(url) || (/^ws:/i.test(url) && this.#isPlain));
    if (!isSafe || !URL.canParse(url))
      throw responseFailure("response-field", { field: "url", method: "POST", url: LIVE });
    return answer;
  }

  /** A job as it stands. @throws GladiaError GLADIA_NOT_FOUND for an unknown id */
  async get(id: string, options: GetOptions = {}): Promise<Job> {
    const { signal, repeatable = true, kind } = options;
    const read = (jobs: string) => {
      const path = `${jobs}/${encodeURIComponent(id)}`;
      return this.#api.json<Job>({ method: "GET", path, signal, repeatable, most: RESULT });
    };
    try {
      const job = await read(this.#pathOf(kind));
      return promised(job, "status", this.#jobs);
    } catch (error) {
      if (!(error instanceof GladiaError) || error.code !== "GLADIA_NOT_FOUND") throw error;
      if (kind !== "live" && this.#jobs === CURRENT && isUnknownRoute(error)) {
        const job = await read(OLD).catch(() => undefined);
        if (job?.status) {
          this.#jobs = OLD;
          return job;
        }
      }
      throw unknownJob(error, id);
    }
  }

  #pathOf(kind: JobKind | undefined): string {
    return kind === "live" ? LIVE : this.#jobs;
  }

  /**
   * One page of the account's jobs, newest first.
   * @param options.most bytes that it may have; default: as many results may have
   */
  async list(query: ListQuery, options: GetOptions & { most?: number } = {}): Promise<JobPage> {
    const { signal, repeatable = true, most = Math.min(RESULT, ITEM * (query.limit ?? PAGE)) } = options;
    const path = this.#pathOf(options.kind);
    const page = await this.#api.json<JobPage>({ method: "GET", path, query, signal, repeatable, most });
    if (!Array.isArray(page.items))
      throw responseFailure("response-field", { field: "items", method: "GET", url: path });
    return { ...page, items: page.items.filter(isObject) };
  }

  /** The account's jobs from `query.offset` on, page by page, newest first; no page is empty. Each is asked for when it is wanted. */
  async *pages(query: ListQuery, options: { signal?: AbortSignal } = {}): AsyncGenerator<JobPage> {
    for (let offset = query.offset ?? 0; ; ) {
      const page = await this.list({ ...query, offset }, options);
      if (page.items.length === 0) return;
      yield page;
      if (!page.next) return;
      offset += page.items.length;
    }
  }

  /** Deletes a job with its audio and transcript. Only finished jobs can be deleted. */
  async delete(id: string, signal?: AbortSignal, kind?: JobKind): Promise<void> {
    const path = `${this.#pathOf(kind)}/${encodeURIComponent(id)}`;
    await this.#api.delete({ path, signal }).catch((error: unknown) => {
      throw unknownJob(error, id);
    });
  }

  /** The audio of a job, as it comes. */
  async downloadAudio(id: string, signal?: AbortSignal, kind?: JobKind): Promise<Answer> {
    const path = `${this.#pathOf(kind)}/${encodeURIComponent(id)}/file`;
    return this.#api.stream({ method: "GET", path, signal, repeatable: true, ...AUDIO });
  }

  /** Asks whether address and key are good; costs nothing. */
  async ping(signal?: AbortSignal): Promise<void> {
    const query = { limit: 1 };
    const call = { method: "GET", path: this.#jobs, query, signal, repeatable: false, seconds: CHECK } as const;
    await this.#api.read(call, () => new PageCheck());
  }
}

/** A 404 for a job's id, in words that say so; any other failure as it is. */
function unknownJob(error: unknown, id: string): unknown {
  if (!(error instanceof GladiaError) || error.code !== "GLADIA_NOT_FOUND") return error;
  return new GladiaError("GLADIA_NOT_FOUND", "not-found-job", { id: id.slice(0, 80) }, { ...error.cause, id });
}

/** Servers name an unknown route `Cannot GET /...`; an unknown id has another text. */
function isUnknownRoute(error: GladiaError): boolean {
  return /^Cannot [A-Z]+ \/|^HTTP 404$/.test(String(error.params["message"] ?? ""));
}

function promised<T extends object>(answer: T, field: keyof T & string, path: string): T {
  const value = answer[field];
  if (value === undefined || value === null || value === "") {
    throw responseFailure("response-field", { field, method: "HTTP", url: path });
  }
  return answer;
}
