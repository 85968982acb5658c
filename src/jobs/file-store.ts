import type { TextKey, TextParams } from "../errors";
import { Failing } from "./failing";
import { type Disk, realDisk } from "./journal/disk";
import { Later } from "./journal/later";
import { LogFile } from "./journal/log-file";
import { type Line, Records, type Urgency, type Waiting } from "./journal/records";
import { UnsharedStore } from "./memory-store";
import type { JobStore, Kept, KeptEvent, Patch, Usage, WorkItem } from "./work-item";

/** The file is written anew when it has more bytes than this, and three times as many as what lives. */
const COMPACT_BYTES = 8 * 1024 * 1024;
const COMPACT_FACTOR = 3;
/** After a whole file could not be written, the next try waits as many times as long as that took. */
const REST_FACTOR = 10;
/** Milliseconds until what nobody waits for is on the disk, and until a disk that failed is tried again. */
const LATER = 1000;
/** Milliseconds after the last work that ended until its text leaves the file, too. */
const REST = 60_000;

interface FileStoreOptions {
  /** Absolute; its folder is made, and closed to others. */
  path: string;
  onWarning(key: TextKey, params: TextParams): void;
  disk?: Disk;
  rest?: number;
}

/**
 * Keeps work in a journal of JSON lines: added to, so that a killed process loses the line it was writing at most, and
 * written anew (beside, then renamed) when it has grown. A message is written once, then its steps. Lines that come
 * together reach the disk together; only what decides about money or about an answer is waited for.
 */
export class FileStore extends UnsharedStore implements JobStore {
  readonly #options: FileStoreOptions;
  readonly #file: LogFile;
  readonly #records = new Records();
  #queue: Waiting[] = [];
  #flushing: Promise<void> | undefined;
  readonly #later = new Later(LATER, () => void this.#push("", "now"));
  /** What was said must not stay on the disk because nothing comes after it. */
  readonly #tidying: Later;
  /** Some lines are not on the disk yet, and should be. */
  #unsynced = false;
  /** What the file holds is not what the records say: a whole one comes next. */
  #stale = false;
  #unusable: unknown; // why nothing can be written at all
  #nextTry = 0;
  readonly #failing = new Failing();

  constructor(options: FileStoreOptions) {
    super();
    this.#options = options;
    this.#file = new LogFile(options.path, options.disk ?? realDisk);
    this.#tidying = new Later(options.rest ?? REST, () => {
      if (this.#file.size <= this.#records.bytes) return;
      this.#stale = true;
      void this.#push("", "soon");
    });
  }

  async load(): Promise<Kept> {
    const { path, onWarning } = this.#options;
    let broken = 0;
    try {
      await this.#file.prepare();
      await this.#file.read((line) => {
        if (line === undefined || (line !== "" && !this.#records.apply(line))) broken++;
      });
      if (broken > 0) {
        this.#stale = true;
        const aside = await this.#file.setAside("copy");
        onWarning("store-damaged", { path, aside, lines: broken });
      }
    } catch (error) {
      await this.#giveUpFile(error);
    }
    this.#tidying.postpone();
    const { items, usage, events, told } = this.#records;
    return { entries: items.sort((a, b) => a.began - b.began), usage, events, told };
  }

  put(item: WorkItem): Promise<void> {
    this.#records.put(item, 0);
    const line = () => {
      if (!this.#records.has(item.key)) return ""; // it has ended already
      const text = this.#textOf({ put: item });
      this.#records.put(item, text.length);
      return text;
    };
    return this.#push(line, "whenever");
  }

  update(item: WorkItem, { set, unset, fields }: Patch): Promise<void> {
    const patch = { key: item.key, ...set };
    const line: Line = { patch, ...(fields ? { fields } : {}), ...(unset.length > 0 ? { unset } : {}) };
    // Whether a job was asked for must be known after a power cut, or it is created and billed again.
    const urgency = item.state === "creating" ? "now" : "whenever";
    if (unset.length > 0) this.#tidying.postpone();
    return this.#write(line, urgency, (bytes) => this.#records.changed(item, bytes));
  }

  remove(key: string): Promise<void> {
    return this.#over({ remove: key }, () => this.#records.remove(key));
  }

  putUsage(usage: Usage): Promise<void> {
    return this.#write({ usage }, "soon", () => this.#records.putUsage(usage));
  }

  putEvent(event: KeptEvent): Promise<void> {
    return this.#write({ event }, "now", (bytes) => this.#records.putEvent(event, bytes));
  }

  tellEvent(key: string): Promise<void> {
    return this.#over({ told: key }, () => this.#records.tell(key));
  }

  async result(key: string): Promise<string | undefined> {
    return this.#records.result(key);
  }

  putResult(key: string, id: string | undefined): Promise<void> {
    return this.#write({ result: { key, id } }, "whenever", () => this.#records.putResult(key, id));
  }

  /** Nothing stays open between writes; this waits for the last one. */
  async close(): Promise<void> {
    this.#tidying.cancel();
    await this.#flushing;
    this.#nextTry = 0; // there is no later one
    if (this.#unsynced || this.#failing.is) await this.#push("", "now");
    this.#later.cancel();
  }

  #over(line: Line, forget: () => void): Promise<void> {
    this.#tidying.postpone();
    return this.#write(line, "soon", forget);
  }

  #write(line: Line, urgency: Urgency, keep: (bytes: number) => void): Promise<void> {
    const text = this.#textOf(line);
    keep(text.length);
    return this.#push(text, urgency);
  }

  #textOf(line: Line): string {
    try {
      return `${JSON.stringify(line)}\n`;
    } catch (error) {
      this.#warn(error); // it is not the disk's fault, but told all the same
      return "";
    }
  }

  #push(line: Waiting["line"], urgency: Urgency): Promise<void> {
    return new Promise((written) => {
      this.#queue.push({ line, urgency, written });
      this.#flushing ??= this.#flush();
    });
  }

  async #flush(): Promise<void> {
    await Promise.resolve(); // what is written in the same turn goes together
    while (this.#queue.length > 0) {
      const batch = this.#queue;
      this.#queue = [];
      try {
        if (this.#unusable) throw this.#unusable;
        if (this.#stale || this.#isLarge()) await this.#compact();
        else await this.#append(batch);
        this.#failing.worked();
      } catch (error) {
        this.#stale = true;
        this.#warn(error);
        if (!this.#unusable) await this.#appendSteps(batch);
      }
      for (const { written } of batch) written();
    }
    this.#flushing = undefined; // in the same turn as the last look at the queue
    if (this.#unsynced || this.#failing.is) this.#later.plan();
  }

  async #append(batch: readonly Waiting[]): Promise<void> {
    const sync = batch.some(({ urgency }) => urgency === "now");
    this.#unsynced ||= batch.some(({ urgency }) => urgency === "soon");
    await this.#file.appendBatch(batch, sync);
    if (sync) this.#unsynced = false;
  }

  /** Where there is no room for messages, there may be some for the steps of those that are kept. */
  async #appendSteps(batch: readonly Waiting[]): Promise<void> {
    const steps = batch.filter(({ line }) => typeof line === "string" && line !== "");
    if (steps.length > 0) await this.#append(steps).catch(() => {}); // what is missing is told already
  }

  #isLarge(): boolean {
    return this.#file.size > COMPACT_BYTES && this.#file.size > COMPACT_FACTOR * this.#records.bytes;
  }

  /** Writes what is under way as a new file, which holds the waiting lines' changes too. */
  async #compact(): Promise<void> {
    const began = performance.now();
    if (began < this.#nextTry) throw new Error("A moment ago there was no room for a whole file");
    try {
      await this.#file.prepare();
      await this.#file.replace(this.#lines());
      this.#stale = this.#unsynced = false;
    } catch (error) {
      const now = performance.now();
      this.#nextTry = now + (now - began) * REST_FACTOR;
      throw error;
    }
  }

  *#lines(): Generator<string> {
    for (const line of this.#records.lines()) yield this.#textOf(line);
  }

  /** The file cannot be read: it is left as it is, under another name, and a new one begins. */
  async #giveUpFile(error: unknown): Promise<void> {
    const { path, onWarning } = this.#options;
    this.#stale = true;
    try {
      if (!(await this.#file.exists())) {
        this.#warn(error); // there is no folder yet
        return;
      }
      const aside = await this.#file.setAside("move");
      onWarning("store-unreadable", { path, aside, reason: reasonOf(error) });
    } catch {
      this.#unusable = error; // what cannot be moved away must not be written over
      this.#warn(error);
    }
  }

  /** Work goes on without being kept. */
  #warn(error: unknown): void {
    const { path, onWarning } = this.#options;
    this.#failing.failed(() => onWarning("store-write", { path, reason: reasonOf(error) }));
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
