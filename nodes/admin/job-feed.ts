import type { NodeAPI } from "node-red";
import { History, type JobNews } from "../../src/jobs/history";

/** Gap between two messages to the editor, in milliseconds. */
const GAP_MS = 250;

/** Tells the editor which jobs of one account have changed; their history is kept over redeploys. */
class JobFeed {
  readonly history = new History((key) => this.#changed(key));
  readonly #publish: (news: JobNews) => void;
  readonly #pending = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(publish: (news: JobNews) => void) {
    this.#publish = publish;
  }

  /** The account is removed: nothing more comes. */
  end(): void {
    clearTimeout(this.#timer);
    this.#publish({ jobs: [], gone: [], removed: true });
  }

  #changed(key: string): void {
    this.#pending.add(key);
    if (this.#timer) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const keys = [...this.#pending];
      this.#pending.clear();
      const states = keys.flatMap((changed) => {
        const state = this.history.get(changed)?.state;
        return state ? [{ key: changed, state }] : [];
      });
      this.#publish({ jobs: states, gone: keys.filter((changed) => !this.history.get(changed)) });
    }, GAP_MS);
    this.#timer.unref();
  }
}

/** By the account's id: a redeploy makes a new node, and its jobs are still the same. */
const feeds = new Map<string, JobFeed>();

/** The jobs of an account as the editor sees them, also while the account cannot be used. */
export function historyOf(RED: NodeAPI, account: string): History {
  const known = feeds.get(account);
  if (known) return known.history;
  const comms = (RED as unknown as { comms: { publish(topic: string, data: object, retain: boolean): void } }).comms;
  const feed = new JobFeed((news) => comms.publish(`gladia/jobs/${account}`, news, false));
  feeds.set(account, feed);
  return feed.history;
}

/** The account was removed. */
export function endFeed(account: string): void {
  feeds.get(account)?.end();
  feeds.delete(account);
}
