import { type KeptEvent, MAX_TOLD, type Patch, readItem, type Usage, type WorkItem } from "../entry";

/** One line of the journal. Earlier versions wrote `put` for each step. */
export type Line =
  | { put: WorkItem }
  | ({ patch: { key: string } & Patch["set"] } & { unset?: Patch["unset"]; fields?: Patch["fields"] })
  | { remove: string }
  | { usage: Usage }
  | { event: KeptEvent }
  | { told: string };

/** When a line has to be on the disk: before its writer goes on, soon, or when the system likes to. */
export type Urgency = "now" | "soon" | "whenever";

export interface Waiting {
  /** A line, or what makes it when its turn comes: the messages of a thousand items are not held as text, too. */
  line: string | (() => string);
  urgency: Urgency;
  written: () => void;
}

/** What the lines of a journal come to. */
export class Records {
  readonly #items = new Map<string, { item: WorkItem; bytes: number }>();
  readonly #events = new Map<string, { event: KeptEvent; bytes: number }>();
  readonly #told = new Set<string>();
  #usage: Usage | undefined;
  /** About as many bytes as the lines would have, were there one for each record. */
  bytes = 0;

  get items(): WorkItem[] {
    return [...this.#items.values()].map(({ item }) => item);
  }

  get usage(): Usage | undefined {
    return this.#usage;
  }

  get events(): KeptEvent[] {
    return [...this.#events.values()].map(({ event }) => event);
  }

  get told(): string[] {
    return [...this.#told];
  }

  has(key: string): boolean {
    return this.#items.has(key);
  }

  /** @param bytes length of the line */
  put(item: WorkItem, bytes: number): void {
    this.bytes += bytes - (this.#items.get(item.key)?.bytes ?? 0);
    this.#items.set(item.key, { item, bytes });
  }

  /** An item has changed; gives whether it is known. */
  changed(item: WorkItem, bytes: number): boolean {
    const known = this.#items.get(item.key);
    if (!known) return false;
    known.item = item;
    known.bytes += bytes;
    this.bytes += bytes;
    return true;
  }

  remove(key: string): void {
    this.bytes -= this.#items.get(key)?.bytes ?? 0;
    this.#items.delete(key);
  }

  putUsage(usage: Usage): void {
    this.#usage = usage;
  }

  putEvent(event: KeptEvent, bytes: number): void {
    this.bytes += bytes - (this.#events.get(event.key)?.bytes ?? 0);
    this.#events.set(event.key, { event, bytes });
  }

  tell(key: string): void {
    this.bytes -= this.#events.get(key)?.bytes ?? 0;
    this.#events.delete(key);
    this.#told.delete(key);
    this.#told.add(key);
    if (this.#told.size > MAX_TOLD) this.#told.delete(this.#told.values().next().value as string);
  }

  /** Takes in a line as it was read. Gives whether it is one of ours. */
  apply(text: string): boolean {
    let line: Record<string, unknown>;
    try {
      line = JSON.parse(text) as Record<string, unknown>;
    } catch {
      return false; // the caller sets the file aside and tells
    }
    if (typeof line !== "object" || line === null) return false;
    const { put, patch, remove, usage, event, told } = line as Partial<Record<string, Partial<KeptEvent>>>;
    const item = readItem(put);
    if (item) this.put(item, text.length);
    else if (typeof patch?.key === "string") return this.#patch(patch.key, line, text.length);
    else if (typeof remove === "string") this.remove(remove);
    else if (typeof usage?.["seconds"] === "number") this.#usage = usage as unknown as Usage;
    else if (typeof event?.key === "string") this.putEvent(event as KeptEvent, text.length);
    else if (typeof told === "string") this.tell(told);
    else return false;
    return true;
  }

  /** One by one, as they are asked for: what is added or changed meanwhile is among them. */
  *lines(): Generator<Line> {
    for (const { item } of this.#items.values()) yield { put: item };
    if (this.#usage) yield { usage: this.#usage };
    for (const { event } of this.#events.values()) yield { event };
    for (const told of this.#told) yield { told };
  }

  #patch(key: string, { patch, unset, fields }: Record<string, unknown>, bytes: number): boolean {
    const known = this.#items.get(key);
    if (!known) return true; // it has ended by now
    const item: Record<string, unknown> = { ...known.item, ...(patch as object) };
    if (fields) item["message"] = { ...known.item.message, ...(fields as object) };
    for (const name of Array.isArray(unset) ? unset : []) delete item[String(name)];
    const whole = readItem(item);
    return whole !== undefined && this.changed(whole, bytes);
  }
}
