import type { NewWork, WorkItem } from "./work-item";
import type { MessageChange, WorkStore } from "./work-store";

/** What an account keeps of the work on messages, until they have gone on. */
export class KeptWork {
  protected readonly workStore: WorkStore;
  /** Whose key it works with; undefined for the account's own. */
  readonly customer: string | undefined;
  /** Callbacks and webhooks that are kept until the flow has them. */
  readonly events: Pick<WorkStore, "kept" | "putEvent" | "tellEvent" | "claimEvent" | "onAdoptedEvent">;
  /** Who takes work up again, by the nodes' ids. */
  readonly #resuming = new Map<string, () => void>();

  constructor(workStore: WorkStore, customer: string | undefined) {
    this.workStore = workStore;
    this.events = workStore;
    this.customer = customer;
  }

  /** A node's work was taken over from another Node-RED. */
  protected resume(node: string): void {
    this.#resuming.get(node)?.();
  }

  /**
   * Hands a node the work that was under way for it when Node-RED ended, and work of another Node-RED that ended, as it is
   * taken over. The function it gives ends that.
   */
  claim(node: string, resume: (item: WorkItem) => void): () => void {
    const start = () => this.workStore.claim(node).forEach(resume);
    this.#resuming.set(node, start);
    start();
    return () => {
      if (this.#resuming.get(node) === start) this.#resuming.delete(node);
    };
  }

  /** Begins to keep the work on a message; resolves when it is kept. */
  begin(work: NewWork): Promise<WorkItem> {
    return this.workStore.begin(this.customer === undefined ? work : { ...work, customer: this.customer });
  }

  /** The item with this key as it is now; undefined when its work is over. */
  find(key: string): WorkItem | undefined {
    return this.workStore.get(key);
  }

  /** Everything under way, oldest first. */
  items(): WorkItem[] {
    return this.workStore.entries();
  }

  /** Keeps another message; resolves when it is kept. @throws GladiaError when the work is another process's by now */
  update(item: WorkItem, change: MessageChange): Promise<WorkItem> {
    return this.workStore.update(item, change);
  }

  /** Keeps work as a whole, also when it was over: its message does not go on yet. Resolves when it is kept. */
  restore(item: WorkItem): Promise<void> {
    if (this.customer !== undefined) item.customer = this.customer; // it may have come before the key was known
    return this.workStore.restore(item);
  }
}
