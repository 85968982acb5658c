import type { GladiaClient } from "../client";
import type { Transport } from "../http/transport";
import type { Job } from "../types";
import type { AccountOptions, AccountSettings, Callbacks } from "./account-options";
import { Budget } from "./budget";
import type { NewWork, WorkItem } from "./entry";
import type { History, JobRecord } from "./history";
import { nameOf } from "./item-name";
import { Ledger, type MessageChange } from "./ledger";
import { follow, type Submission, type Submitted, submit, type Workshop } from "./submit";
import { Tracker, type WaitOptions } from "./tracker";
import { isOpenTrial, runTrial, settleTrial, type Trial } from "./trial";
import type { Users } from "./users";

/** Milliseconds for the nodes' last writes; Node-RED waits for 15 seconds. */
const PATIENCE_MS = 10_000;
/** Days after which work is given up whose node is gone. */
export const ORPHAN_DAYS = 14;

/**
 * The owner of an account's jobs: it keeps the work on each message, creates the job once, waits for it, and knows who may
 * cancel it. Nodes, sidebar, trials and callbacks go through it.
 */
export class Account {
  readonly settings: AccountSettings;
  readonly client: GladiaClient;
  readonly transport: Transport;
  readonly history: History;
  readonly callbacks: Callbacks;
  /** Callbacks and webhooks that are kept until the flow has them. */
  readonly events: Pick<Ledger, "kept" | "putEvent" | "tellEvent" | "claimEvent" | "onAdoptedEvent">;
  readonly #ledger: Ledger;
  readonly #tracker: Tracker;
  readonly #budget: Budget;
  readonly #users: Users;
  /** Who takes work up again, by the nodes' ids. */
  readonly #resuming = new Map<string, () => void>();

  /**
   * Reads what an earlier run left, and goes on with it.
   * @throws the reason of a store that gave up its wait for another process
   */
  static async open(options: AccountOptions): Promise<Account> {
    const ledger = new Ledger(options.store);
    const usage = await ledger.load().catch(async (error: unknown) => {
      await options.transport.close();
      throw error;
    });
    return new Account(options, ledger, new Budget(options.settings.budget, usage, (used) => ledger.putUsage(used)));
  }

  private constructor(options: AccountOptions, ledger: Ledger, budget: Budget) {
    const { settings, client } = options;
    this.settings = settings;
    this.client = client;
    this.transport = options.transport;
    this.history = options.history;
    this.#ledger = ledger;
    this.events = ledger;
    this.#budget = budget;
    this.#users = options.users;
    this.#tracker = new Tracker({ client, ...settings, onFinal: (job) => this.#onFinal(job) });
    this.callbacks = options.openCallbacks(this);
    this.#dropOrphans(options);
    for (const item of ledger.entries()) this.#goOn(item);
    ledger.onAdopted((item) => {
      this.#goOn(item);
      this.#resuming.get(item.node)?.();
    });
    void this.callbacks.handler?.takeUp();
  }

  /** What was billed so far today, in seconds, and how many minutes a day may have. */
  get usage(): { used: number; minutes: number | undefined } {
    return { used: this.#budget.used, minutes: this.#budget.minutes };
  }

  /** @throws GladiaError GLADIA_BUDGET when today's minutes are used up */
  checkBudget(): void {
    this.#budget.check();
  }

  /** Counts the seconds of a live session, each channel for itself, as Gladia bills them. */
  countLive(seconds: number): void {
    void this.#budget.add(seconds);
  }

  /**
   * Hands a node the work that was under way for it when Node-RED ended, and work of another Node-RED that ended, as it is
   * taken over. The function it gives ends that.
   */
  claim(node: string, resume: (item: WorkItem) => void): () => void {
    const start = () => this.#ledger.take(node).forEach(resume);
    this.#resuming.set(node, start);
    start();
    return () => {
      if (this.#resuming.get(node) === start) this.#resuming.delete(node);
    };
  }

  /** Begins to keep the work on a message; resolves when it is kept. */
  begin(work: NewWork): Promise<WorkItem> {
    return this.#ledger.begin(work);
  }

  /** The item with this key as it is now; undefined when its work is over. */
  find(key: string): WorkItem | undefined {
    return this.#ledger.get(key);
  }

  /** Everything under way, oldest first. */
  items(): WorkItem[] {
    return this.#ledger.entries();
  }

  /** Keeps another message; resolves when it is kept. @throws GladiaError when the work is another process's by now */
  update(item: WorkItem, change: MessageChange): Promise<WorkItem> {
    return this.#ledger.update(item, change);
  }

  /** Keeps work as a whole, also when it was over: its message does not go on yet. Resolves when it is kept. */
  restore(item: WorkItem): Promise<void> {
    return this.#ledger.restore(item);
  }

  /**
   * The message goes on; resolves when that is kept. May be called more than once.
   * @param leavesJob it does not wait for its job, which stays kept until it is final, for its slot
   */
  async finish(item: WorkItem, leavesJob = false): Promise<void> {
    const isHeld = leavesJob && item.id !== undefined && this.#tracker.holds(item.id);
    if (isHeld) await this.#ledger.release(item);
    else await this.#ledger.finish(item);
  }

  /** Brings an item's audio to a job. @throws GladiaError; the signal's reason */
  submit(submission: Submission): Promise<Submitted> {
    return submit(this.#workshop, submission);
  }

  /** Brings a clip that somebody tries in the editor to its final job. @throws GladiaError; the signal's reason */
  runTrial(item: WorkItem, trial: Trial): Promise<Job> {
    return runTrial(this.#workshop, item, trial);
  }

  /**
   * Waits until a job is final, whoever created it.
   * @throws GladiaError GLADIA_TIMEOUT at the deadline, GLADIA_NOT_FOUND, GLADIA_AUTH; the signal's reason
   */
  wait(id: string, options: WaitOptions): Promise<Job> {
    return this.#tracker.wait(id, options);
  }

  /** Whether a job is not final yet, as far as we know, and somebody waits for it or its slot is held. */
  follows(id: string): boolean {
    return this.#tracker.follows(id);
  }

  /** Whether a slot is held for a job. */
  holds(id: string): boolean {
    return this.#tracker.holds(id);
  }

  /** Somebody says that a job is done; it is read again before that is believed. */
  recheck(id: string): void {
    this.#tracker.recheck(id);
  }

  /** Somebody has read a job, and it is final. */
  settle(job: Job): void {
    this.#tracker.settle(job);
  }

  /**
   * Tells who watches the account's jobs how far the work on one is.
   * @param abort cancels the work
   */
  report(item: WorkItem, change: Partial<JobRecord>, abort: AbortController): void {
    const { key, node, began } = item;
    this.history.note({ key, node, began, filename: nameOf(item) }, change, abort);
  }

  /** Ends the wait of all who wait for the job of a record, by its key. Gives whether there was somebody. */
  cancel(key: string): boolean {
    return this.history.cancel(key);
  }

  /** Ends the wait of all who wait for a job, by its id. Gives whether there was somebody. */
  cancelJob(id: string): boolean {
    return this.history.cancelJob(id);
  }

  /** Deletes a job with its audio and transcript. @throws GladiaError; only what is final can be deleted */
  async deleteJob(id: string, signal?: AbortSignal): Promise<void> {
    await this.client.remove(id, signal);
    this.history.remove(id);
  }

  /**
   * Its nodes close at the same time: what they have to write down, they write first.
   * @param removed the account will not come back, and so its work will not be taken up again
   */
  async close(removed: boolean): Promise<void> {
    this.callbacks.close(removed);
    await new Promise(setImmediate); // messages that were sent to its nodes by now have come
    await this.#users.idle(PATIENCE_MS);
    if (removed) await Promise.all(this.items().map((item) => this.#ledger.finish(item)));
    this.#tracker.close();
    await this.transport.close();
    await this.#ledger.close();
  }

  get #workshop(): Workshop {
    const { retries, deadline } = this.settings;
    const callback = this.callbacks.handler;
    return {
      client: this.client,
      tracker: this.#tracker,
      ledger: this.#ledger,
      budget: this.#budget,
      retries,
      deadline,
      callback,
    };
  }

  #onFinal(job: Job): void {
    this.callbacks.handler?.settled(job);
    void this.#budget.count(job);
    this.history.final(job);
  }

  #goOn(item: WorkItem): void {
    if (isOpenTrial(item)) void settleTrial(this.#workshop, item);
    else follow(this.#workshop, item);
  }

  /** Work is never given up by the clock alone, which may have been wrong: only when no node is there to do it, either. */
  #dropOrphans({ nodeExists, onOrphans }: AccountOptions): void {
    const oldest = Date.now() - ORPHAN_DAYS * 24 * 3_600_000;
    const orphans = this.items().filter(({ message, began, node }) => message && began < oldest && !nodeExists(node));
    if (orphans.length === 0) return;
    onOrphans(orphans);
    for (const item of orphans) void this.#ledger.finish(item);
  }
}
