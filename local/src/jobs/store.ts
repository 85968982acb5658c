import { randomUUID } from "node:crypto";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { sweep, writeAtomically } from "../atomic";
import { type Delivery, isFinal, type Job, type JobFile, kindOf } from "./job";

/**
 * The jobs of an engine: one JSON file each, their results in a folder beside, so that a start reads only what is small.
 * What a method has returned from is on disk.
 */
export class JobStore {
  private readonly jobs = new Map<string, Job>();
  /** last write of each job under way: a later state must not be overtaken by an earlier one */
  private readonly writes = new Map<string, Promise<void>>();
  private sequence = 0;

  private constructor(
    private readonly folder: string,
    private readonly results: string,
  ) {}

  /**
   * Reads all jobs of a folder. Those that were not final are queued again.
   * @param data the engine's folder
   */
  static async open(data: string): Promise<JobStore> {
    const store = new JobStore(join(data, "jobs"), join(data, "results"));
    await mkdir(store.folder, { recursive: true });
    await mkdir(store.results, { recursive: true });
    await sweep(store.results);
    const found: Job[] = [];
    for (const name of await sweep(store.folder)) {
      found.push(JSON.parse(await readFile(join(store.folder, name), "utf8")));
    }
    for (const job of found.sort((a, b) => a.sequence - b.sequence)) {
      if (!isFinal(job)) job.status = "queued";
      store.sequence = job.sequence;
      store.jobs.set(job.id, job);
    }
    return store;
  }

  get(id: string): Job | undefined {
    return this.jobs.get(id);
  }

  /** All jobs, oldest first. */
  all(): Job[] {
    return [...this.jobs.values()];
  }

  /** How many jobs about files are not final. */
  get active(): number {
    let count = 0;
    for (const job of this.jobs.values()) if (!isFinal(job) && kindOf(job) === "pre-recorded") count += 1;
    return count;
  }

  /**
   * Makes a queued job.
   * @param options the checked request
   * @param file the audio, when it is held already
   * @param deliveries what is to be sent about its creation
   * @param kind `live` for a session
   */
  async add(
    options: { custom_metadata?: Record<string, unknown> },
    file: JobFile | null,
    deliveries: Delivery[],
    kind?: "live",
  ): Promise<Job> {
    const { custom_metadata, ...request_params } = options;
    this.sequence += 1;
    const job: Job = {
      id: randomUUID(),
      sequence: this.sequence,
      created_at: new Date().toISOString(),
      completed_at: null,
      status: "queued",
      error_code: null,
      error_message: null,
      custom_metadata: custom_metadata ?? null,
      request_params,
      ...(kind === undefined ? {} : { kind }),
      file,
      warnings: [],
      deliveries,
    };
    this.jobs.set(job.id, job);
    try {
      await this.update(job, () => ({}));
    } catch (error) {
      this.jobs.delete(job.id);
      throw error;
    }
    return job;
  }

  /**
   * Changes a job, first on disk and then for everyone to see.
   * @param change says what becomes different, from the job as it then is
   */
  async update(job: Job, change: (job: Job) => Partial<Job>): Promise<void> {
    const write = async (before: Promise<void> | undefined) => {
      // A write that failed was reported to its own caller; the next state is written all the same.
      await before?.catch(() => undefined);
      if (!this.jobs.has(job.id)) return;
      const changes = change(job);
      await writeAtomically(join(this.folder, `${job.id}.json`), JSON.stringify({ ...job, ...changes }));
      Object.assign(job, changes);
    };
    const writing = write(this.writes.get(job.id));
    this.writes.set(job.id, writing);
    try {
      await writing;
    } finally {
      if (this.writes.get(job.id) === writing) this.writes.delete(job.id);
    }
  }

  /** Ends a job well: the result is kept before the status says so. */
  async finish(job: Job, result: string, warnings: string[], due: Delivery[]): Promise<void> {
    await writeAtomically(this.resultPath(job.id), result);
    await this.update(job, ({ deliveries }) => ({
      status: "done",
      completed_at: new Date().toISOString(),
      warnings,
      deliveries: [...deliveries, ...due],
    }));
  }

  /** Ends a job badly. `code` 400 to 599, as in HTTP. */
  async fail(job: Job, code: number, message: string, due: Delivery[]): Promise<void> {
    await this.update(job, ({ deliveries }) => ({
      status: "error",
      completed_at: new Date().toISOString(),
      error_code: code,
      error_message: message,
      deliveries: [...deliveries, ...due],
    }));
  }

  /** A job's result as JSON text, undefined when it has none or has just been deleted. */
  async result(job: Job): Promise<string | undefined> {
    if (job.status !== "done") return undefined;
    try {
      return await readFile(this.resultPath(job.id), "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }

  /** Deletes a job and its result for good. */
  async remove(job: Job): Promise<void> {
    this.jobs.delete(job.id);
    await this.writes.get(job.id)?.catch(() => undefined);
    await rm(join(this.folder, `${job.id}.json`), { force: true });
    await rm(this.resultPath(job.id), { force: true });
  }

  private resultPath(id: string): string {
    return join(this.results, `${id}.json`);
  }
}
