import type { Node, NodeAPI } from "node-red";
import { GladiaError } from "../../src/errors";
import type { WorkItem } from "../../src/jobs/work-item";
import { TurnQueue } from "../../src/turns";
import { translate } from "../shared/texts";
import { safely, tellCatch, tellLog } from "./catch";
import { type Deploys, deploysOf } from "./deploys";
import { asError, type Message, type Out, putError } from "./message";
import { closedError, type Ending, type Resumption, resume, takeResumption } from "./resume";
import { batchesOf, isEmptySequence } from "./sequence";
import { StatusLine } from "./status";

/** A thousand messages may come at once; they begin, and are kept, a few in each turn of the event loop. */
export const messageTurns = new TurnQueue();

/** A message that Node-RED handed to a node, with the two functions that end it. */
export interface Incoming {
  msg: Message;
  send: (out: Out) => void;
  done: (error?: Error) => void;
}

/** A message on its way through a node. */
export interface Running extends Incoming {
  /** Aborts when the message is cancelled or the node closes. */
  abort: AbortController;
  status: StatusLine;
  /** The job that the message waits for, by which `msg.control` can cancel it. */
  job: string | undefined;
  /** What is kept of the work. */
  item: WorkItem | undefined;
}

/** Does the work on a message and gives what goes out. */
type Work = (running: Running) => Promise<Out>;

/** Keeps messages over the end of the process. Its promises may fail: the message goes on nevertheless. */
export interface Keeper {
  /** Called first; also for a message that is ready. */
  open(running: Running): Promise<void>;
  /** What is kept of the message goes, since it is about to go on. May be called again after `hold`. */
  drop(running: Running): Promise<void>;
  /** The message does not go on yet: it is kept, or kept again. */
  hold(running: Running): Promise<void>;
  /** The message went on, with its ending; or its next node takes it over. */
  close(running: Running, ending: Ending | undefined): void;
  /** The message was told to Catch nodes, since its node is gone. */
  abandon(item: WorkItem): Promise<void>;
}

interface MessageOptions {
  work: Work;
  keeper?: Keeper;
  /** Whether the work on a message of which nothing is kept can be begun anew after a redeploy. */
  repeatable?: ((msg: Message) => boolean) | undefined;
  /** Whether `msg.control` cancels messages of this node; default: it does. */
  controls?: boolean;
  /** May take a message for itself (it gives true) and have it worked on in another way. */
  intercept?: (incoming: Incoming, run: (incoming: Incoming, work: Work) => void) => boolean;
}

/**
 * The messages of a node. Each ends with exactly one `done`, after what goes out, or with an error for Catch nodes, which
 * also stands in `msg.gladia.error`. `msg.control` cancels. While the node closes or flows are deployed nothing goes out:
 * what is ready waits, for the node of the same id or, when there is none any more, for Catch nodes.
 */
export class Messages {
  readonly #RED: NodeAPI;
  readonly #node: Node;
  readonly #options: MessageOptions;
  readonly #deploys: Deploys;
  readonly #status: StatusLine;
  readonly #running = new Map<Running, Promise<void>>();
  /** Keys of the kept work that goes on here. */
  readonly #resumed = new Set<string>();
  readonly #closing = new AbortController();
  readonly #startOther = (incoming: Incoming, work: Work) => this.#start(incoming, work);

  constructor(RED: NodeAPI, node: Node, options: MessageOptions) {
    this.#RED = RED;
    this.#node = node;
    this.#options = options;
    this.#deploys = deploysOf(RED);
    this.#status = new StatusLine(RED, node);
    this.#deploys.join(node);
    node.on("input", (msg, send, done) => {
      const incoming = {
        msg: msg as Message,
        send: send as Incoming["send"],
        done: safely(RED, node, msg as Message, done),
      };
      try {
        this.#receive(incoming);
      } catch (error) {
        this.#start(incoming, () => Promise.reject(error));
      }
    });
    node.on("close", (done: () => void) => void this.#close().then(done, done));
  }

  #receive(incoming: Incoming): void {
    const { msg } = incoming;
    const resumption = takeResumption(msg);
    const { work, intercept, controls = true } = this.#options;
    if (resumption) {
      // After a deploy it comes from the node before, with all it has, and as it was kept: once is enough.
      const key = resumption.item?.key;
      if (key === undefined || !this.#resumed.has(key)) this.#start(incoming, work, resumption);
    } else if (controls && (msg.control === "cancel" || msg.control === "cancel-all")) {
      this.#cancel(incoming, msg.control);
    } else if (!intercept?.(incoming, this.#startOther)) {
      this.#start(incoming, work);
    }
  }

  #cancel({ msg, done }: Incoming, word: "cancel" | "cancel-all"): void {
    const wanted = [msg.gladia?.id, msg.payload].filter((id) => typeof id === "string" && id !== "");
    const meant = [...this.#running.keys()].filter(
      ({ job, msg: { _msgid } }) =>
        word === "cancel-all" || wanted.includes(job) || (wanted.length === 0 && _msgid === msg._msgid),
    );
    for (const { abort } of meant) abort.abort(new GladiaError("GLADIA_CANCELLED", "cancelled"));
    if (meant.length === 0 && word === "cancel") {
      this.#node.warn(translate(this.#RED, "warning-cancel-nothing", {}));
    }
    done();
  }

  #start(incoming: Incoming, work: Work, resumption: Resumption = {}): void {
    const { item } = resumption;
    const running: Running = { ...incoming, abort: new AbortController(), status: this.#status, job: undefined, item };
    // It may still come while the node closes.
    if (this.#closing.signal.aborted) running.abort.abort(this.#closing.signal.reason);
    if (item) this.#resumed.add(item.key);
    this.#status.begin();
    const ended = this.#run(running, work, resumption)
      .catch((error: unknown) => this.#tell(error))
      .finally(() => this.#running.delete(running));
    this.#running.set(running, ended);
  }

  async #run(running: Running, work: Work, resumption: Resumption): Promise<void> {
    const { keeper, repeatable } = this.#options;
    const isRepeatable = repeatable?.(running.msg) !== false;
    let ended: Ending | undefined;
    try {
      const ending = await this.#work(running, work, resumption);
      if (ending && (await this.#conclude(running, ending))) {
        ended = ending;
        return;
      }
      const lost = resumption.lost || (!running.item && !isRepeatable);
      await keeper?.hold(running).catch((error: unknown) => this.#tell(error));
      this.leave(running.msg, { item: running.item, ending, lost });
    } finally {
      if (resumption.item) this.#resumed.delete(resumption.item.key);
      keeper?.close(running, ended);
    }
  }

  /** How the work on a message ends; undefined when closing the node has interrupted it. */
  async #work(running: Running, work: Work, { ending, lost }: Resumption): Promise<Ending | undefined> {
    const { signal } = running.abort;
    try {
      await messageTurns.next();
      await this.#options.keeper?.open(running);
      if (ending) return ending;
      if (lost) throw new GladiaError("GLADIA_AUDIO", "audio-gone");
      signal.throwIfAborted();
      return { out: await work(running) };
    } catch (reason) {
      const isInterrupted = signal.aborted && signal.reason === this.#closing.signal.reason;
      return ending ?? (isInterrupted ? undefined : { error: asError(this.#RED, reason) });
    }
  }

  /**
   * Hands a message on when the flows run, and gives false when the node closes before. What is kept of it goes first, so
   * that no start repeats what was sent; a deploy or an end that begins meanwhile has it kept again. A process that is
   * killed between the two loses this one message: a flow and a store have no step in common.
   */
  async #conclude(running: Running, ending: Ending): Promise<boolean> {
    const { keeper } = this.#options;
    const tell = (error: unknown) => this.#tell(error);
    while (await this.#deploys.opened(this.#node, this.#closing.signal)) {
      await keeper?.drop(running).catch(tell);
      const isOpen = !this.#closing.signal.aborted && this.#deploys.isOpen(this.#node);
      if (isOpen && (await this.#handOn(running, ending))) return true;
      await keeper?.hold(running).catch(tell);
    }
    return false;
  }

  /** Gives false when a deploy closed the next nodes first. */
  async #handOn({ send, done }: Running, ending: Ending): Promise<boolean> {
    let error = "error" in ending ? ending.error : undefined;
    const isEmpty = "out" in ending && isEmptySequence(ending.out);
    if ("out" in ending) {
      try {
        // What is sent of a sequence is not sent again when a deploy comes in between.
        for (const out of batchesOf(ending)) {
          if (this.#closing.signal.aborted || !this.#deploys.isOpen(this.#node)) return false;
          if (!(await this.#deploys.deliver(this.#node, out, send))) return false;
        }
      } catch (reason) {
        error = asError(this.#RED, reason);
      }
    }
    if (error) {
      this.#status.failed(error instanceof GladiaError ? error.code : "error");
    } else if (isEmpty) {
      this.#status.nothing();
    } else {
      this.#status.done();
    }
    done(error);
    return true;
  }

  /** Leaves a message to the node that has this one's id once the flows run. */
  leave(msg: Message, resumption: Resumption): void {
    this.#deploys.whenRunning(this.#node, (live) => {
      if (live) resume(live, msg, resumption);
      else this.#tellGone(msg, resumption).catch((error: unknown) => this.#tell(error));
    });
  }

  async #tellGone(msg: Message, { item, ending }: Resumption): Promise<void> {
    const gone = () => asError(this.#RED, closedError());
    const error = ending && "error" in ending ? ending.error : gone();
    putError(msg, error);
    tellCatch(this.#RED, this.#node, error, msg);
    if (item) await this.#options.keeper?.abandon(item);
  }

  async #close(): Promise<void> {
    this.#closing.abort(closedError());
    this.#status.close();
    for (const { abort } of this.#running.keys()) abort.abort(this.#closing.signal.reason);
    await new Promise(setImmediate); // what was sent to this node by now has come
    while (this.#running.size > 0) await Promise.all(this.#running.values());
  }

  /** The last resort for what cannot be told to Catch nodes. */
  #tell(error: unknown): void {
    tellLog(this.#RED, this.#node, error);
  }
}
