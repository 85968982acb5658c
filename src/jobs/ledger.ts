import { randomUUID } from "node:crypto";
import type { Entry, JobStore, Usage } from "./entry";

/** The work of one account that is under way, in memory and in its store. */
export class Ledger {
  readonly #store: JobStore;
  readonly #entries = new Map<string, Entry>();
  /** Kept by an earlier run, or by another Node-RED, and not taken up here yet. */
  readonly #dormant = new Set<string>();
  #loaded: Promise<Usage | undefined> | undefined;

  constructor(store: JobStore) {
    this.#store = store;
  }

  /** Reads what an earlier run left; at the first call. Gives what was used up by then. */
  load(): Promise<Usage | undefined> {
    this.#loaded ??= this.#store.load().then(({ entries, usage }) => {
      for (const entry of entries) this.#addDormant(entry);
      return usage;
    });
    return this.#loaded;
  }

  /** Has work of another Node-RED, which shares the store and ended, go on here. */
  onAdopted(adopt: (entry: Entry) => void): void {
    this.#store.onAdopted?.((entry) => {
      this.#addDormant(entry);
      adopt(entry);
    });
  }

  /** Takes up what is kept for a node, each entry once. */
  take(node: string): Entry[] {
    const taken = [...this.#entries.values()].filter(
      (entry) => entry.node === node && entry.message && this.#dormant.has(entry.key),
    );
    for (const { key } of taken) this.#dormant.delete(key);
    return taken;
  }

  /** Everything under way, oldest first. */
  entries(): Entry[] {
    return [...this.#entries.values()];
  }

  /** Begins to keep the work on a message; resolves when it is kept. */
  async begin(work: Omit<Entry, "key" | "state" | "began">): Promise<Entry> {
    const entry: Entry = { ...work, key: randomUUID(), state: "wanted", began: Date.now() };
    this.#entries.set(entry.key, entry);
    await this.#store.put(entry);
    return entry;
  }

  /** Keeps a step; resolves when it is kept. */
  async update(entry: Entry, changes: Partial<Entry>): Promise<void> {
    Object.assign(entry, changes);
    if (this.#entries.has(entry.key)) await this.#store.put(entry);
  }

  /** The work is over, or goes on elsewhere; resolves when that is kept. May be called more than once. */
  async finish(entry: Entry): Promise<void> {
    if (this.#entries.delete(entry.key)) await this.#store.remove(entry.key);
  }

  /** Keeps work as a whole, also when it was finished: its message does not go on yet. Resolves when it is kept. */
  async restore(entry: Entry): Promise<void> {
    this.#entries.set(entry.key, entry);
    await this.#store.put(entry);
  }

  #addDormant(entry: Entry): void {
    this.#entries.set(entry.key, entry);
    this.#dormant.add(entry.key);
  }

  putUsage(usage: Usage): Promise<void> {
    return this.#store.putUsage(usage);
  }

  async close(): Promise<void> {
    await this.#store.close();
  }
}
