import type { NodeAPI } from "node-red";
import type { GladiaClient } from "../../src/client";
import { GladiaError } from "../../src/errors";
import type { Entry } from "../../src/jobs/entry";
import { History, type JobNews, type JobRecord } from "../../src/jobs/history";
import { isObject } from "../../src/options/merge";

/** Gap between two messages to the editor, in milliseconds. */
const GAP = 250;

/** Jobs that one look back reads from Gladia's list, and how often it goes on when all of them are known. */
const PAGE = 20;
const PAGES = 5;

/** The jobs of one account as people watch them: kept over redeploys, told to the editor, cancelled from there. */
export class JobWatch {
  readonly history = new History((key) => this.#changed(key));
  readonly #publish: (news: JobNews) => void;
  /** By the key of the work that is cancelled, which is not always the key of its record. */
  readonly #cancels = new Map<string, AbortController>();
  readonly #pending = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  /** How far the account's list at Gladia was looked through. */
  #earlier = 0;
  #looking: Promise<boolean> | undefined;

  constructor(publish: (news: JobNews) => void) {
    this.#publish = publish;
  }

  /** Work on a message, or on a trial, goes on. */
  note(
    { key, node, began, audio, filename, message }: Entry,
    change: Partial<JobRecord>,
    abort: AbortController,
  ): void {
    this.#cancels.set(key, abort);
    this.history.note({ key, node, began, filename: filename ?? nameOf(audio, message) }, change);
  }

  /** The work on a message is over, or goes on after a redeploy. */
  release(key: string): void {
    this.#cancels.delete(key);
  }

  /**
   * Adds the next jobs of the account's list at Gladia that are not here yet; one look at a time, however many ask.
   * Gives whether there are still more.
   */
  lookBack(client: GladiaClient): Promise<boolean> {
    this.#looking ??= this.#lookBack(client).finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /** Ends the wait of all who wait for a record's job. Gives whether there was somebody. */
  cancel(key: string): boolean {
    const waiting = this.history.holders(key).flatMap((holder) => this.#cancels.get(holder) ?? []);
    for (const abort of waiting) abort.abort(new GladiaError("GLADIA_CANCELLED", "cancelled"));
    return waiting.length > 0;
  }

  /** The account is removed: nothing more comes. */
  end(): void {
    clearTimeout(this.#timer);
    this.#publish({ jobs: [], gone: [], removed: true });
  }

  async #lookBack(client: GladiaClient): Promise<boolean> {
    const known = this.history.list().length;
    let pages = 0;
    for await (const { items, next } of client.pages({ offset: this.#earlier, limit: PAGE })) {
      for (const job of items) this.history.add(job);
      this.#earlier += items.length;
      if (++pages === PAGES || this.history.list().length > known) return Boolean(next);
    }
    return false;
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

/**
 * What people call the audio: its file name as the message has it, as it was uploaded, or from its path or address. An
 * upload's own address ends with an id, which is nobody's name.
 */
function nameOf(audio: string | undefined, message: Entry["message"]): string | undefined {
  const told = message?.["filename"];
  if (typeof told === "string" && told) return lastPart(told);
  const fields = message?.["gladia"];
  const { audio_url, audio_metadata } = isObject(fields) ? fields : {};
  const uploaded = isObject(audio_metadata) ? audio_metadata["filename"] : undefined;
  if (typeof uploaded === "string" && uploaded && (audio === undefined || audio === audio_url)) {
    return lastPart(uploaded);
  }
  if (audio === undefined || audio.startsWith("data:")) return undefined;
  if (!/^https?:/i.test(audio)) return lastPart(audio);
  const name = lastPart(audio.split(/[?#]/)[0] ?? "");
  return name && UUID.test(name) ? undefined : name;
}

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

const lastPart = (path: string) => path.split(/[\\/]/).filter(Boolean).pop()?.slice(0, 200);
