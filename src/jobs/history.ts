import type { GladiaClient } from "../client";
import { GladiaError } from "../errors";
import { isFinal, type Job } from "../types";
import { beginning, isOver, type JobRecord, MAX_ERROR, readJob, reopened } from "./job-record";

export type { JobNews, JobRecord, JobState } from "./job-record";

const MAX_RECORDS = 1000;
/** Jobs that one look back reads from Gladia's list, and how often it goes on when all of them are known. */
const PAGE = 20;
const MAX_PAGES = 5;

interface Shown {
  record: JobRecord;
  /** When it was changed last. */
  revision: number;
  /** The work that waits for it, by its key, and what ends that wait; undefined between two deploys. */
  holders: Map<string, AbortController | undefined>;
}

/** The last jobs of an account in this run of Node-RED, and earlier ones that were asked for. One job is one record. */
export class History {
  readonly #shown = new Map<string, Shown>();
  /** The keys of records, by their jobs' ids. */
  readonly #byId = new Map<string, string>();
  /** Work on a job that another work made: its key, and the key of the job's record. */
  readonly #joined = new Map<string, string>();
  readonly #onChange: (key: string) => void;
  #revision = 0;
  /** How far the account's list at Gladia was looked through. */
  #earlier = 0;
  #looking: Promise<boolean> | undefined;

  /** @param onChange told of each record that was changed, added or taken away */
  constructor(onChange: (key: string) => void) {
    this.#onChange = onChange;
  }

  /** Counts changes; `list` gives those after one. */
  get revision(): number {
    return this.#revision;
  }

  /** Of a record, or of work that joined it. */
  get(key: string): JobRecord | undefined {
    return this.#shown.get(this.#keyOf(key))?.record;
  }

  /** The record of a job. */
  ofJob(id: string): JobRecord | undefined {
    const key = this.#byId.get(id);
    return key === undefined ? undefined : this.get(key);
  }

  /** Whether there is a record of a job. */
  has(id: string): boolean {
    return this.#byId.has(id);
  }

  /** @param since gives what was changed after that revision; all, when it is of another run */
  list(since = 0): JobRecord[] {
    const isAll = since <= 0 || since > this.#revision;
    return [...this.#shown.values()].filter(({ revision }) => isAll || revision > since).map(({ record }) => record);
  }

  /** Ends the wait of all who wait for a record's job. Gives whether there was somebody. */
  cancel(key: string): boolean {
    const waiting = [...(this.#shown.get(this.#keyOf(key))?.holders.values() ?? [])].filter(
      (abort) => abort !== undefined,
    );
    for (const abort of waiting) abort.abort(new GladiaError("GLADIA_CANCELLED", "cancelled"));
    return waiting.length > 0;
  }

  /** Ends the wait of all who wait for a job. Gives whether there was somebody. */
  cancelJob(id: string): boolean {
    const key = this.#byId.get(id);
    return key !== undefined && this.cancel(key);
  }

  /**
   * Work goes on; the first note of a key begins its record, unless its job has one.
   * @param abort ends the wait
   */
  note(
    start: Pick<JobRecord, "key" | "node" | "began" | "filename" | "customer">,
    change: Partial<JobRecord>,
    abort?: AbortController,
  ): void {
    if (change.id !== undefined) this.#join(start.key, change.id);
    const key = this.#keyOf(start.key);
    const record = this.get(key);
    if (!record) this.#add({ state: "waiting", held: true, ...start });
    this.#shown.get(key)?.holders.set(start.key, abort);
    const { filename, node } = start;
    this.#change(key, {
      ...(filename && !(record && key !== start.key && record.filename) ? { filename } : {}),
      ...(record?.node === "" ? { node } : {}),
      ...(record && isOver(record) ? reopened(record, change) : change),
      held: true,
    });
  }

  /** The work cannot be cancelled any more: it is over, or goes on after a deploy. */
  suspend(key: string): void {
    const holders = this.#shown.get(this.#keyOf(key))?.holders;
    if (holders?.has(key)) holders.set(key, undefined);
  }

  /** The message has gone on, with the job as far as it has it. */
  leave(key: string, job: Job | undefined): void {
    const record = this.#keyOf(key);
    this.#release(record, key);
    if (job) this.final(job, record);
  }

  /** A live session ended well. */
  end(key: string): void {
    this.#release(key, key);
    this.#change(key, { state: "done", ended: Date.now() });
  }

  /** A message ended badly. */
  fail(key: string, cancelled: boolean, message: string): void {
    const record = this.get(key);
    if (!record) return;
    this.#release(record.key, key);
    // Others wait for the same job, or have its result: how one of them ended is not how the job stands.
    if (record.held || (record.key !== key && record.state === "done")) return;
    const state = cancelled ? "cancelled" : "error";
    const error = cancelled ? undefined : beginning(message, MAX_ERROR);
    this.#change(record.key, { state, error, ended: record.ended ?? Date.now() });
  }

  /** A job is final, whoever says so. */
  final(job: Job, key = this.#byId.get(job.id)): void {
    const record = key === undefined ? undefined : this.get(key);
    if (!record || !isFinal(job)) return;
    const found = readJob(job);
    this.#change(record.key, {
      ...found,
      id: job.id,
      state: job.status,
      ended: record.ended ?? Date.now(),
      duration: found.duration ?? record.duration,
      filename: record.filename ?? found.filename,
    });
  }

  /** A job that stands in the account's list at Gladia: of an earlier run, or of another program. */
  add(job: Job): void {
    if (typeof job.id !== "string" || this.#byId.has(job.id)) return;
    const { id: key, status: state, completed_at } = job;
    const ended = completed_at ? { ended: Date.parse(completed_at) } : {};
    const began = Date.parse(job.created_at) || Date.now();
    this.#add({ key, id: key, node: "", state, began, held: false, ...ended, ...readJob(job) });
  }

  /**
   * Adds the next jobs of the account's list at Gladia that are not here yet; one look at a time, however many ask.
   * Gives whether there are still more.
   * @throws GladiaError
   */
  lookBack(client: GladiaClient): Promise<boolean> {
    this.#looking ??= this.#lookBack(client).finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /** Forgets a job that was deleted at Gladia. */
  remove(id: string): void {
    const key = this.#byId.get(id);
    if (key !== undefined) this.#drop(key);
  }

  async #lookBack(client: GladiaClient): Promise<boolean> {
    const known = this.#shown.size;
    let pages = 0;
    for await (const { items, next } of client.pages({ offset: this.#earlier, limit: PAGE })) {
      for (const job of items) this.add(job);
      this.#earlier += items.length;
      if (++pages === MAX_PAGES || this.#shown.size > known) return Boolean(next);
    }
    return false;
  }

  /** The key of the record that work belongs to. */
  #keyOf(key: string): string {
    return this.#joined.get(key) ?? key;
  }

  /** Work on a job that has a record already belongs to it; what was told of the work alone goes. */
  #join(key: string, id: string): void {
    const known = this.#byId.get(id);
    if (known === undefined || known === this.#keyOf(key)) return;
    if (this.#shown.has(key)) this.#drop(key);
    this.#joined.set(key, known);
  }

  #release(key: string, holder: string): void {
    const holders = this.#shown.get(key)?.holders;
    holders?.delete(holder);
    this.#joined.delete(holder);
    if (!holders?.size) this.#change(key, { held: false });
  }

  #add(record: JobRecord): void {
    this.#shown.set(record.key, { record, revision: 0, holders: new Map() });
    if (record.id !== undefined) this.#byId.set(record.id, record.key);
    this.#changed(record.key);
    if (this.#shown.size > MAX_RECORDS) this.#dropOldest();
  }

  #change(key: string, changes: Partial<JobRecord>): void {
    const record = this.get(key);
    const isNew = (name: keyof JobRecord) => changes[name] !== record?.[name];
    if (!record || !(Object.keys(changes) as (keyof JobRecord)[]).some(isNew)) return;
    Object.assign(record, changes);
    if (record.id !== undefined) this.#byId.set(record.id, key);
    this.#changed(key);
  }

  #changed(key: string): void {
    const shown = this.#shown.get(key);
    if (shown) shown.revision = ++this.#revision;
    this.#onChange(key);
  }

  #drop(key: string): void {
    const { record, holders } = this.#shown.get(key) ?? {};
    this.#shown.delete(key);
    for (const holder of holders?.keys() ?? []) this.#joined.delete(holder);
    if (record?.id !== undefined && this.#byId.get(record.id) === key) this.#byId.delete(record.id);
    this.#onChange(key);
  }

  /** One that is over goes first: what is under way is of more use. */
  #dropOldest(): void {
    const oldest = this.list().find(isOver) ?? this.list()[0];
    if (oldest) this.#drop(oldest.key);
  }
}
