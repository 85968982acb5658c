import { Records } from "./journal/records";
import type { JobStore, Kept } from "./work-item";

/** What a store does about others where there are none. */
export abstract class UnsharedStore {
  async claimEvent(): Promise<boolean> {
    return true;
  }
  onAdopted(): void {}
  onAdoptedEvent(): void {}
}

/** Keeps nothing beyond the process: for a Node-RED without a user directory. */
export class MemoryStore extends UnsharedStore implements JobStore {
  readonly #records = new Records();

  async load(): Promise<Kept> {
    return { entries: [], usage: undefined, events: [], told: [] };
  }
  async put(): Promise<void> {}
  async update(): Promise<void> {}
  async remove(): Promise<void> {}
  async putUsage(): Promise<void> {}
  async putEvent(): Promise<void> {}
  async tellEvent(): Promise<void> {}
  async result(key: string): Promise<string | undefined> {
    return this.#records.result(key);
  }
  async putResult(key: string, id: string | undefined): Promise<void> {
    this.#records.putResult(key, id);
  }
  async close(): Promise<void> {}
}
