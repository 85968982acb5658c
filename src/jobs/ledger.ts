import { randomUUID } from "node:crypto";
import type { Entry, JobStore, KeptEvent, Usage } from "./entry";

/** The work of one account that is under way, in memory and in its store. */
export class Ledger {
  readonly #store: JobStore;
  readonly #entries = new Map<string, Entry>();
  /** Kept by an earlier run, or by another Node-RED, and not taken up here yet. */
  readonly #dormant = new Set<string>();
  #loaded: Promise<Usage | undefined> | undefined;
  /** Callbacks and webhooks of an earlier run that the flow does not have yet, and keys of those that it had. */
  kept: { events: KeptEvent[]; told: string[] } = { events: [], told: [] };

  constructor(store: JobStore) {
    this.#store = store;
  }

  /** Reads what an earlier run left; at the first call. Gives what was used up by then. */
  load(): Promise<Usage | undefined> {
    this.#loaded ??= this.#store.load().then(({ entries, usage, events, told }) => {
      for (const entry of entries) this.#addDormant(entry);
      this.kept = { events, told };
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

  /** Has events of another Node-RED, which shares the store and ended, go on here. */
  onAdoptedEvent(adopt: (event: KeptEvent) => void): void {
    this.#store.onAdoptedEvent?.(adopt);
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

  #addDormant(entry: Entry): void {
    this.#entries.set(entry.key, entry);
    this.#dormant.add(entry.key);
  }

  putUsage(usage: Usage): Promise<void> {
    return this.#store.putUsage(usage);
  }

  /** Keeps a callback or webhook until the flow has it; resolves when it is kept. */
  putEvent(event: KeptEvent): Promise<void> {
    return this.#store.putEvent(event);
  }

  /**
   * Whether an event may be told here: where several Node-REDs share a store, one of them tells it. Resolves at once where
   * none do.
   */
  async claimEvent(key: string): Promise<boolean> {
    return (await this.#store.claimEvent?.(key)) ?? true;
  }

  /** The flow has it. */
  tellEvent(key: string): Promise<void> {
    return this.#store.tellEvent(key);
  }

  async close(): Promise<void> {
    await this.#store.close();
  }
}
