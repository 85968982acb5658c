import type { Dispatcher } from "undici";
import type { Watchdog } from "./watchdog";

/** An answer whose body was read to its end. */
export interface Exchanged {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  chunks: Buffer[];
}

/**
 * Sends one request and reads its answer as a whole. This is undici's own dispatch without the streams that its
 * `request` puts before it: a poll's answer is a few kilobytes, and the stream would be the larger part of its cost.
 * @param watch told of progress; ends the request when it fires, also one that still waits for a connection
 * @param errorBody bytes of an answer outside 2xx after which the rest is left unread
 * @throws what undici throws; the watch's reason
 */
export function exchange(
  dispatcher: Dispatcher,
  options: Dispatcher.DispatchOptions,
  watch: Watchdog,
  errorBody: number,
): Promise<Exchanged> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined;
    let answer: Exchanged | undefined;
    let size = 0;
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
        watch.touch();
        if (status >= 200) answer = { status, headers, chunks: [] };
      },
      onResponseData(_, chunk) {
        watch.touch();
        if (!answer) return;
        answer.chunks.push(chunk);
        size += chunk.length;
        if (size <= errorBody || answer.status < 300) return;
        resolve(answer);
        controller?.abort(new Error("enough of it was read"));
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
