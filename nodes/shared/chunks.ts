import { refuse } from "../../src/audio/source";
import { Spool } from "../../src/audio/spool";
import type { Handler, Incoming } from "./input";
import type { Message } from "./message";

/** One file that comes in pieces. */
interface Group {
  spool: Spool;
  expected: number;
  timer: NodeJS.Timeout | undefined;
  /** Begins to wait for the next piece. */
  wait(): void;
}

/**
 * Puts the pieces of one file together again while they come, as core's `file in` node sends them in "stream of Buffers"
 * mode: Buffers with `msg.parts` of type `buffer`. The first piece's message stands for the whole and goes on, without
 * its `parts`, since there is one message from here on; the others end as they come.
 */
export class Chunks {
  readonly #groups = new Map<string, Group>();
  /** Files that failed: their remaining pieces end unnoticed. */
  readonly #failed = new Set<string>();

  /** Takes a message that is a piece of a file; false for any other. */
  take(incoming: Incoming, run: (incoming: Incoming, handle: Handler) => void, handle: Handler): boolean {
    const { msg, done } = incoming;
    const { parts, payload } = msg;
    const end = parts?.index !== undefined && parts.count !== undefined && parts.index >= parts.count - 1;
    if (parts?.type !== "buffer" || parts.id === undefined || parts.index === undefined) return false;
    if (!Buffer.isBuffer(payload) && !(end && payload === undefined)) return false;
    const { id, index } = parts;
    let group = this.#groups.get(id);
    if (!group) {
      if (this.#failed.has(id)) {
        if (end) this.#failed.delete(id);
        done();
        return true;
      }
      group = this.#begin(incoming, id, run, handle);
    } else {
      done();
    }
    if (index !== group.expected && payload !== undefined) {
      group.spool.fail(refuse("audio-chunks-order", { wanted: group.expected, got: index }));
    } else if (Buffer.isBuffer(payload)) {
      group.spool.push(payload);
      group.expected++;
    }
    group.wait();
    if (end) {
      clearTimeout(group.timer);
      group.spool.end();
      this.#groups.delete(id);
    }
    return true;
  }

  #begin(incoming: Incoming, id: string, run: (incoming: Incoming, handle: Handler) => void, handle: Handler): Group {
    const { parts: _, ...rest } = incoming.msg;
    const spool = new Spool();
    let seconds: number | undefined;
    const group: Group = {
      spool,
      expected: 0,
      timer: undefined,
      wait: () => {
        clearTimeout(group.timer);
        if (seconds === undefined) return;
        const stopped = refuse("audio-chunks-stopped", { seconds });
        group.timer = setTimeout(() => spool.fail(stopped), seconds * 1000);
      },
    };
    this.#groups.set(id, group);
    const msg = Object.assign(incoming.msg, rest, { payload: spool }) as Message;
    delete msg.parts;
    run({ ...incoming, msg }, async (message, context) => {
      try {
        seconds = context.account.timeout;
        if (this.#groups.get(id) === group) group.wait();
        return await handle(message, context);
      } finally {
        clearTimeout(group.timer);
        if (this.#groups.delete(id)) this.#failed.add(id);
        if (message.payload === spool) message.payload = undefined; // a stream must not travel on a message
        await spool.close();
      }
    });
    return group;
  }
}
