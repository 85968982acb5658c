import { randomUUID } from "node:crypto";
import {
  type AcceptedItem,
  type CreatedItem,
  type CreatingItem,
  type JobStore,
  jsonPart,
  type KeptEvent,
  type NewWork,
  type Patch,
  type UploadedItem,
  type Usage,
  type WorkItem,
} from "./work-item";

type Message = Record<string, unknown>;
/** A step of the work. */
type Uploaded = {
  state: "uploaded";
  audio_url: string;
  duration?: number | undefined;
  content?: string | undefined;
};
type Creating = { state: "creating"; since: number };
type Created = { state: "created"; id: string; since?: number | undefined; audio_url?: string | undefined };
export type MessageChange = { message: Message | undefined };
type Change = Uploaded | Creating | Created | MessageChange | { since: undefined };

/** The work of one account that is under way, in memory and in its store. */
export class WorkStore {
  readonly #store: JobStore;
  readonly #items = new Map<string, WorkItem>();
  /** Kept by an earlier run, or by another Node-RED, and not taken up here yet. */
  readonly #unclaimed = new Set<string>();
  /** Begun by an earlier run, or by another Node-RED, of which the last steps may not have been kept; and when it was taken over. */
  readonly #earlier = new Map<string, number>();
  #loaded: Promise<Usage | undefined> | undefined;
  /** Callbacks and webhooks of an earlier run that the flow does not have yet, and keys of those that it had. */
  kept: { events: KeptEvent[]; told: string[] } = { events: [], told: [] };

  constructor(store: JobStore) {
    this.#store = store;
  }

  /** Reads what an earlier run left; at the first call. Gives what was used up by then. */
  load(): Promise<Usage | undefined> {
    this.#loaded ??= this.#store.load().then(({ entries, usage, events, told }) => {
      for (const item of entries) this.#addUnclaimed(item);
      this.kept = { events, told };
      return usage;
    });
    return this.#loaded;
  }

  /** Has work of another Node-RED, which shares the store and ended, go on here. */
  onAdopted(adopt: (item: WorkItem) => void): void {
    this.#store.onAdopted((item) => {
      this.#addUnclaimed(item);
      adopt(item);
    });
  }

  /** Has events of another Node-RED, which shares the store and ended, go on here. */
  onAdoptedEvent(adopt: (event: KeptEvent) => void): void {
    this.#store.onAdoptedEvent(adopt);
  }

  /** Hands out what is kept for a node, each item once. */
  claim(node: string): WorkItem[] {
    const taken = [...this.#items.values()].filter(
      (item) => item.node === node && item.message && this.#unclaimed.has(item.key),
    );
    for (const { key } of taken) this.#unclaimed.delete(key);
    return taken;
  }

  /** Everything under way, oldest first. */
  entries(): WorkItem[] {
    return [...this.#items.values()];
  }

  /** An item as it is now; undefined when its work is over. */
  get(key: string): WorkItem | undefined {
    return this.#items.get(key);
  }

  /**
   * `performance.now()` when an item was taken over from another run. It may have gone further than was kept: its job is
   * looked for before one is created. Undefined for our own.
   */
  takenOver(key: string): number | undefined {
    return this.#earlier.get(key);
  }

  /** Begins to keep the work on a message; resolves when it is kept. */
  async begin(work: NewWork): Promise<WorkItem> {
    const item: WorkItem = { state: "accepted", ...work, key: randomUUID(), began: Date.now() };
    this.#items.set(item.key, item);
    await this.#store.put(item);
    return item;
  }

  /**
   * Keeps a step, or another message; resolves when it is kept. The item is changed and given back as what it is then.
   * @throws GladiaError when the work belongs to another process by now
   */
  update(item: AcceptedItem, step: Uploaded): Promise<UploadedItem>;
  update(item: UploadedItem | CreatingItem, step: Creating): Promise<CreatingItem>;
  update(item: WorkItem, step: Created): Promise<CreatedItem>;
  update(item: WorkItem, change: MessageChange | { since: undefined }): Promise<WorkItem>;
  async update(item: WorkItem, change: Change): Promise<WorkItem> {
    const patch = patchOf(item, change);
    Object.assign(item, patch.set);
    for (const name of patch.unset) item[name] = undefined;
    if (patch.fields) item.message = { ...item.message, ...patch.fields };
    if (this.#items.has(item.key)) {
      this.#items.set(item.key, item); // after a redeploy it may be the earlier account's object
      await this.#store.update(item, patch);
    }
    return item;
  }

  /** The message has gone on; a job of ours is watched on for its slot, until it is final. */
  async release(item: WorkItem): Promise<void> {
    if (item.since === undefined) await this.finish(item);
    else await this.update(item, { message: undefined });
  }

  /** The work is over, or goes on elsewhere; resolves when that is kept. May be called more than once. */
  async finish(item: WorkItem): Promise<void> {
    this.#earlier.delete(item.key);
    if (this.#items.delete(item.key)) await this.#store.remove(item.key);
  }

  /** Keeps work as a whole, also when it was finished: its message does not go on yet. Resolves when it is kept. */
  async restore(item: WorkItem): Promise<void> {
    this.#items.set(item.key, item);
    await this.#store.put(item);
  }

  #addUnclaimed(item: WorkItem): void {
    this.#items.set(item.key, item);
    this.#unclaimed.add(item.key);
    this.#earlier.set(item.key, performance.now());
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
  claimEvent(key: string): Promise<boolean> {
    return this.#store.claimEvent(key);
  }

  /** The flow has it. */
  tellEvent(key: string): Promise<void> {
    return this.#store.tellEvent(key);
  }

  async close(): Promise<void> {
    await this.#store.close();
  }
}

function patchOf(item: WorkItem, change: Change): Patch {
  if ("message" in change) return patchMessage(item.message, change.message);
  return "state" in change ? { set: change, unset: [] } : { set: {}, unset: ["since"] };
}

/** What a new message changes of the kept one: a field that is the same object is the same. */
function patchMessage(old: Message | undefined, message: Message | undefined): Patch {
  if (!message) return { set: {}, unset: ["message"] };
  const isGone = (name: string) => !Object.hasOwn(message, name);
  if (!old || Object.keys(old).some(isGone)) return { set: { message: jsonPart(message).part }, unset: [] };
  const changed = Object.entries(message).filter(([name, value]) => value !== old[name]);
  return { set: {}, unset: [], fields: jsonPart(Object.fromEntries(changed)).part };
}
