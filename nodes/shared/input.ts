import type { Node, NodeAPI } from "node-red";
import { GladiaError } from "../../src/errors";
import { gather, type Message } from "./message";
import { StatusLine } from "./status";
import { translate, translateError } from "./texts";

/** What a handler gets beside its message. */
export interface Context {
  /** Sends to the outputs as they stand, `null` for none. */
  send(messages: Message | (Message | null)[]): void;
  /** Aborts when the message is cancelled or the node closes. */
  signal: AbortSignal;
  status: StatusLine;
  /** Names the job that this message waits for, so that `msg.control` can cancel it by id. */
  waitsFor(id: string): void;
}

type Handler = (msg: Message, context: Context) => Promise<void>;

/** A message on its way through a node. */
interface Running {
  message: string | undefined;
  job: string | undefined;
  abort: AbortController;
}

/** A message that Node-RED handed to a node, with the two functions that end it. */
export interface Incoming {
  msg: Message;
  send: (msg: Message | (Message | null)[]) => void;
  done: (error?: Error) => void;
}

/**
 * Handles each message apart: it ends with exactly one `done`, a failure goes to Catch nodes as a translated
 * `GladiaError` that also stands in `msg.gladia.error`, `msg.control` cancels, and closing the node aborts everything.
 * @param sift may take a message for itself (it gives true), or give a handler of its own
 */
export function onInput(
  RED: NodeAPI,
  node: Node,
  handle: Handler,
  sift: (incoming: Incoming, run: (incoming: Incoming, handle: Handler) => void) => boolean = () => false,
): void {
  const running = new Set<Running>();
  const status = new StatusLine(RED, node);

  const run = ({ msg, send, done }: Incoming, handler: Handler) => {
    const entry: Running = { message: msg._msgid, job: undefined, abort: new AbortController() };
    running.add(entry);
    status.begin();
    const context: Context = {
      send,
      signal: entry.abort.signal,
      status,
      waitsFor: (id) => {
        entry.job = id;
      },
    };
    handler(msg, context).then(
      () => {
        running.delete(entry);
        status.done();
        done();
      },
      (reason: unknown) => {
        running.delete(entry);
        const error = asGladiaError(RED, reason);
        const code = error instanceof GladiaError ? error.code : "error";
        status.failed(code);
        putError(msg, error);
        done(error);
      },
    );
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
    if (word === "cancel" || word === "cancel-all") {
      control(incoming, word);
    } else if (!sift(incoming, run)) {
      run(incoming, handle);
    }
  });

  node.on("close", () => {
    for (const { abort } of running) {
      abort.abort(new GladiaError("GLADIA_CANCELLED", "config-closed", {}, { retryable: true }));
    }
    status.clear();
  });
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
