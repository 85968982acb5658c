import type { Node, NodeAPI } from "node-red";
import { GladiaError } from "../../src/errors";
import type { Account } from "../../src/jobs/account";
import type { JobRecord } from "../../src/jobs/history";
import { jsonPart, type NewWork, type WorkItem } from "../../src/jobs/work-item";
import { type AccountNode, accountFor, accountNode } from "../account/account";
import { historyOf } from "../admin/job-feed";
import { translate } from "../shared/texts";
import { listed, MAX_NAMES } from "./copy";
import { deploysOf } from "./deploys";
import { type Message, type Out, setFields } from "./message";
import { type Keeper, messageTurns, type Running } from "./messages";
import type { Ending } from "./resume";
import type { StatusLine } from "./status";

/** What is known of the work when it begins to be kept. */
type WorkSoFar = Pick<NewWork, "audio" | "options" | "untouched"> | { state: "created"; id: string };

/** What a handler gets beside its message. */
export interface Context {
  account: Account;
  /** The work as an earlier run left it. */
  resumed: WorkItem | undefined;
  /** Sends while the work goes on, for progress; what cannot be sent now is left out. */
  progress(message: Message): void;
  /** Aborts when the message is cancelled or the node closes. */
  signal: AbortSignal;
  status: StatusLine;
  /** Keeps the work on this message over a redeploy and a restart. */
  persist(work: WorkSoFar): Promise<WorkItem>;
  /** The message does not wait for its job; the job stays kept until it is final, for its slot. */
  release(): void;
  /** Names the job that this message waits for, so that `msg.control` can cancel it by id. */
  waitsFor(id: string): void;
  /** Tells who watches the account's jobs how far this one is. */
  report(change: Partial<JobRecord>): void;
}

/** Does the work on a message and gives what goes out. */
export type Handler = (msg: Message, context: Context) => Promise<Out>;

/** What is kept of a message on its way. */
interface Kept {
  /** Its message, which is not in the item any more once it was dropped. */
  message: WorkItem["message"];
  isDropped: boolean;
  isReleased: boolean;
  config: AccountNode | undefined;
  account: Account | undefined;
  /** Counts the message out of those that use the account. */
  leave(): void;
}

/** Work on messages that goes through an account and outlives the process. */
export class Durable implements Keeper {
  readonly #RED: NodeAPI;
  readonly #node: Node;
  readonly #id: string | undefined;
  readonly #kept = new Map<Running, Kept>();
  /** Fields of which was told once that they are not kept: those with bytes, and those with functions and the like. */
  readonly #said = { "store-binary": new Set<string>(), "store-fields": new Set<string>() };
  /** As they were last used: a node that closes may not find them any more. */
  #config: AccountNode | undefined;
  #account: Account | undefined;

  /** @param id the account's */
  constructor(RED: NodeAPI, node: Node, id: string | undefined) {
    this.#RED = RED;
    this.#node = node;
    this.#id = id;
  }

  /** Does the work on a message. @throws what the handler throws */
  async run(running: Running, handle: Handler): Promise<Out> {
    const kept = this.#of(running);
    const { abort, status, msg } = running;
    const account = kept.account as Account;
    const out = await handle(msg, {
      account,
      resumed: running.item?.untouched ? undefined : running.item,
      progress: (message) => this.#progress(running, message),
      signal: abort.signal,
      status,
      persist: (more) => this.#persist(running, running.item?.untouched ? { ...more, untouched: false } : more),
      release: () => {
        kept.isReleased = true;
      },
      waitsFor: (id) => {
        running.job = id;
      },
      report: (change) => {
        if (running.item) account.report(running.item, change, abort);
      },
    });
    if (msg.gladia?.job) setFields(msg, { billed_today: account.billed.used });
    return out;
  }

  async open(running: Running): Promise<void> {
    const kept: Kept = {
      message: running.item?.message,
      isDropped: false,
      isReleased: false,
      config: undefined,
      account: undefined,
      leave: () => {},
    };
    this.#kept.set(running, kept);
    const { signal } = running.abort;
    if (!signal.aborted) this.#config = accountNode(this.#RED, this.#id);
    if (!this.#config) return;
    kept.config = this.#config;
    kept.leave = kept.config.enter();
    if (kept.config.heldBy) running.status.stage("waiting");
    if (!signal.aborted)
      this.#account = await Promise.race([
        accountFor(this.#RED, kept.config, this.#node, running.msg),
        aborted(signal),
      ]);
    kept.account = this.#account;
    if (!kept.account) return;
    // An account that was opened anew has an object of its own for it.
    const known = running.item && kept.account.find(running.item.key);
    if (known) running.item = known;
  }

  async drop(running: Running): Promise<void> {
    const kept = this.#of(running);
    const { account, isReleased } = kept;
    const { item } = running;
    if (!item || !account) return;
    kept.message = item.message ?? kept.message;
    kept.isDropped = true;
    await account.finish(item, isReleased);
  }

  async hold(running: Running): Promise<void> {
    const kept = this.#of(running);
    // It may still be opening as the node closes; one that cannot be used says so to the messages that come.
    kept.account ??= await kept.config?.account().catch(() => undefined);
    const { account, isDropped, message } = kept;
    if (!account) return;
    if (!running.item) await this.#persist(running, { untouched: true });
    else if (isDropped) await account.restore(Object.assign(running.item, { message }));
    kept.isDropped = false;
  }

  close(running: Running, ending: Ending | undefined): void {
    const { config, leave } = this.#of(running);
    const { item } = running;
    this.#kept.delete(running);
    leave();
    if (!item || !config) return;
    const history = historyOf(this.#RED, config.id);
    history.suspend(item.key);
    if (ending && "out" in ending) history.leave(item.key, running.msg.gladia?.job);
    if (ending && "error" in ending) {
      const { error } = ending;
      history.fail(item.key, error instanceof GladiaError && error.code === "GLADIA_CANCELLED", error.message);
    }
  }

  async abandon(item: WorkItem): Promise<void> {
    const config = this.#id ? (this.#RED.nodes.getNode(this.#id) as AccountNode | null) : null;
    if (typeof config?.account !== "function") return; // removed, too, and what it kept with it
    const leave = config.enter();
    try {
      await (await config.account()).finish(item);
    } finally {
      leave();
    }
  }

  /** Once the flows run, takes up what the account kept for the node when Node-RED ended. */
  resume(resume: (msg: Message, item: WorkItem) => void): void {
    let leave: (() => void) | undefined;
    const deploys = deploysOf(this.#RED);
    deploys.whenRunning(this.#node, (live) => {
      if (live !== this.#node) return;
      const config = this.#id ? (this.#RED.nodes.getNode(this.#id) as AccountNode | null) : null;
      if (typeof config?.account === "function") this.#config = config;
      leave = config?.claim?.(live.id, (item) => {
        resume({ ...item.message } as unknown as Message, item);
      });
    });
    this.#node.on("close", () => leave?.());
  }

  #of(running: Running): Kept {
    return this.#kept.get(running) as Kept;
  }

  async #persist(running: Running, more: WorkSoFar): Promise<WorkItem> {
    await messageTurns.next();
    const account = this.#of(running).account as Account;
    const { part, left, binary, silent } = jsonPart(running.msg);
    if (left.length > 0) this.#node.warn(translate(this.#RED, "store-fields", { names: listed(left) }));
    this.#tellOnce("store-fields", silent);
    this.#tellOnce(
      "store-binary",
      binary.filter((name) => name !== "payload"),
    );
    if (running.item) await account.restore(Object.assign(running.item, { message: part, ...more }) as WorkItem);
    else running.item = await account.begin({ node: this.#node.id, message: part, ...more });
    return running.item;
  }

  /** Tells of fields that are not kept once each, since a flow may set them on each message. */
  #tellOnce(key: "store-fields" | "store-binary", names: string[]): void {
    const said = this.#said[key];
    const unsaid = names.filter((name) => !said.has(name)).slice(0, MAX_NAMES);
    for (const name of unsaid) said.add(name);
    if (unsaid.length > 0 && said.size < 100) this.#node.warn(translate(this.#RED, key, { names: listed(unsaid) }));
  }

  #progress({ send, abort }: Running, message: Message): void {
    if (abort.signal.aborted || !deploysOf(this.#RED).isOpen(this.#node)) return;
    try {
      send([null, message]);
    } catch (error) {
      this.#node.error(error); // the work itself goes on
    }
  }
}

/** Rejects when the signal aborts: an account may take its time to open. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
}
