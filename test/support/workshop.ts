import { setMaxListeners } from "node:events";
import { bufferAudio } from "../../src/audio/buffer";
import { GladiaClient } from "../../src/client";
import { Transport } from "../../src/http/transport";
import { Budget } from "../../src/jobs/budget";
import type { JobStore, WorkItem } from "../../src/jobs/entry";
import { Ledger } from "../../src/jobs/ledger";
import { type Submitted, submit } from "../../src/jobs/submit";
import { Tracker } from "../../src/jobs/tracker";
import { type Engine, wav } from "./engine";

/** An account without Node-RED: what jobs are made with, over a store. */
export class TestAccount {
  readonly transport = new Transport();
  readonly ledger: Ledger;
  readonly client: GladiaClient;
  readonly tracker: Tracker;
  readonly budget: Budget;
  readonly retries = 2;
  readonly deadline = 20;
  readonly #abort = new AbortController();

  constructor(engine: Engine, store: JobStore, concurrency = 25, minutes?: number) {
    setMaxListeners(0, this.#abort.signal);
    this.ledger = new Ledger(store);
    const [retries, product, transport] = [2, "test", this.transport];
    this.client = new GladiaClient({ apiUrl: engine.url, apiKey: "key", timeout: 10, retries, product, transport });
    this.tracker = new Tracker({ client: this.client, concurrency, queueLimit: 10_000, deadline: 20, retries });
    this.budget = new Budget(minutes, undefined, async () => {});
  }

  /** Begins the work on a message. */
  begin(message: Record<string, unknown> = {}): Promise<WorkItem> {
    return this.ledger.begin({ node: "n", message: { _msgid: "m", ...message }, audio: "a.wav" });
  }

  /** Brings an item to its job, with a recording of its own. */
  submit(entry: WorkItem, seed = 1): Promise<Submitted> {
    return submit(this, { entry, audio: bufferAudio(wav(0.05, seed), "a.wav"), signal: this.#abort.signal });
  }

  /** Ends as a killed process does: nothing more is written or sent. */
  async end(): Promise<void> {
    this.#abort.abort(new Error("ended"));
    this.tracker.close();
    await this.transport.close();
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
