import type { Account } from "./account";

/** Customers that are held, beyond those that have work under way or had some lately. */
const MAX_IDLE = 200;
const LATELY_MS = 3_600_000;

/** The accounts of other keys than an account's own, one for each key that messages bring. */
export class Customers {
  /** Those that were used last come last. Times in milliseconds of `performance.now()`. */
  readonly #held = new Map<string, { account: Account; used: number }>();
  readonly #open: (apiKey: string) => Account;

  constructor(open: (apiKey: string) => Account) {
    this.#open = open;
  }

  /** @throws GladiaError GLADIA_CONFIG for what is no key */
  of(customer: string, apiKey: string): Account {
    const now = performance.now();
    const account = this.get(customer) ?? this.#open(apiKey);
    this.#held.delete(customer);
    this.#held.set(customer, { account, used: now });
    for (const [old, held] of this.#held) {
      if (this.#held.size <= MAX_IDLE || held.used > now - LATELY_MS) break;
      if (held.account.isIdle) this.#held.delete(old);
    }
    return account;
  }

  get(customer: string): Account | undefined {
    return this.#held.get(customer)?.account;
  }

  all(): Account[] {
    return [...this.#held.values()].map(({ account }) => account);
  }
}
