import type { GladiaError } from "../../src/errors";
import type { Account } from "../../src/jobs/account";
import type { JobRecord } from "../../src/jobs/history";
import type { LiveState } from "../../src/live/session";

/** Characters of what was said that name a session. */
const MAX_TEXT = 120;

type Start = Pick<JobRecord, "key" | "node" | "began">;

interface About {
  account: Account;
  /** The node's id. */
  node: string;
  newKey(): string;
  /** Somebody cancels the session in the sidebar. */
  cancel(): void;
}

/** What the sidebar is told of a session while it goes. One that goes on in another at Gladia has a row for each. */
export class SessionRow {
  readonly #about: About;
  readonly #abort = new AbortController();
  readonly #ids = new Set<string>();
  #start: Start;
  #id: string | undefined;
  #text = "";
  #state: JobRecord["state"] = "waiting";
  /** Seconds of audio: of all rows, and of those before this one. */
  #seconds = 0;
  #before = 0;
  #isOver = false;

  constructor(about: About) {
    this.#about = about;
    this.#abort.signal.addEventListener("abort", () => about.cancel());
    this.#start = this.#begin();
    this.#tell();
  }

  /** @param seconds of audio that were sent by now */
  set(state: LiveState, seconds: number): void {
    this.#state = state === "recording" || state === "stopping" ? "processing" : "waiting";
    this.#seconds = seconds;
    this.#tell();
  }

  /** Its session at Gladia has this id. */
  named(id: string): void {
    if (this.#ids.has(id) || this.#isOver) return;
    this.#ids.add(id);
    if (this.#id !== undefined) {
      this.#about.account.history.end(this.#start.key);
      this.#before = this.#seconds;
      this.#text = "";
      this.#start = this.#begin();
    }
    this.#id = id;
    this.#tell();
  }

  /** Something was said in the session with this id, and is final. */
  heard(text: string, id: string): void {
    this.named(id);
    if (id !== this.#id || this.#text.length >= MAX_TEXT) return;
    this.#text = `${this.#text} ${text.trim()}`.trim().slice(0, MAX_TEXT);
    this.#tell();
  }

  /** @param seconds of audio that were sent in all */
  ended(seconds: number, isCancelled: boolean, error: GladiaError | undefined, message: string): void {
    this.#seconds = seconds;
    this.#tell();
    this.#isOver = true;
    const { history } = this.#about.account;
    if (error || isCancelled) history.fail(this.#start.key, isCancelled, message);
    else history.end(this.#start.key);
  }

  #begin(): Start {
    return { key: this.#about.newKey(), node: this.#about.node, began: Date.now() };
  }

  #tell(): void {
    if (this.#isOver) return;
    const duration = Math.floor((this.#seconds - this.#before) * 10) / 10;
    const change = {
      ...({ kind: "live", state: this.#state, duration } as const),
      ...(this.#id === undefined ? {} : { id: this.#id }),
      ...(this.#text ? { text: this.#text } : {}),
    };
    const { history, customer } = this.#about.account;
    history.note({ ...this.#start, customer, filename: undefined }, change, this.#abort);
  }
}
