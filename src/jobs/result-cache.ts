import { createHash } from "node:crypto";
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
   * @throws what `create` throws; what `known` throws
   */
  async find<T extends { id: string }>(
    key: string,
    mayUse: boolean,
    { create, ...lookup }: Lookup & { create(): Promise<T> },
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
      await this.#store.putResult(key, created.id);
      return { created };
    } finally {
      if (this.#creating.get(key) === id) this.#creating.delete(key);
    }
  }

  /** Remembers the job of work that an earlier run has done. */
  async put(key: string, id: string): Promise<void> {
    await this.#store.putResult(key, id);
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
