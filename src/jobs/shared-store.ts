import { Failing } from "./failing";
import { allBelow, plain, SharedEvents } from "./shared-events";
import {
  type JobStore,
  type Kept,
  type KeptEvent,
  MAX_RESULTS,
  readItem,
  type Usage,
  type WorkItem,
} from "./work-item";

/** A store of values by name that other Node-REDs may see, too. Values are JSON. */
export interface KeyValues {
  get(name: string): Promise<unknown>;
  set(name: string, value: unknown): Promise<void>;
  remove(name: string): Promise<void>;
  names(): Promise<string[]>;
}

export interface SharedStoreOptions {
  values: KeyValues;
  /** Begins the names of this account. Letters, digits and underscores. */
  prefix: string;
  /** Who we are: the same after a restart, another on each machine. */
  owner: string;
  /** Writing failed, or works again after it did. */
  onFailure(error: unknown): void;
  /** Milliseconds between two signs of life. */
  beat?: number;
}

type Held = WorkItem & { owner: string };

/** A job that is known for a key, since `at` (`Date.now()`). */
interface Known {
  key: string;
  id: string;
  at: number;
}

/** So many new results are kept before it is looked whether there are too many. */
const LOOK_EACH = 100;
/** Signs of life that may be missed before another takes over. */
const MISSED = 4;

/**
 * Keeps work where several Node-REDs may share it. Each gives signs of life; the work of one that gives none any more is
 * taken over by another: it writes its name on an entry, waits, and goes on only if its name still stands there, since
 * such stores know no locks.
 */
export class SharedStore implements JobStore {
  readonly #options: SharedStoreOptions;
  readonly #beat: number;
  readonly #ours = new Set<string>();
  readonly #events: SharedEvents;
  /** When, by our own clock, another's sign of life last changed. */
  readonly #signs = new Map<string, { value: unknown; changed: number }>();
  #timer: NodeJS.Timeout | undefined;
  #scanning: Promise<void> = Promise.resolve();
  #closed = false;
  readonly #failing = new Failing();
  #results = 0;
  #adopt: (item: WorkItem) => void = () => {};

  constructor(options: SharedStoreOptions) {
    this.#options = options;
    this.#beat = options.beat ?? 5000;
    this.#events = new SharedEvents(options);
  }

  /** Who is given the work that is taken over. */
  onAdopted(adopt: (item: WorkItem) => void): void {
    this.#adopt = adopt;
  }

  /** Who is given the events that are taken over. */
  onAdoptedEvent(adopt: (event: KeptEvent) => void): void {
    this.#events.onAdopted(adopt);
  }

  async load(): Promise<Kept> {
    const entries: WorkItem[] = [];
    await this.#safely(async () => {
      for (const held of await this.#held()) {
        if (held.owner !== this.#options.owner) continue;
        this.#ours.add(held.key);
        entries.push(withoutOwner(held));
      }
      await this.#sign();
    });
    const usage = await this.#safely(() => this.#options.values.get(this.#name("usage")));
    this.#timer = setInterval(() => {
      this.#scanning = this.#scanning.then(() => this.#round());
    }, this.#beat);
    this.#timer.unref();
    entries.sort((a, b) => a.began - b.began);
    const { events = [], told = [] } = (await this.#safely(() => this.#events.load())) ?? {};
    const known = (usage as Usage | null | undefined) ?? undefined;
    return { entries, usage: known, events, told };
  }

  async put(item: WorkItem): Promise<void> {
    this.#ours.add(item.key);
    await this.#safely(() => {
      const held: Held = { ...structuredClone(item), owner: this.#options.owner };
      return this.#options.values.set(this.#name(`job_${plain(item.key)}`), held);
    });
  }

  /** Such stores know whole values alone. */
  async update(item: WorkItem): Promise<void> {
    await this.put(item);
  }

  async remove(key: string): Promise<void> {
    this.#ours.delete(key);
    await this.#safely(() => this.#options.values.remove(this.#name(`job_${plain(key)}`)));
  }

  async putUsage(usage: Usage): Promise<void> {
    await this.#safely(() => this.#options.values.set(this.#name("usage"), usage));
  }

  async putEvent(event: KeptEvent): Promise<void> {
    await this.#safely(() => this.#events.put(event));
  }

  /** Where the store fails it is told: twice is better than never. */
  async claimEvent(key: string): Promise<boolean> {
    return (await this.#safely(() => this.#events.claim(key))) ?? true;
  }

  async tellEvent(key: string): Promise<void> {
    await this.#safely(() => this.#events.tell(key));
  }

  async result(key: string): Promise<string | undefined> {
    const known = await this.#safely(() => this.#options.values.get(this.#name(`result_${plain(key)}`)));
    return (known as Known | null | undefined)?.id;
  }

  async putResult(key: string, id: string | undefined): Promise<void> {
    const { values } = this.#options;
    const name = this.#name(`result_${plain(key)}`);
    await this.#safely(async () => {
      if (id === undefined) return values.remove(name);
      await values.set(name, { key, id, at: Date.now() } satisfies Known);
      if (this.#results++ % LOOK_EACH === 0) await this.#dropOldResults();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    await this.#scanning;
  }

  async #round(): Promise<void> {
    if (this.#closed) return;
    await this.#safely(async () => {
      await this.#sign();
      const now = Date.now();
      const others = (await this.#held()).filter(
        ({ owner, key }) => owner !== this.#options.owner && !this.#ours.has(key),
      );
      const events = await this.#events.ofOthers();
      for (const owner of new Set([...others, ...events].map((held) => held.owner))) {
        const value = await this.#options.values.get(this.#name(`alive_${plain(owner)}`));
        const sign = this.#signs.get(owner);
        if (!sign || sign.value !== value) {
          this.#signs.set(owner, { value, changed: now });
        } else if (now - sign.changed > MISSED * this.#beat) {
          await this.#takeOver(others.filter((held) => held.owner === owner));
          await this.#events.takeOver(events.filter((held) => held.owner === owner));
        }
      }
    });
  }

  async #takeOver(entries: Held[]): Promise<void> {
    const { owner, values } = this.#options;
    for (const held of entries) await values.set(this.#name(`job_${plain(held.key)}`), { ...held, owner });
    await new Promise((resolve) => setTimeout(resolve, this.#beat * (0.5 + Math.random())));
    for (const held of entries) {
      const now = (await values.get(this.#name(`job_${plain(held.key)}`))) as Held | null | undefined;
      if (this.#closed || now?.owner !== owner || this.#ours.has(held.key)) continue;
      this.#ours.add(held.key);
      this.#adopt(withoutOwner((readItem(now) as Held | undefined) ?? held));
    }
  }

  async #held(): Promise<Held[]> {
    const held = await allBelow<Held>(this.#options.values, this.#name("job_"));
    return held.map((item) => readItem(item) as Held | undefined).filter((item) => item !== undefined);
  }

  async #dropOldResults(): Promise<void> {
    const begin = this.#name("result_");
    const known = await allBelow<Known>(this.#options.values, begin);
    const old = known.sort((a, b) => b.at - a.at).slice(MAX_RESULTS);
    for (const { key } of old) await this.#options.values.remove(begin + plain(key));
  }

  #sign(): Promise<void> {
    return this.#options.values.set(this.#name(`alive_${plain(this.#options.owner)}`), Date.now());
  }

  #name(part: string): string {
    return `${this.#options.prefix}_${part}`;
  }

  /** Work goes on without being kept; that is told. */
  async #safely<T>(use: () => Promise<T>): Promise<T | undefined> {
    try {
      const result = await use();
      this.#failing.worked();
      return result;
    } catch (error) {
      this.#failing.failed(() => this.#options.onFailure(error));
      return undefined;
    }
  }
}

function withoutOwner({ owner: _, ...item }: Held): WorkItem {
  return item;
}
