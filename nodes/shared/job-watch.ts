import type { NodeAPI } from "node-red";
import type { GladiaClient } from "../../src/client";
import { GladiaError } from "../../src/errors";
import type { Entry } from "../../src/jobs/entry";
import { History, type JobRecord } from "../../src/jobs/history";

/** Gap between two messages to the editor, in milliseconds. */
const GAP = 250;

/** Jobs that one look back reads from Gladia's list, and how often it goes on when all of them are known. */
const PAGE = 20;
const PAGES = 5;

/** What the editor is told; `gone` are keys. */
export interface JobNews {
  jobs: JobRecord[];
  gone: string[];
  /** Seconds billed today. */
  used: number | undefined;
  /** The account was removed. */
  removed?: true;
}

/** The jobs of one account as people watch them: kept over redeploys, told to the editor, cancelled from there. */
export class JobWatch {
  readonly history = new History((key) => this.#changed(key));
  /** Seconds billed today, as far as this run knows. */
  used: number | undefined;
  readonly #publish: (news: JobNews) => void;
  readonly #cancels = new Map<string, AbortController>();
  readonly #pending = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  /** How far the account's list at Gladia was looked through. */
  #earlier = 0;

  constructor(publish: (news: JobNews) => void) {
    this.#publish = publish;
  }

  /** Work on a message goes on. */
  note({ key, node, began, audio, message }: Entry, change: Partial<JobRecord>, abort: AbortController): void {
    this.#cancels.set(key, abort);
    this.history.note({ key, node, began, filename: nameOf(audio, message) }, change);
  }

  /** The work on a message is over, or goes on after a redeploy. */
  release(key: string): void {
    this.#cancels.delete(key);
  }

  /** Adds the next jobs of the account's list at Gladia that are not here yet. Gives whether there are still more. */
  async lookBack(client: GladiaClient): Promise<boolean> {
    const known = this.history.list().length;
    for (let page = 0; page < PAGES; page++) {
      const { items, next } = await client.list({ offset: this.#earlier, limit: PAGE });
      for (const job of items) this.history.add(job);
      this.#earlier += items.length;
      if (!next || items.length === 0) return false;
      if (this.history.list().length > known) break;
    }
    return true;
  }

  /** Ends the wait of a job's message. Gives whether there was one. */
  cancel(key: string): boolean {
    const abort = this.#cancels.get(key);
    abort?.abort(new GladiaError("GLADIA_CANCELLED", "cancelled"));
    return abort !== undefined;
  }

  /** The account is removed: nothing more comes. */
  end(): void {
    clearTimeout(this.#timer);
    this.#publish({ jobs: [], gone: [], used: this.used, removed: true });
  }

  #changed(key: string): void {
    this.#pending.add(key);
    if (this.#timer) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const keys = [...this.#pending];
      this.#pending.clear();
      const jobs = keys.flatMap((changed) => this.history.get(changed) ?? []);
      this.#publish({ jobs, gone: keys.filter((changed) => !this.history.get(changed)), used: this.used });
    }, GAP);
    this.#timer.unref();
  }
}

/** By the account's id: a redeploy makes a new node, and its jobs are still the same. */
const watches = new Map<string, JobWatch>();

export function watchOf(RED: NodeAPI, account: string): JobWatch {
  const known = watches.get(account);
  if (known) return known;
  const comms = (RED as unknown as { comms: { publish(topic: string, data: object, retain: boolean): void } }).comms;
  const watch = new JobWatch((news) => comms.publish(`gladia/jobs/${account}`, news, false));
  watches.set(account, watch);
  return watch;
}

export function endWatch(account: string): void {
  watches.get(account)?.end();
  watches.delete(account);
}

/** What people call the audio: its file name, as the message has it or from its path or address. */
function nameOf(audio: string | undefined, message: Entry["message"]): string | undefined {
  const told = message?.["filename"];
  const path = typeof told === "string" && told ? told : audio?.startsWith("data:") ? "" : (audio ?? "");
  const [plain = ""] = /^https?:/i.test(path) ? path.split(/[?#]/) : [path];
  return plain.split(/[\\/]/).filter(Boolean).pop()?.slice(0, 200);
}
