import type { Job } from "../types";

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

const MOST = 1000;
/** Characters kept of a transcript and of an error. */
const WORDS = 120;
const ERROR = 500;

const isOver = ({ state }: JobRecord) => state === "done" || state === "error" || state === "cancelled";

/** A copy of a text's beginning: what `slice` gives would keep the whole text in memory. */
const beginning = (text: string, length: number) => text.slice(0, length).split("").join("");

/** What a job itself tells. */
function found({ result, file }: Job): Pick<JobRecord, "duration" | "billed" | "filename" | "text"> {
  const { metadata, transcription } = result ?? {};
  return {
    duration: metadata?.audio_duration ?? file?.audio_duration ?? undefined,
    billed: metadata?.billing_time,
    filename: file?.filename ?? undefined,
    text: transcription?.full_transcript === undefined ? undefined : beginning(transcription.full_transcript, WORDS),
  };
}

/** The last jobs of an account in this run of Node-RED, and earlier ones that were asked for. */
export class History {
  readonly #records = new Map<string, JobRecord>();
  readonly #onChange: (key: string) => void;

  /** @param onChange told of each record that was changed, added or taken away */
  constructor(onChange: (key: string) => void) {
    this.#onChange = onChange;
  }

  get(key: string): JobRecord | undefined {
    return this.#records.get(key);
  }

  list(): JobRecord[] {
    return [...this.#records.values()];
  }

  /** Work goes on; the first note of a key begins its record. */
  note(start: Pick<JobRecord, "key" | "node" | "began" | "filename">, change: Partial<JobRecord>): void {
    if (!this.#records.has(start.key)) {
      this.#records.set(start.key, { state: "waiting", held: true, ...start });
      this.#onChange(start.key);
      if (this.#records.size > MOST) this.#dropOldest();
    }
    const { filename } = start;
    this.#change(start.key, { ...(filename ? { filename } : {}), held: true, ...change });
  }

  /** The message has gone on, with the job as far as it has it. */
  leave(key: string, job: Job | undefined): void {
    this.#change(key, { held: false });
    if (job) this.final(job, key);
  }

  /** A message ended badly. */
  fail(key: string, cancelled: boolean, message: string): void {
    const record = this.#records.get(key);
    if (!record) return;
    const state = cancelled ? "cancelled" : "error";
    const error = cancelled ? undefined : beginning(message, ERROR);
    this.#change(key, { held: false, state, error, ended: record.ended ?? Date.now() });
  }

  /** A job is final, whoever says so. */
  final(job: Job, key = this.#keyOf(job.id)): void {
    const record = key === undefined ? undefined : this.#records.get(key);
    if (!record || (job.status !== "done" && job.status !== "error")) return;
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
    if (this.#keyOf(job.id) !== undefined) return;
    const { id: key, status: state, completed_at } = job;
    const ended = completed_at ? { ended: Date.parse(completed_at) } : {};
    const began = Date.parse(job.created_at) || Date.now();
    this.#records.set(key, { key, id: key, node: "", state, began, held: false, ...ended, ...found(job) });
    this.#onChange(key);
    if (this.#records.size > MOST) this.#dropOldest();
  }

  /** Forgets a job that was deleted at Gladia. */
  remove(id: string): void {
    for (let key = this.#keyOf(id); key !== undefined; key = this.#keyOf(id)) {
      this.#records.delete(key);
      this.#onChange(key);
    }
  }

  #keyOf(id: string): string | undefined {
    for (const record of this.#records.values()) {
      if (record.id === id) return record.key;
    }
    return undefined;
  }

  #change(key: string, changes: Partial<JobRecord>): void {
    const record = this.#records.get(key);
    const isNew = (name: keyof JobRecord) => changes[name] !== record?.[name];
    if (!record || !(Object.keys(changes) as (keyof JobRecord)[]).some(isNew)) return;
    Object.assign(record, changes);
    this.#onChange(key);
  }

  /** One that is over goes first: what is under way is of more use. */
  #dropOldest(): void {
    const oldest = this.list().find(isOver) ?? this.list()[0];
    if (!oldest) return;
    this.#records.delete(oldest.key);
    this.#onChange(oldest.key);
  }
}
