import { createHash } from "node:crypto";
import { bytesOf } from "../audio/digest";
import type { GladiaClient } from "../client";
import { GladiaError } from "../errors";
import { isObject, type Options } from "../options/merge";
import { isFinal, type Job } from "../types";
import type { JobStore } from "./work-item";

/** A job for audio that was sent before; its result where it is there. */
export interface KnownJob {
  id: string;
  job?: Job | undefined;
}

/** Sizes that are kept in mind beside the store. */
const MAX_ASKED = 10_000;

interface Lookup {
  signal: AbortSignal;
  follows(id: string): boolean;
}

/**
 * The jobs of audio that was sent before: the same bytes with the same options are not paid for twice. A job that failed,
 * or that is gone at Gladia, is forgotten when it is asked for. Work on the same audio at the same time makes one job.
 */
export class ResultCache {
  readonly #client: GladiaClient;
  readonly #store: Pick<JobStore, "result" | "putResult">;
  readonly #creating = new Map<string, Promise<string>>();
  /** Sizes that were asked for in this run, in bytes. */
  readonly #asked = new Set<number>();

  constructor(client: GladiaClient, store: Pick<JobStore, "result" | "putResult">) {
    this.#client = client;
    this.#store = store;
  }

  /**
   * What the result of audio with these options is known by. What one customer paid for is not given to another.
   * @param content what tells the audio from any other
   */
  keyOf(content: string, options: Options): string {
    const known = JSON.stringify([this.#client.customer, content, sorted(options)]);
    return createHash("sha256").update(known).digest("hex");
  }

  /** Whether audio of so many bytes was asked for before, so that it is worth reading it to tell it from other audio. */
  async hasBytes(bytes: number): Promise<boolean> {
    if (this.#asked.has(bytes)) return true;
    if (this.#asked.size >= MAX_ASKED) this.#asked.clear();
    this.#asked.add(bytes);
    return (await this.#store.result(this.#sizeKey(bytes))) !== undefined;
  }

  /**
   * The job that is known for a key, or that is being created; undefined where there is none.
   * @param follows whether a job is waited for here, so that it need not be read
   * @throws GladiaError when a known job cannot be read; the signal's reason
   */
  async known(key: string, { signal, follows }: Lookup): Promise<KnownJob | undefined> {
    const underWay = this.#creating.get(key);
    const id = underWay !== undefined ? await settled(underWay, signal) : await this.#store.result(key);
    if (id === undefined) return undefined;
    return underWay !== undefined || follows(id) ? { id } : this.#read(key, id, signal);
  }

  /**
   * The job that is known for a key, or the one that is created now.
   * @param mayUse whether a known job will do
   * @param content what the key was made of
   * @throws what `create` throws; what `known` throws
   */
  async find<T extends { id: string }>(
    key: string,
    mayUse: boolean,
    { content, create, ...lookup }: Lookup & { content: string; create(): Promise<T> },
  ): Promise<{ known: KnownJob } | { created: T }> {
    while (mayUse) {
      const known = await this.known(key, lookup);
      if (known) return { known };
      if (!this.#creating.has(key)) break; // nobody has begun meanwhile
    }
    const creating = create();
    const id = creating.then((created) => created.id);
    id.catch(() => {}); // told below
    this.#creating.set(key, id);
    try {
      const created = await creating;
      await this.put(key, content, created.id);
      return { created };
    } finally {
      if (this.#creating.get(key) === id) this.#creating.delete(key);
    }
  }

  /** Remembers the job of audio. */
  async put(key: string, content: string, id: string): Promise<void> {
    await this.#store.putResult(key, id);
    const bytes = bytesOf(content);
    if (bytes !== undefined) await this.#store.putResult(this.#sizeKey(bytes), id);
  }

  /** What is kept for a size, too: mostly that tells new audio, without reading it. */
  #sizeKey(bytes: number): string {
    return this.keyOf(`bytes:${bytes}`, {});
  }

  async #read(key: string, id: string, signal: AbortSignal): Promise<KnownJob | undefined> {
    try {
      const job = await this.#client.get(id, { signal });
      if (!isFinal(job)) return { id };
      if (job.status === "done") return { id, job };
    } catch (error) {
      if (!(error instanceof GladiaError) || error.code !== "GLADIA_NOT_FOUND") throw error;
    }
    await this.#store.putResult(key, undefined);
    return undefined;
  }
}

/** The id of a job that another creates; undefined when that fails. @throws the signal's reason */
async function settled(creating: Promise<string>, signal: AbortSignal): Promise<string | undefined> {
  signal.throwIfAborted();
  let leave = () => {};
  const aborted = new Promise<never>((_, reject) => {
    leave = () => reject(signal.reason as Error);
    signal.addEventListener("abort", leave, { once: true });
  });
  try {
    return await Promise.race([creating.catch(() => undefined), aborted]);
  } finally {
    signal.removeEventListener("abort", leave);
  }
}

/** The same for options that are the same, whatever the order in which they were set. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((name) => [name, sorted(value[name])]),
  );
}
