import { appendFile, copyFile, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { TextKey, TextParams } from "../errors";
import type { Entry, JobStore, Kept, KeptEvent, Usage } from "./entry";

/** Lines written before the file is written anew with what is still under way. */
const COMPACT_AFTER = 2000;
/** Entries older than this (milliseconds) are dropped: Gladia keeps an accepted job alive for about two hours. */
const OLDEST = 14 * 24 * 3_600_000;

/** Keys of told events that are remembered. */
const MAX_TOLD = 5000;

type Line = { put: Entry } | { remove: string } | { usage: Usage } | { event: KeptEvent } | { told: string };

export interface FileStoreOptions {
  /** Absolute; its folder is made. */
  path: string;
  onWarning(key: TextKey, params: TextParams): void;
}

/**
 * Keeps work in a small file: a journal of JSON lines that is only ever added to, so that a killed process loses at most
 * the line it was writing, and written anew (beside, then renamed) when it has grown. Lines that come together are
 * written together.
 */
export class FileStore implements JobStore {
  readonly #options: FileStoreOptions;
  readonly #entries = new Map<string, Entry>();
  #usage: Usage | undefined;
  readonly #events = new Map<string, KeptEvent>();
  readonly #told = new Set<string>();
  #queue: { text: string; written: () => void }[] = [];
  #flushing: Promise<void> | undefined;
  #lines = 0;
  #failing = false;

  constructor(options: FileStoreOptions) {
    this.#options = options;
  }

  async load(): Promise<Kept> {
    const { path, onWarning } = this.#options;
    let text = "";
    try {
      text = await readFile(path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") this.#warn(error);
    }
    const lines = text.split("\n");
    const unfinished = lines.pop(); // what a killed process was writing
    const broken = lines.filter((line) => line !== "" && !this.#apply(line)).length;
    if (broken > 0) {
      const aside = `${path}.damaged`;
      await copyFile(path, aside).catch((error: unknown) => this.#warn(error));
      onWarning("store-damaged", { path, aside, lines: broken });
    }
    for (const [key, { began }] of this.#entries) {
      if (Date.now() - began > OLDEST) this.#entries.delete(key);
    }
    this.#lines = broken > 0 || unfinished ? Number.POSITIVE_INFINITY : lines.length;
    const entries = [...this.#entries.values()].map((entry) => structuredClone(entry));
    entries.sort((a, b) => a.began - b.began);
    return { entries, usage: this.#usage, events: [...this.#events.values()], told: [...this.#told] };
  }

  put(entry: Entry): Promise<void> {
    this.#entries.set(entry.key, structuredClone(entry));
    return this.#write({ put: entry });
  }

  remove(key: string): Promise<void> {
    this.#entries.delete(key);
    return this.#write({ remove: key });
  }

  putUsage(usage: Usage): Promise<void> {
    this.#usage = usage;
    return this.#write({ usage });
  }

  putEvent(event: KeptEvent): Promise<void> {
    this.#events.set(event.key, event);
    return this.#write({ event });
  }

  tellEvent(key: string): Promise<void> {
    this.#tell(key);
    return this.#write({ told: key });
  }

  /** Nothing stays open between writes; this waits for the last one. */
  async close(): Promise<void> {
    await this.#flushing;
  }

  #apply(line: string): boolean {
    try {
      const parsed = JSON.parse(line) as Partial<{
        put: Entry;
        remove: string;
        usage: Usage;
        event: KeptEvent;
        told: string;
      }>;
      if (typeof parsed.put?.key === "string") this.#entries.set(parsed.put.key, parsed.put);
      else if (typeof parsed.remove === "string") this.#entries.delete(parsed.remove);
      else if (typeof parsed.usage?.seconds === "number") this.#usage = parsed.usage;
      else if (typeof parsed.event?.key === "string") this.#events.set(parsed.event.key, parsed.event);
      else if (typeof parsed.told === "string") this.#tell(parsed.told);
      else return false;
      return true;
    } catch {
      return false; // the caller sets the file aside and tells
    }
  }

  #tell(key: string): void {
    this.#events.delete(key);
    this.#told.delete(key);
    this.#told.add(key);
    if (this.#told.size > MAX_TOLD) this.#told.delete(this.#told.values().next().value as string);
  }

  #write(line: Line): Promise<void> {
    return new Promise((written) => {
      this.#queue.push({ text: `${JSON.stringify(line)}\n`, written });
      this.#flushing ??= this.#flush();
    });
  }

  async #flush(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#queue;
      this.#queue = [];
      try {
        if (this.#lines + batch.length > COMPACT_AFTER + 4 * this.#entries.size + this.#told.size) {
          await this.#compact();
        } else {
          await mkdir(dirname(this.#options.path), { recursive: true });
          await appendFile(this.#options.path, batch.map(({ text }) => text).join(""), { mode: 0o600 });
          this.#lines += batch.length;
        }
        this.#failing = false;
      } catch (error) {
        this.#warn(error);
        this.#lines = Number.POSITIVE_INFINITY; // the next write begins with a whole file
      }
      for (const { written } of batch) written();
    }
    this.#flushing = undefined; // in the same turn as the last look at the queue
  }

  /** Writes what is under way as a new file, which holds the waiting lines' changes too. */
  async #compact(): Promise<void> {
    const { path } = this.#options;
    await mkdir(dirname(path), { recursive: true });
    const lines: Line[] = [...this.#entries.values()].map((put) => ({ put }));
    if (this.#usage) lines.push({ usage: this.#usage });
    for (const event of this.#events.values()) lines.push({ event });
    for (const told of this.#told) lines.push({ told });
    const beside = `${path}.new`;
    await writeFile(beside, lines.map((line) => `${JSON.stringify(line)}\n`).join(""), { mode: 0o600 });
    await rename(beside, path);
    this.#lines = lines.length;
  }

  /** Work goes on without being kept; that is told once, until writing works again. */
  #warn(error: unknown): void {
    if (this.#failing) return;
    this.#failing = true;
    const reason = error instanceof Error ? error.message : String(error);
    this.#options.onWarning("store-write", { path: this.#options.path, reason });
  }
}
