import { setMaxListeners } from "node:events";
import { bufferAudio } from "../../src/audio/buffer";
import { GladiaClient } from "../../src/client";
import { Transport } from "../../src/http/transport";
import { Account } from "../../src/jobs/account";
import type { AccountOptions, AccountSettings } from "../../src/jobs/account-options";
import type { JobStore, WorkItem } from "../../src/jobs/entry";
import { History } from "../../src/jobs/history";
import type { Submission, Submitted } from "../../src/jobs/submit";
import { Users } from "../../src/jobs/users";
import { type Engine, wav } from "./engine";

const SETTINGS: AccountSettings = {
  ...{ apiUrl: "", options: {}, presets: {}, timeout: 10, retries: 2, deadline: 20 },
  ...{ concurrency: 25, queueLimit: 10_000, budget: undefined },
};

/** When a process ends: at this write to its store (1 is the first), which is done or not. */
export interface Death {
  write: number;
  isWritten: boolean;
}

/** A store that a killed process leaves: from then on nothing is written, and nothing answers. */
class MortalStore {
  readonly store: JobStore;
  readonly died: Promise<void>;
  isDead = false;
  #writes = 0;
  #die: () => void = () => {};

  constructor(store: JobStore, death?: Death) {
    this.died = new Promise((resolve) => {
      this.#die = resolve;
    });
    const forever = new Promise<never>(() => {});
    const call =
      (name: keyof JobStore) =>
      (...args: unknown[]): unknown => {
        const ask = () => (store[name] as (...args: unknown[]) => unknown).apply(store, args);
        if (this.isDead) return name === "close" ? Promise.resolve() : forever;
        if (!/^(put|update|remove|tell)/.test(name) || ++this.#writes !== death?.write) return ask();
        this.isDead = true;
        void Promise.resolve(death.isWritten ? ask() : undefined).then(this.#die);
        return forever;
      };
    this.store = new Proxy(store, { get: (_, name) => call(name as keyof JobStore) });
  }
}

/** An account without Node-RED, over a store. */
export class TestAccount {
  readonly #mortal: MortalStore;
  readonly #abort = new AbortController();

  private constructor(
    readonly account: Account,
    mortal: MortalStore,
  ) {
    this.#mortal = mortal;
    setMaxListeners(0, this.#abort.signal);
  }

  static async open(
    engine: Engine,
    store: JobStore,
    settings: Partial<AccountSettings> = {},
    more: Partial<AccountOptions> & { death?: Death } = {},
  ): Promise<TestAccount> {
    const { death, ...options } = more;
    const mortal = new MortalStore(store, death);
    const transport = new Transport();
    const known = { ...SETTINGS, apiUrl: engine.url, ...settings };
    const account = await Account.open({
      ...{ settings: known, transport, store: mortal.store, users: new Users(), history: new History(() => {}) },
      client: new GladiaClient({ ...known, apiKey: "key", product: "test", transport }),
      openCallbacks: () => ({ secret: "", handler: undefined, fault: undefined, close: () => {} }),
      nodeExists: () => true,
      onOrphans: () => {},
      ...options,
    });
    return new TestAccount(account, mortal);
  }

  /** Aborts when the process ends. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Resolves when the process has ended at the write that was set. */
  get died(): Promise<void> {
    return this.#mortal.died;
  }

  /** Begins the work on a message. */
  begin(message: Record<string, unknown> = {}): Promise<WorkItem> {
    return this.account.begin({ node: "n", message: { _msgid: "m", ...message }, audio: "a.wav" });
  }

  /** Brings an item to its job, with a recording of its own. */
  submit(entry: WorkItem, seed = 1, more: Partial<Submission> = {}): Promise<Submitted> {
    const audio = bufferAudio(wav(0.05, seed), "a.wav");
    return this.account.submit({ entry, audio, signal: this.signal, ...more });
  }

  /** Ends as a killed process does: nothing more is written or sent. */
  async end(): Promise<void> {
    this.#mortal.isDead = true;
    this.#abort.abort(new Error("ended"));
    await this.account.close(false);
  }
}

/** How many jobs the engine was asked for, for each key. */
export function jobsByKey(engine: Engine): Map<string, number> {
  const jobs = new Map<string, number>();
  for (const { custom_metadata } of engine.control.jobs) {
    const key = String(custom_metadata?.["node_red_key"]);
    jobs.set(key, (jobs.get(key) ?? 0) + 1);
  }
  return jobs;
}
