import type { Node, NodeAPI } from "node-red";
import { GladiaError } from "../../src/errors";
import { type Entry, jsonPart } from "../../src/jobs/entry";
import type { JobRecord } from "../../src/jobs/history";
import { type Account, accountNode } from "./account";
import { watchOf } from "./job-watch";
import { gather, type Message } from "./message";
import { endResumption, park, type Resumption, resumptionOf, takeUpAgain } from "./parked";
import { StatusLine } from "./status";
import { translate, translateError } from "./texts";

/** What a handler gets beside its message. */
export interface Context {
  account: Account;
  /** The work as an earlier run left it. */
  resumed: Entry | undefined;
  /** Sends while the work goes on, for progress. */
  progress(message: Message): void;
  /** Aborts when the message is cancelled or the node closes. */
  signal: AbortSignal;
  status: StatusLine;
  /** Keeps the work on this message over a redeploy and a restart. */
  keep(work: Partial<Entry>): Promise<Entry>;
  /** The message goes on now; its work stays kept until the job is final, for the job's slot. */
  release(): Promise<void>;
  /** Names the job that this message waits for, so that `msg.control` can cancel it by id. */
  waitsFor(id: string): void;
  /** Tells who watches the account's jobs how far this one is. */
  seen(change: Partial<JobRecord>): void;
}

/** Does the work on a message and gives what goes out. */
export type Handler = (msg: Message, context: Context) => Promise<Message | (Message | null)[]>;

/** A message that Node-RED handed to a node, with the two functions that end it. */
export interface Incoming {
  msg: Message;
  send: (msg: Message | (Message | null)[]) => void;
  done: (error?: Error) => void;
}

/** A message on its way through a node. */
interface Running {
  message: string;
  job: string | undefined;
  entry: Entry | undefined;
  abort: AbortController;
  ended: Promise<void>;
}

export interface InputOptions {
  /** The account's id. */
  config: string | undefined;
  handle: Handler;
  /** Whether a message that has no kept work can be handled anew after a redeploy. */
  repeatable?: (msg: Message) => boolean;
  /** May take a message for itself (it gives true) and run a handler of its own. */
  sift?: (incoming: Incoming, run: (incoming: Incoming, handle: Handler) => void) => boolean;
}

/**
 * Handles each message apart: it ends with exactly one `done`, a failure goes to Catch nodes as a translated
 * `GladiaError` that also stands in `msg.gladia.error`, and `msg.control` cancels. Closing the node aborts everything;
 * when the node comes back, its messages are taken up where they were.
 */
export function onInput(RED: NodeAPI, node: Node, options: InputOptions): void {
  const running = new Set<Running>();
  const status = new StatusLine(RED, node);
  let closing: "redeployed" | "removed" | undefined;

  const run = ({ msg, send, done }: Incoming, handle: Handler) => {
    const abort = new AbortController();
    const entry: Running = { message: msg._msgid, job: undefined, entry: undefined, abort, ended: Promise.resolve() };
    running.add(entry);
    status.begin();
    entry.ended = work(entry, msg, send, handle)
      .then(
        () => {
          status.done();
          done();
        },
        (reason: unknown) => {
          const error = asGladiaError(RED, reason);
          if (closing === "redeployed") {
            const resumption: Resumption = entry.entry ? { entry: entry.entry } : {};
            park(node, msg, entry.entry || options.repeatable?.(msg) !== false ? resumption : { lost: true });
            return;
          }
          status.failed(error instanceof GladiaError ? error.code : "error");
          putError(msg, error);
          done(error);
        },
      )
      .finally(() => running.delete(entry));
  };

  const work = async (entry: Running, msg: Message, send: Incoming["send"], handle: Handler) => {
    const resumption = resumptionOf(msg);
    endResumption(msg);
    if (resumption?.lost) {
      throw new GladiaError("GLADIA_AUDIO", "audio-gone");
    }
    const config = accountNode(RED, options.config);
    const watch = watchOf(RED, config.id);
    const leave = config.enter();
    let ledger: Account["ledger"] | undefined;
    try {
      const account = await config.account();
      ledger = account.ledger;
      entry.entry = resumption?.entry;
      const context: Context = {
        account,
        resumed: resumption?.entry,
        progress: (message) => send([null, message]),
        signal: entry.abort.signal,
        status,
        keep: async (more) => {
          const { part, left } = jsonPart(msg);
          if (left.length > 0) node.warn(translate(RED, "store-fields", { names: left.join(", ") }));
          entry.entry = await account.ledger.begin({ node: node.id, message: part, ...more });
          return entry.entry;
        },
        release: async () => {
          if (entry.entry) await account.ledger.update(entry.entry, { message: undefined });
        },
        waitsFor: (id) => {
          entry.job = id;
        },
        seen: (change) => {
          if (entry.entry) watch.note(entry.entry, change, entry.abort);
        },
      };
      entry.abort.signal.throwIfAborted();
      const out = await handle(msg, context);
      // Kept as ended before it goes on: what was sent must not be sent again after a crash.
      if (entry.entry?.message) await account.ledger.finish(entry.entry);
      if (entry.entry) watch.history.leave(entry.entry.key, msg.gladia?.job);
      send(out);
    } catch (error) {
      if (entry.entry && closing !== "redeployed") {
        const told = asGladiaError(RED, error);
        const cancelled = told instanceof GladiaError && told.code === "GLADIA_CANCELLED";
        watch.history.fail(entry.entry.key, cancelled, told.message);
        await ledger?.finish(entry.entry);
      }
      throw error;
    } finally {
      if (entry.entry) watch.release(entry.entry.key);
      leave();
    }
  };

  const control = ({ msg, done }: Incoming, word: "cancel" | "cancel-all") => {
    const wanted = [msg.gladia?.id, msg.payload].filter((id) => typeof id === "string" && id !== "");
    const meant = [...running].filter(
      ({ job, message }) =>
        word === "cancel-all" || wanted.includes(job) || (wanted.length === 0 && message === msg._msgid),
    );
    for (const { abort } of meant) {
      abort.abort(new GladiaError("GLADIA_CANCELLED", "cancelled"));
    }
    if (meant.length === 0 && word === "cancel") {
      node.warn(translate(RED, "warning-cancel-nothing", {}));
    }
    done();
  };

  node.on("input", (msg, send, done) => {
    const incoming = { msg: msg as Message, send: send as Incoming["send"], done };
    const word = incoming.msg.control;
    const resumed = resumptionOf(incoming.msg) !== undefined;
    if (!resumed && (word === "cancel" || word === "cancel-all")) {
      control(incoming, word);
    } else if (resumed || !options.sift?.(incoming, run)) {
      run(incoming, options.handle);
    }
  });

  node.on("close", (removed: boolean, done: () => void) => {
    closing = removed ? "removed" : "redeployed";
    const ended = [...running].map(({ abort, ended }) => {
      abort.abort(new GladiaError("GLADIA_CANCELLED", "config-closed", {}, { retryable: true }));
      return ended;
    });
    status.clear();
    Promise.all(ended).then(() => done(), done);
  });

  takeUpAgain(RED, node, options.config);
}

function asGladiaError(RED: NodeAPI, reason: unknown): Error {
  if (reason instanceof GladiaError) return translateError(RED, reason);
  return reason instanceof Error ? reason : new Error(String(reason));
}

/** The failure's facts, as plain data: an Error does not survive on a message. */
function putError(msg: Message, error: Error): void {
  if (!(error instanceof GladiaError)) return;
  const { message, code, cause } = error;
  gather(msg, {});
  msg.gladia = { ...msg.gladia, error: { message, code, cause } };
  if (cause.status !== undefined) msg.statusCode = cause.status;
}
