import type { GladiaClient, JobKind } from "../client";
import { GladiaError } from "../errors";
import type { Transport } from "../http/transport";
import type { Job } from "../types";
import type { AccountOptions, AccountSettings, Callbacks } from "./account-options";
import { type Billed, Budget } from "./budget";
import { Customers } from "./customers";
import type { History, JobRecord } from "./history";
import { nameOf } from "./item-name";
import { KeptWork } from "./kept-work";
import { dropOrphans } from "./orphans";
import { ResultCache } from "./result-cache";
import { follow, type Submission, type SubmitDeps, type Submitted, submit } from "./submit";
import { Tracker, type WaitOptions } from "./tracker";
import { isOpenTrial, runTrial, settleTrial, type Trial } from "./trial";
import type { Users } from "./users";
import type { WorkItem } from "./work-item";
import { WorkStore } from "./work-store";

/** Milliseconds for the nodes' last writes; Node-RED waits for 15 seconds. */
const PATIENCE_MS = 10_000;

/** What accounts of several keys have in common. */
interface Shared {
  workStore: WorkStore;
  budget: Budget;
  customer: string | undefined;
}

/**
 * The owner of an account's jobs: it keeps the work on each message, creates the job once, waits for it, and knows who may
 * cancel it. Nodes, sidebar, trials and callbacks go through it.
 */
export class Account extends KeptWork {
  readonly settings: AccountSettings;
  readonly client: GladiaClient;
  readonly transport: Transport;
  readonly history: History;
  readonly callbacks: Callbacks;
  readonly #tracker: Tracker;
  readonly #budget: Budget;
  readonly #cache: ResultCache | undefined;
  readonly #users: Users;
  readonly #customers: Customers;

  /**
   * Reads what an earlier run left, and goes on with it.
   * @throws the reason of a store that gave up its wait for another process
   */
  static async open(options: AccountOptions): Promise<Account> {
    const workStore = new WorkStore(options.store);
    const usage = await workStore.load().catch(async (error: unknown) => {
      await options.transport.close();
      throw error;
    });
    const budget = new Budget(options.settings.budget, usage, (used) => workStore.putUsage(used));
    const account = new Account(options, { workStore, budget, customer: undefined });
    dropOrphans(workStore, options);
    for (const item of workStore.entries()) account.#goOn(item);
    workStore.onAdopted((item) => {
      account.#goOn(item);
      account.resume(item.node);
    });
    void account.callbacks.handler?.resume();
    return account;
  }

  private constructor(options: AccountOptions, { workStore, budget, customer }: Shared) {
    super(workStore, customer);
    const { settings, client } = options;
    this.#customers = new Customers((key) => this.#openCustomer(options, key));
    this.settings = settings;
    this.client = client;
    this.transport = options.transport;
    this.history = options.history;
    this.#budget = budget;
    this.#cache = settings.cache ? new ResultCache(client, options.store) : undefined;
    this.#users = options.users;
    this.#tracker = new Tracker({ client, ...settings, onFinal: (job) => this.#onFinal(job) });
    this.callbacks = options.openCallbacks(this);
  }

  /**
   * The account with another key: with a client, slots and results of its own. It shares what is kept, the budget and the
   * history, and has no callbacks, since these are read again with the account's key.
   * @throws GladiaError GLADIA_CONFIG for what is no key
   */
  withKey(apiKey: string): Account {
    const customer = this.client.customerWith(apiKey);
    return customer === this.client.customer ? this : this.#customers.of(customer, apiKey);
  }

  /** The account whose key can read a job. */
  accountOf(id: string): Account {
    const { customer } = this.history.ofJob(id) ?? {};
    if (customer === undefined) return this;
    const account = this.#customers.get(customer);
    if (!account) throw new GladiaError("GLADIA_CONFIG", "config-customer");
    return account;
  }

  /** Whether no job of its own is under way. */
  get isIdle(): boolean {
    return !this.#tracker.isBusy;
  }

  get billed(): Billed {
    return this.#budget.billed;
  }

  /** Counts the seconds of a live session, each channel for itself, as Gladia bills them. */
  countLive(seconds: number): void {
    void this.#budget.add(seconds);
  }

  /** @throws GladiaError GLADIA_BUDGET when the minutes are used up */
  checkBudget(): void {
    this.#budget.check();
  }

  /**
   * The message goes on; resolves when that is kept. May be called more than once.
   * @param leavesJob it does not wait for its job, which stays kept until it is final, for its slot
   */
  async finish(item: WorkItem, leavesJob = false): Promise<void> {
    const isHeld = leavesJob && item.id !== undefined && this.#tracker.holds(item.id);
    if (isHeld) await this.workStore.release(item);
    else await this.workStore.finish(item);
  }

  /** Brings an item's audio to a job. @throws GladiaError; the signal's reason */
  submit(submission: Submission): Promise<Submitted> {
    return submit(this.#deps, submission);
  }

  /** Brings a clip that somebody tries in the editor to its final job. @throws GladiaError; the signal's reason */
  runTrial(item: WorkItem, trial: Trial): Promise<Job> {
    return runTrial(this.#deps, item, trial);
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
    this.history.final(job);
  }

  /**
   * Tells who watches the account's jobs how far the work on one is.
   * @param abort cancels the work
   */
  report(item: WorkItem, change: Partial<JobRecord>, abort: AbortController): void {
    const { key, node, began, customer } = item;
    this.history.note({ key, node, began, customer, filename: nameOf(item) }, change, abort);
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
  async deleteJob(id: string, signal?: AbortSignal, kind: JobKind | undefined = this.history.ofJob(id)?.kind) {
    await this.client.delete(id, signal, kind);
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
    if (removed) await Promise.all(this.items().map((item) => this.workStore.finish(item)));
    for (const { tracker } of [this, ...this.#customers.all()].map((account) => account.#deps)) tracker.close();
    await this.transport.close();
    await this.workStore.close();
  }

  get #deps(): SubmitDeps {
    const { retries, deadline } = this.settings;
    const callback = this.callbacks.handler;
    return {
      client: this.client,
      tracker: this.#tracker,
      workStore: this.workStore,
      budget: this.#budget,
      cache: this.#cache,
      retries,
      deadline,
      callback,
    };
  }

  #goOn(item: WorkItem): void {
    const account = item.customer === this.customer ? this : this.#customers.get(item.customer ?? "");
    // A customer's key comes with the message; without one there is only a slot, which nobody holds any more.
    if (!account && !item.message) void this.workStore.finish(item);
    if (!account) return;
    if (isOpenTrial(item)) void settleTrial(account.#deps, item);
    else follow(account.#deps, item);
  }

  #openCustomer(options: AccountOptions, apiKey: string): Account {
    const client = options.newClient(apiKey);
    const openCallbacks = () => ({ secret: "", handler: undefined, fault: undefined, close: () => {} });
    const shared = { workStore: this.workStore, budget: this.#budget, customer: client.customer };
    const account = new Account({ ...options, client, openCallbacks }, shared);
    for (const item of this.items()) if (item.customer === client.customer) account.#goOn(item);
    return account;
  }

  #onFinal(job: Job): void {
    this.callbacks.handler?.settled(job);
    void this.#budget.count(job);
    this.history.final(job);
  }
}
