import type { KeyValues, SharedStoreOptions } from "./shared-store";
import { type KeptEvent, MAX_TOLD } from "./work-item";

/** An event with the Node-RED that has to tell it. */
interface HeldEvent extends KeptEvent {
  owner: string;
}

/** Who tells, or has told, an event. */
interface Claim {
  key: string;
  owner: string;
  /** `Date.now()`. */
  at: number;
}

/** Milliseconds after which a claim that still stands is ours: longer than another's look and claim take. */
const CLAIMING = 200;

/**
 * Callbacks and webhooks of an account that several Node-REDs share: each keeps those that came to it, and one of them
 * tells each. Since such stores know no locks, whoever wants to tell one writes its claim, waits, and tells only if the
 * claim still stands.
 */
export class SharedEvents {
  readonly #values: KeyValues;
  readonly #prefix: string;
  readonly #owner: string;
  readonly #told = new Set<string>();
  #adopt: (event: KeptEvent) => void = () => {};

  constructor({ values, prefix, owner }: Pick<SharedStoreOptions, "values" | "prefix" | "owner">) {
    this.#values = values;
    this.#prefix = prefix;
    this.#owner = owner;
  }

  /** Who is given the events that are taken over. */
  onAdopted(adopt: (event: KeptEvent) => void): void {
    this.#adopt = adopt;
  }

  /** Our events that are not told yet, and the keys of all that were told. */
  async load(): Promise<{ events: KeptEvent[]; told: string[] }> {
    const held = await this.#held();
    const waiting = new Set(held.map(({ key }) => key));
    const claims = await allBelow<Claim>(this.#values, `${this.#prefix}_told_`);
    // A claim of an event that is still kept was not made use of.
    const told = claims.filter(({ key }) => !waiting.has(key)).sort((a, b) => a.at - b.at);
    for (const { key, owner } of told) if (owner === this.#owner) this.#told.add(key);
    const events = held.filter(({ owner }) => owner === this.#owner).map(withoutOwner);
    return { events, told: told.map(({ key }) => key) };
  }

  /** Events that others have to tell. */
  async ofOthers(): Promise<HeldEvent[]> {
    return (await this.#held()).filter(({ owner }) => owner !== this.#owner);
  }

  async put(event: KeptEvent): Promise<void> {
    const held: HeldEvent = { ...event, owner: this.#owner };
    await this.#values.set(this.#eventName(held), held);
  }

  /** Whether we are to tell an event. */
  async claim(key: string): Promise<boolean> {
    const claim = await this.#claimOf(key);
    if (claim) return claim.owner === this.#owner;
    await this.#writeClaim(key);
    await new Promise((resolve) => setTimeout(resolve, CLAIMING));
    return (await this.#claimOf(key))?.owner === this.#owner;
  }

  /** An event was told, here or elsewhere. */
  async tell(key: string): Promise<void> {
    if (!(await this.#claimOf(key))) await this.#writeClaim(key);
    await this.#values.remove(this.#eventName({ key, owner: this.#owner }));
    this.#told.add(key);
    if (this.#told.size <= MAX_TOLD) return;
    const oldest = this.#told.values().next().value as string;
    this.#told.delete(oldest);
    await this.#values.remove(this.#claimName(oldest));
  }

  /** Goes on with the events of one that ended. Where several do so, the claim decides who tells. */
  async takeOver(events: HeldEvent[]): Promise<void> {
    for (const held of events) {
      const event = withoutOwner(held);
      // Its claim was not made use of, since the event is still there.
      if ((await this.#claimOf(held.key))?.owner === held.owner) await this.#values.remove(this.#claimName(held.key));
      await this.put(event);
      await this.#values.remove(this.#eventName(held));
      this.#adopt(event);
    }
  }

  #held(): Promise<HeldEvent[]> {
    return allBelow<HeldEvent>(this.#values, `${this.#prefix}_event_`);
  }

  async #claimOf(key: string): Promise<Claim | undefined> {
    return ((await this.#values.get(this.#claimName(key))) as Claim | null | undefined) ?? undefined;
  }

  async #writeClaim(key: string): Promise<void> {
    const claim: Claim = { key, owner: this.#owner, at: Date.now() };
    await this.#values.set(this.#claimName(key), claim);
  }

  #claimName(key: string): string {
    return `${this.#prefix}_told_${plain(key)}`;
  }

  #eventName({ key, owner }: { key: string; owner: string }): string {
    return `${this.#prefix}_event_${plain(owner)}_${plain(key)}`;
  }
}

/** All values whose names begin so. */
export async function allBelow<T extends { key: string }>(values: KeyValues, begin: string): Promise<T[]> {
  const names = (await values.names()).filter((name) => name.startsWith(begin));
  const found = await Promise.all(names.map((name) => values.get(name)));
  return found.filter((value): value is T => typeof (value as T | null | undefined)?.key === "string");
}

/** Names in a context store are property paths: other characters would part them. */
export function plain(text: string): string {
  return text.replace(/\W/g, "_");
}

function withoutOwner({ owner: _, ...event }: HeldEvent): KeptEvent {
  return event as KeptEvent;
}
