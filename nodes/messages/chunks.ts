import type { Node } from "node-red";
import { pieceOf } from "../../src/audio";
import { refuse } from "../../src/audio/source";
import { Spool, sweepSpools } from "../../src/audio/spool";
import type { Handler, Incoming } from "./input";
import type { Message } from "./message";

/** One file that comes in pieces. */
interface Group {
  id: string;
  filename: unknown;
  spool: Spool;
  /** The number of the piece that comes next. */
  expected: number;
  /** What is left of it ends unnoticed. */
  failed: boolean;
  /** Seconds without a piece after which it is given up; known once the account is. */
  patience: number | undefined;
  timer: NodeJS.Timeout | undefined;
}

/** Seconds in which the rest of a file that failed is waited for. */
const LEFTOVERS = 60;

type Run = (incoming: Incoming, handle: Handler) => void;

/**
 * Puts the pieces of one file together again while they come: bytes with `msg.parts`, of type `buffer` as core's
 * `file in` and `split` nodes send them, or `string` as the Dashboard's upload does. The first piece's message stands for
 * the whole and goes on, without its `parts`, since there is one message from here on; the others end as they come.
 *
 * Pieces belong together by `parts.id` and the file's name, in the order of `parts.index`; a number 0 begins another
 * file, even of the same name.
 */
export class Chunks {
  /** Files whose pieces still come, oldest first. */
  readonly #groups = new Set<Group>();
  /** Empty last pieces, which do not say which of several files they end. */
  #ends: { id: string; index: number }[] = [];
  readonly #spools = new Set<Spool>();
  readonly #owned = new WeakSet<object>();

  constructor(node: Node) {
    void sweepSpools();
    node.on("close", () => {
      for (const group of this.#groups) this.#forget(group);
      for (const spool of this.#spools) {
        spool.fail(refuse("audio-gone"));
        void this.#close(spool);
      }
    });
  }

  /** Whether a message stands for pieces, which come once. */
  owns(msg: object): boolean {
    return this.#owned.has(msg);
  }

  /** Takes a message that is a piece of a file; false for any other. */
  take(incoming: Incoming, run: Run, handle: Handler): boolean {
    const { payload: given, parts } = incoming.msg;
    if ((parts?.type !== "buffer" && parts?.type !== "string") || parts.id === undefined) return false;
    const { index, count } = parts;
    if (typeof index !== "number") return false;
    const id = String(parts.id);
    const isLast = count !== undefined && index >= count - 1;
    const payload = pieceOf(given);
    if (payload) {
      let group = this.#find(id, incoming.msg.filename, index);
      if (group) incoming.done();
      else group = this.#begin(incoming, id, run, handle);
      this.#add(group, payload, index);
      if (isLast) this.#finish(group);
    } else {
      const isEnd = given === undefined && isLast && [...this.#groups].some((group) => group.id === id);
      if (!isEnd) return false;
      this.#ends.push({ id, index });
      incoming.done();
    }
    this.#matchEnds(id);
    return true;
  }

  /** The file that a piece belongs to; undefined for one that begins a file. */
  #find(id: string, filename: unknown, index: number): Group | undefined {
    if (index === 0) return undefined;
    const groups = [...this.#groups].filter((group) => group.id === id && group.filename === filename);
    const next = groups.find(({ failed, expected }) => !failed && expected === index);
    return next ?? groups.find(({ failed }) => failed) ?? groups[0];
  }

  #add(group: Group, chunk: Buffer, index: number): void {
    if (!group.failed && index !== group.expected) {
      this.#fail(group, refuse("audio-chunks-order", { wanted: group.expected, got: index }));
    }
    group.expected = index + 1;
    if (group.failed) return;
    group.spool.push(chunk);
    this.#wait(group);
  }

  #finish(group: Group): void {
    if (!group.failed) group.spool.end();
    this.#forget(group);
  }

  /** Ends the files that an empty last piece can mean, once the others have gone on. */
  #matchEnds(id: string): void {
    for (const index of new Set(this.#ends.filter((end) => end.id === id).map((end) => end.index))) {
      const ends = this.#ends.filter((end) => end.id === id && end.index === index);
      const groups = [...this.#groups].filter((group) => group.id === id && group.expected === index);
      if (groups.length > ends.length) continue;
      for (const group of groups) this.#finish(group);
      this.#ends = this.#ends.filter((end) => !ends.includes(end));
    }
  }

  /** Gives the next piece its time. */
  #wait(group: Group): void {
    const { patience } = group;
    clearTimeout(group.timer);
    if (patience === undefined || !this.#groups.has(group)) return;
    const stopped = () => this.#fail(group, refuse("audio-chunks-stopped", { seconds: patience }));
    group.timer = setTimeout(stopped, patience * 1000);
  }

  #fail(group: Group, reason: Error): void {
    group.spool.fail(reason);
    group.failed = true;
    clearTimeout(group.timer);
    group.timer = setTimeout(() => this.#forget(group), LEFTOVERS * 1000).unref();
  }

  #forget(group: Group): void {
    clearTimeout(group.timer);
    this.#groups.delete(group);
    if (![...this.#groups].some(({ id }) => id === group.id))
      this.#ends = this.#ends.filter(({ id }) => id !== group.id);
  }

  #close(spool: Spool): Promise<void> {
    this.#spools.delete(spool);
    return spool.close();
  }

  #begin(incoming: Incoming, id: string, run: Run, handle: Handler): Group {
    const { msg } = incoming;
    const spool = new Spool();
    const timer = undefined;
    const group: Group = { id, filename: msg.filename, spool, expected: 0, failed: false, patience: undefined, timer };
    this.#groups.add(group);
    this.#spools.add(spool);
    this.#owned.add(msg);
    msg.payload = spool;
    delete msg.parts;
    const end = async () => {
      if (this.#groups.has(group) && !group.failed) this.#fail(group, refuse("audio-gone"));
      if (msg.payload === spool) msg.payload = undefined; // a stream must not travel on a message
      await this.#close(spool);
    };
    const done: Incoming["done"] = (error) => {
      void end(); // it may have failed before it was handled
      incoming.done(error);
    };
    run({ ...incoming, done }, async (message: Message, context) => {
      try {
        group.patience = context.account.settings.timeout;
        if (!group.failed) this.#wait(group);
        return await handle(message, context);
      } finally {
        await end();
      }
    });
    return group;
  }
}
