import type { Dispatcher } from "undici";
import type { Watchdog } from "./watchdog";

/** An answer whose body was read to its end. */
interface Exchanged {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  chunks: Buffer[];
}

/** How much of an answer is read, in bytes and in milliseconds from its head on. */
export interface Limits {
  /** The body of a 2xx; more is a failure. */
  answer: number;
  /** Any other body; the rest is left unread. */
  error: number;
  /** Undefined: as long as something comes. */
  time?: number | undefined;
}

/** The body of a 2xx has more bytes than it may have. */
export class AnswerTooLarge extends Error {
  constructor(readonly most: number) {
    super(`More than ${most} bytes`);
  }
}

/** Answers such as `102 Processing` that may come before the answer itself; a server can send them without end. */
const INTERIM = 100;

/**
 * Sends one request and reads its answer as a whole. This is undici's own dispatch without the streams that its
 * `request` puts before it: a poll's answer is a few kilobytes, and the stream would be the larger part of its cost.
 * @param watch told of progress; ends the request when it fires, also one that still waits for a connection
 * @param onData takes the body of a 2xx piece by piece, instead of `chunks`, and gives true when it needs no more; what it
 *   throws ends the request
 * @throws AnswerTooLarge; what undici throws; the watch's reason
 */
export function exchange(
  dispatcher: Dispatcher,
  options: Dispatcher.DispatchOptions,
  watch: Watchdog,
  limits: Limits,
  onData?: (chunk: Buffer) => boolean,
): Promise<Exchanged> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined;
    let answer: Exchanged | undefined;
    let size = 0;
    let interim = 0;
    const enough = (whole: Exchanged) => {
      resolve(whole);
      controller?.abort(new Error("enough of it was read"));
    };
    const abort = (reason: Error) => {
      reject(reason);
      controller?.abort(reason);
    };
    if (watch.reason) return abort(watch.reason);
    watch.whenFired(abort);
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart(started) {
        controller = started;
        if (watch.reason) started.abort(watch.reason);
      },
      onResponseStart(_, status, headers) {
        if (status < 200) {
          if (++interim <= INTERIM) watch.touch();
          return;
        }
        watch.touch();
        answer = { status, headers, chunks: [] };
        if (limits.time !== undefined) watch.endIn(limits.time);
      },
      onResponseData(_, chunk) {
        watch.touch();
        if (!answer) return;
        const isGood = answer.status < 300;
        size += chunk.length;
        if (isGood && size > limits.answer) return abort(new AnswerTooLarge(limits.answer));
        if (isGood && onData) {
          try {
            if (onData(chunk)) enough(answer);
          } catch (error) {
            abort(error as Error);
          }
          return;
        }
        answer.chunks.push(chunk);
        if (!isGood && size > limits.error) enough(answer);
      },
      onResponseEnd() {
        if (answer) resolve(answer);
      },
      onResponseError(_, error) {
        reject(error);
      },
    };
    dispatcher.dispatch(options, handler);
  });
}
