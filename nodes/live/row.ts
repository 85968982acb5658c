import type { Account } from "../../src/jobs/account";
import type { JobRecord } from "../../src/jobs/history";
import type { LiveState } from "../../src/live/session";

/** Characters of what was said that name a session. */
const MAX_TEXT = 120;

interface About {
  account: Account;
  /** The node's id. */
  node: string;
  newKey(): string;
  /** Somebody cancels the session in the sidebar. */
  cancel(): void;
}

/** One session at Gladia, which has a row of its own. */
interface Part extends Pick<JobRecord, "key" | "node" | "began"> {
  id?: string;
  /** Which one it is, where there are several. */
  number?: number;
  text: string;
  state: JobRecord["state"];
  /** Seconds of audio, and those of all parts before it. */
  seconds: number;
  before: number;
}

/** What the sidebar is told of a session while it goes. One that goes on in another at Gladia has a row for each, which says so. */
export class SessionRow {
  readonly #about: About;
  readonly #abort = new AbortController();
  /** Those before the last one, by their ids, until they are over. */
  readonly #earlier = new Map<string, Part>();
  #last: Part;

  constructor(about: About) {
    this.#about = about;
    this.#abort.signal.addEventListener("abort", () => about.cancel());
    this.#last = this.#begin(0);
    this.#tell(this.#last);
  }

  /** @param seconds of audio that were sent by now */
  set(state: LiveState, seconds: number): void {
    this.#last.state = state === "recording" || state === "stopping" ? "processing" : "waiting";
    this.#last.seconds = Math.max(0, seconds - this.#last.before);
    this.#tell(this.#last);
  }

  /**
   * Its session at Gladia has this id, or goes on in the one with this id.
   * @param before seconds of audio that the ones before it have
   */
  named(id: string, before: number): void {
    const earlier = this.#last;
    if (earlier.id !== undefined) {
      earlier.number ??= 1;
      earlier.seconds = before - earlier.before;
      this.#earlier.set(earlier.id, earlier);
      this.#tell(earlier);
      this.#last = { ...this.#begin(before), number: earlier.number + 1 };
    }
    this.#last.id = id;
    this.#tell(this.#last);
  }

  /** Something was said in the session with this id, and is final. */
  heard(text: string, id: string): void {
    const part = id === this.#last.id ? this.#last : this.#earlier.get(id);
    if (!part || part.text.length >= MAX_TEXT) return;
    part.text = `${part.text} ${text.trim()}`.trim().slice(0, MAX_TEXT);
    this.#tell(part);
  }

  /** The session with this id is over; what is told of the last one comes with the end of all. */
  over(id: string, error: string | undefined): void {
    const part = this.#earlier.get(id);
    this.#earlier.delete(id);
    if (part) this.#close(part, false, error);
  }

  /** @param seconds of audio that were sent in all */
  ended(seconds: number, isCancelled: boolean, error: string | undefined): void {
    this.#last.seconds = Math.max(0, seconds - this.#last.before);
    this.#tell(this.#last);
    this.#close(this.#last, isCancelled, error);
  }

  #begin(before: number): Part {
    const { node, newKey } = this.#about;
    return { key: newKey(), node, began: Date.now(), text: "", state: "waiting", seconds: 0, before };
  }

  #close({ key }: Part, isCancelled: boolean, error: string | undefined): void {
    const { history } = this.#about.account;
    if (error !== undefined || isCancelled) history.fail(key, isCancelled, error ?? "");
    else history.end(key);
  }

  #tell({ key, node, began, id, number, text, state, seconds }: Part): void {
    const change = {
      ...({ kind: "live", state, duration: Math.floor(seconds * 10) / 10 } as const),
      ...(id === undefined ? {} : { id }),
      ...(number === undefined ? {} : { part: number }),
      ...(text ? { text } : {}),
    };
    const { history, customer } = this.#about.account;
    history.note({ key, node, began, customer, filename: undefined }, change, this.#abort);
  }
}
