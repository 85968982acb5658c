import { isFinal, type Job } from "../types";

export type JobState = "waiting" | "uploading" | "queued" | "processing" | "done" | "error" | "cancelled";

/** What is told of one job, from the moment its message came. */
export interface JobRecord {
  /** Ours; a job has no id before Gladia made it. */
  key: string;
  id?: string | undefined;
  /** The node that works on it; empty: none of ours. */
  node: string;
  state: JobState;
  /** `Date.now()`. */
  began: number;
  ended?: number | undefined;
  /** Seconds of audio. */
  duration?: number | undefined;
  /** Seconds that Gladia billed. */
  billed?: number | undefined;
  filename?: string | undefined;
  /** The first words of the transcript. */
  text?: string | undefined;
  error?: string | undefined;
  /** A message waits for it, which can be cancelled. */
  held: boolean;
}

/**
 * What the editor is told of changes. Everybody who may see statuses hears it, so that it holds no names and no words:
 * who may read jobs asks for them.
 */
export interface JobNews {
  jobs: { key: string; state: JobState }[];
  /** Keys. */
  gone: string[];
  /** The account was removed. */
  removed?: true;
}

const MOST = 1000;
/** Characters kept of a transcript and of an error. */
const WORDS = 120;
const ERROR = 500;

const isOver = ({ state }: JobRecord) => state === "done" || state === "error" || state === "cancelled";

/** A copy of a text's beginning: what `slice` gives would keep the whole text in memory. */
const beginning = (text: string, length: number) => text.slice(0, length).split("").join("");

/** What a job itself tells. */
function found({ result, file }: Job): Pick<JobRecord, "duration" | "billed" | "filename" | "text"> {
  const { metadata } = result ?? {};
  return {
    duration: metadata?.audio_duration ?? file?.audio_duration ?? undefined,
    billed: metadata?.billing_time,
    filename: file?.filename ?? undefined,
    text: transcriptStart(result),
  };
}

function transcriptStart(result: Job["result"]): string | undefined {
  const text: unknown = result?.transcription?.full_transcript;
  return typeof text === "string" ? beginning(text, WORDS) : undefined;
}

/** The last jobs of an account in this run of Node-RED, and earlier ones that were asked for. One job is one record. */
export class History {
  readonly #records = new Map<string, JobRecord>();
  /** Of each record, when it was changed last. */
  readonly #revisions = new Map<string, number>();
  /** The records of jobs, by the jobs' ids. */
  readonly #byId = new Map<string, string>();
  /** Work on a job that another work made: its key, and the key of the job's record. */
  readonly #joined = new Map<string, string>();
  /** Of each record, the work that waits for it. */
  readonly #holders = new Map<string, Set<string>>();
  readonly #onChange: (key: string) => void;
  #revision = 0;

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
    return this.#records.get(this.#keyOf(key));
  }

  /** Whether there is a record of a job. */
  has(id: string): boolean {
    return this.#byId.has(id);
  }

  /** @param since gives what was changed after that revision; all, when it is of another run */
  list(since = 0): JobRecord[] {
    const records = [...this.#records.values()];
    if (since <= 0 || since > this.#revision) return records;
    return records.filter(({ key }) => (this.#revisions.get(key) ?? 0) > since);
  }

  /** The keys of the work that waits for a record. */
  holders(key: string): string[] {
    return [...(this.#holders.get(key) ?? [])];
  }

  /** Work goes on; the first note of a key begins its record, unless its job has one. */
  note(start: Pick<JobRecord, "key" | "node" | "began" | "filename">, change: Partial<JobRecord>): void {
    if (change.id !== undefined) this.#join(start.key, change.id);
    const key = this.#keyOf(start.key);
    const record = this.#records.get(key);
    if (!record) this.#add({ state: "waiting", held: true, ...start });
    this.#hold(key, start.key);
    const { filename, node } = start;
    this.#change(key, {
      ...(filename && !(record && key !== start.key && record.filename) ? { filename } : {}),
      ...(record?.node === "" ? { node } : {}),
      ...(record && isOver(record) ? taken(record, change) : change),
      held: true,
    });
  }

  /** The message has gone on, with the job as far as it has it. */
  leave(key: string, job: Job | undefined): void {
    const record = this.#keyOf(key);
    this.#release(record, key);
    if (job) this.final(job, record);
  }

  /** A message ended badly. */
  fail(key: string, cancelled: boolean, message: string): void {
    const record = this.get(key);
    if (!record) return;
    this.#release(record.key, key);
    // Others wait for the same job, or have its result: how one of them ended is not how the job stands.
    if (record.held || (record.key !== key && record.state === "done")) return;
    const state = cancelled ? "cancelled" : "error";
    const error = cancelled ? undefined : beginning(message, ERROR);
    this.#change(record.key, { state, error, ended: record.ended ?? Date.now() });
  }

  /** A job is final, whoever says so. */
  final(job: Job, key = this.#byId.get(job.id)): void {
    const record = key === undefined ? undefined : this.#records.get(key);
    if (!record || !isFinal(job)) return;
    this.#change(record.key, {
      ...found(job),
      id: job.id,
      state: job.status,
      ended: record.ended ?? Date.now(),
      duration: found(job).duration ?? record.duration,
      filename: record.filename ?? found(job).filename,
    });
  }

  /** A job that stands in the account's list at Gladia: of an earlier run, or of another program. */
  add(job: Job): void {
    if (this.#byId.has(job.id)) return;
    const { id: key, status: state, completed_at } = job;
    const ended = completed_at ? { ended: Date.parse(completed_at) } : {};
    const began = Date.parse(job.created_at) || Date.now();
    this.#add({ key, id: key, node: "", state, began, held: false, ...ended, ...found(job) });
  }

  /** Forgets a job that was deleted at Gladia. */
  remove(id: string): void {
    const key = this.#byId.get(id);
    if (key !== undefined) this.#drop(key);
  }

  /** The key of the record that work belongs to. */
  #keyOf(key: string): string {
    return this.#joined.get(key) ?? key;
  }

  /** Work on a job that has a record already belongs to it; what was told of the work alone goes. */
  #join(key: string, id: string): void {
    const known = this.#byId.get(id);
    if (known === undefined || known === this.#keyOf(key)) return;
    if (this.#records.has(key)) this.#drop(key);
    this.#joined.set(key, known);
  }

  #hold(key: string, holder: string): void {
    const holders = this.#holders.get(key) ?? new Set();
    this.#holders.set(key, holders.add(holder));
  }

  #release(key: string, holder: string): void {
    const holders = this.#holders.get(key);
    holders?.delete(holder);
    this.#joined.delete(holder);
    if (holders?.size) return;
    this.#holders.delete(key);
    this.#change(key, { held: false });
  }

  #add(record: JobRecord): void {
    this.#records.set(record.key, record);
    if (record.id !== undefined) this.#byId.set(record.id, record.key);
    this.#changed(record.key);
    if (this.#records.size > MOST) this.#dropOldest();
  }

  #change(key: string, changes: Partial<JobRecord>): void {
    const record = this.#records.get(key);
    const isNew = (name: keyof JobRecord) => changes[name] !== record?.[name];
    if (!record || !(Object.keys(changes) as (keyof JobRecord)[]).some(isNew)) return;
    Object.assign(record, changes);
    if (record.id !== undefined) this.#byId.set(record.id, key);
    this.#changed(key);
  }

  #changed(key: string): void {
    this.#revisions.set(key, ++this.#revision);
    this.#onChange(key);
  }

  #drop(key: string): void {
    const record = this.#records.get(key);
    this.#records.delete(key);
    this.#revisions.delete(key);
    for (const holder of this.#holders.get(key) ?? []) this.#joined.delete(holder);
    this.#holders.delete(key);
    if (record?.id !== undefined && this.#byId.get(record.id) === key) this.#byId.delete(record.id);
    this.#onChange(key);
  }

  /** One that is over goes first: what is under way is of more use. */
  #dropOldest(): void {
    const oldest = this.list().find(isOver) ?? this.list()[0];
    if (oldest) this.#drop(oldest.key);
  }
}

/** What changes of a record that is over when somebody waits for its job again: one that is done stays done. */
function taken(record: JobRecord, change: Partial<JobRecord>): Partial<JobRecord> {
  const { state, ...rest } = change;
  if (state === undefined || record.state === "done") return rest;
  return { ...change, error: undefined, ended: undefined };
}
