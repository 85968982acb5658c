import type { Dispatcher } from "undici";
import { readText } from "./body";
import { exchange, type Limits } from "./exchange";
import type { Transport } from "./transport";
import type { Watchdog } from "./watchdog";

/** Bytes that an error's body may have before the rest is left unread. */
const ERROR_BODY = 64 * 1024;

export interface Head {
  status: number;
  headers: Record<string, string | string[] | undefined>;
}

/** A way to send a request, and to treat its answer. */
export interface Sender<T> {
  send(options: Dispatcher.DispatchOptions & { origin: string }, watch: Watchdog): Promise<T & Head>;
  /** The body's text, or the beginning of a long one. */
  text(answer: T): Promise<string>;
  /** Leaves the body unread. */
  drop(answer: T): Promise<void>;
}

/**
 * Reads the whole body before it gives the answer.
 * @param most bytes of the body of a 2xx
 * @param time milliseconds that the answer may take, from its head on
 * @param onData takes the body of a 2xx piece by piece instead, and gives true when it needs no more
 */
export function whole(
  transport: Transport,
  most: number,
  time: number | undefined,
  onData: (chunk: Buffer) => boolean,
): Sender<{ chunks: Buffer[] }> {
  const limits: Limits = { answer: most, error: ERROR_BODY, time };
  return {
    send: async (options, watch) =>
      exchange(await transport.dispatcher(options.origin), options, watch, limits, onData),
    text: async ({ chunks }) => Buffer.concat(chunks).toString("utf8"),
    drop: async () => {},
  };
}

/** Gives the answer as soon as its headers are there, with the body as it comes. */
export function open(transport: Transport): Sender<{ body: Dispatcher.ResponseData["body"] }> {
  return {
    send: async (options, watch) => {
      const dispatcher = await transport.dispatcher(options.origin);
      const { statusCode, headers, body } = await dispatcher.request({ ...options, signal: watch.signal });
      watch.touch();
      return { status: statusCode, headers, body };
    },
    text: ({ body }) => readText(body, ERROR_BODY),
    drop: ({ body }) => body.dump(),
  };
}
