import { GladiaError } from "../errors";
import type { FileLock } from "./journal/lock";
import type { JobStore, Kept, KeptEvent, Patch, Usage, WorkItem } from "./work-item";

interface LockedStoreOptions {
  store: JobStore;
  lock: FileLock;
  /** What the lock guards, for people. */
  path: string;
  /** Aborts when the account is to close: ends the wait for the lock. */
  signal: AbortSignal;
  /** Another process has taken over; told once. */
  onLost(error: GladiaError): void;
}

/** Milliseconds after which an account that shall close has closed, or its successor does not wait for it any more. */
const MAX_CLOSING = 15_000;

/**
 * A store that one process at a time works with: opening it waits for the lock, and a process that lost the lock, since
 * it stood still for long, writes no more and creates no jobs.
 */
export class LockedStore implements JobStore {
  readonly #options: LockedStoreOptions;
  #isOpen = false;
  #isLost = false;
  #overdue: NodeJS.Timeout | undefined;
  /** The last look at the lock for each thing that is being written. */
  readonly #looks = new Map<string, Promise<boolean>>();

  constructor(options: LockedStoreOptions) {
    this.#options = options;
  }

  async load(): Promise<Kept> {
    const { lock, store, signal } = this.#options;
    await lock.acquire(signal);
    if (signal.aborted) {
      await lock.release();
      throw signal.reason;
    }
    this.#isOpen = true;
    const close = () => {
      this.#overdue = setTimeout(() => void this.close(), MAX_CLOSING).unref();
    };
    signal.addEventListener("abort", close, { once: true });
    return store.load();
  }

  async put(item: WorkItem): Promise<void> {
    if (await this.#isOurs(item.key)) await this.#options.store.put(item);
  }

  async update(item: WorkItem, patch: Patch): Promise<void> {
    const isCreating = item.state === "creating";
    if (await this.#isOurs(item.key, isCreating ? "surely" : "lately")) await this.#options.store.update(item, patch);
    else if (isCreating && this.#isLost) throw this.#lost();
  }

  async remove(key: string): Promise<void> {
    if (await this.#isOurs(key)) await this.#options.store.remove(key);
  }

  async putUsage(usage: Usage): Promise<void> {
    if (await this.#isOurs("usage")) await this.#options.store.putUsage(usage);
  }

  async putEvent(event: KeptEvent): Promise<void> {
    if (await this.#isOurs(event.key)) await this.#options.store.putEvent(event);
  }

  async claimEvent(key: string): Promise<boolean> {
    return (await this.#isOurs(key)) && (await this.#options.store.claimEvent(key));
  }

  async tellEvent(key: string): Promise<void> {
    if (await this.#isOurs(key)) await this.#options.store.tellEvent(key);
  }

  async result(key: string): Promise<string | undefined> {
    return this.#options.store.result(key);
  }

  async putResult(key: string, id: string | undefined): Promise<void> {
    if (await this.#isOurs(key)) await this.#options.store.putResult(key, id);
  }

  onAdopted(adopt: (item: WorkItem) => void): void {
    this.#options.store.onAdopted(adopt);
  }

  onAdoptedEvent(adopt: (event: KeptEvent) => void): void {
    this.#options.store.onAdoptedEvent(adopt);
  }

  async close(): Promise<void> {
    const { lock, store } = this.#options;
    clearTimeout(this.#overdue);
    if (!this.#isOpen) return;
    this.#isOpen = false;
    if (await lock.isHeld()) await store.close();
    await lock.release();
  }

  /**
   * Whether the lock is still ours, before something is written under a key. A look takes its time or none: what is
   * written under one key is written in the order in which that was asked for, else what was removed would come back.
   */
  #isOurs(key: string, how: "surely" | "lately" = "lately"): Promise<boolean> {
    const before = this.#looks.get(key);
    const next = () => this.#look(how);
    const look = before === undefined ? next() : before.then(next, next);
    const forget = () => {
      if (this.#looks.get(key) === look) this.#looks.delete(key);
    };
    this.#looks.set(key, look);
    look.then(forget, forget);
    return look;
  }

  async #look(how: "surely" | "lately"): Promise<boolean> {
    if (!this.#isOpen) return false;
    if (await this.#options.lock.isHeld(how)) return true;
    if (!this.#isLost && this.#isOpen) this.#options.onLost(this.#lost());
    this.#isLost = true;
    return false;
  }

  #lost(): GladiaError {
    return new GladiaError("GLADIA_CONFIG", "store-lost", { path: this.#options.path });
  }
}
