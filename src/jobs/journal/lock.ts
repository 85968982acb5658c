import { join } from "node:path";
import { pause } from "../../http/retry";
import { codeOf, type Disk, makePrivateFolder, realDisk } from "./disk";
import { type Holder, isAlive, thisProcess } from "./holder";
import { LockFiles } from "./lock-files";

/** Milliseconds between two looks whether somebody asks for the lock. */
const BEAT = 3000;
/** Beats that a question may stay without an answer. */
const PATIENCE = 5;
/** Milliseconds between two looks at a lock that is another's. */
const LOOK = 500;
/** Milliseconds for which a look at our own lock is believed. */
const BELIEF = 1000;

interface LockOptions {
  folder: string;
  /** Begins the names of the lock's files. */
  name: string;
  /** Somebody else has it, and we wait; told once. */
  onHeld(holder: Holder | undefined): void;
  beat?: number;
  disk?: Disk;
}

/** Locks of this process by path: one account waits for its predecessor without a look at the disk. */
const turns = new Map<string, Promise<void>>();

/**
 * A lock in a folder that several processes, containers or machines may share. Each claim is a file with a number; the
 * highest number is who holds it. A number is claimed by creating its file, which only one can do, so that two who find
 * a dead holder cannot both take over; numbers never go down: a lock that was given back stays as a file that says so.
 * Whether a holder on this machine lives is seen by its process. Another one is asked, by a file that it takes away as
 * long as it lives; so nothing is written while nobody waits, which flash memory would not bear.
 */
export class FileLock {
  readonly #options: LockOptions;
  readonly #disk: Disk;
  readonly #files: LockFiles;
  readonly #beat: number;
  #we: Holder | undefined;
  #number: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #leave: () => void = () => {};
  #seen = 0;
  /** Without a lock: the folder takes no files, and keeps no work either. */
  #unlocked = false;

  constructor(options: LockOptions) {
    this.#options = options;
    this.#disk = options.disk ?? realDisk;
    this.#files = new LockFiles(this.#disk, options.folder, options.name);
    this.#beat = options.beat ?? BEAT;
  }

  /** Takes the lock, and waits as long as somebody else has it. @throws the signal's reason */
  async acquire(signal: AbortSignal): Promise<void> {
    await this.#takeTurn(signal);
    try {
      this.#we = await thisProcess();
      await makePrivateFolder(this.#disk, this.#options.folder);
      await this.#claim(this.#we, signal);
    } catch {
      if (signal.aborted) {
        this.#leave();
        throw signal.reason;
      }
      this.#unlocked = true; // the store tells that it cannot write there
      return;
    }
    this.#timer = setInterval(() => void this.#answer(), this.#beat);
    this.#timer.unref();
  }

  /** Whether the lock is still ours: a process that was stopped for long may have lost it. */
  async isHeld(how: "surely" | "lately" = "surely"): Promise<boolean> {
    if (this.#unlocked) return true;
    if (this.#number === undefined) return false;
    if (how === "lately" && performance.now() - this.#seen < BELIEF) return true;
    const top = await this.#files.top().catch(() => undefined);
    if (top && (top.number > this.#number || top.isFree)) this.#lose();
    this.#seen = performance.now();
    return this.#number !== undefined;
  }

  async release(): Promise<void> {
    const number = this.#number;
    this.#lose();
    if (number !== undefined) await this.#files.free(number).catch(() => {}); // our end is seen by our process, too
    this.#leave();
  }

  #lose(): void {
    clearInterval(this.#timer);
    this.#number = undefined;
  }

  /** Waits for accounts of this very process. */
  async #takeTurn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const path = join(this.#options.folder, this.#options.name);
    const before = turns.get(path) ?? Promise.resolve();
    const turn = new Promise<void>((resolve) => {
      this.#leave = resolve;
    });
    const all = before.then(() => turn);
    turns.set(path, all);
    void all.then(() => {
      if (turns.get(path) === all) turns.delete(path);
    });
    await new Promise<void>((resolve, reject) => {
      const abort = () => {
        this.#leave();
        reject(signal.reason as Error);
      };
      signal.addEventListener("abort", abort, { once: true });
      void before.then(() => {
        signal.removeEventListener("abort", abort);
        resolve();
      });
    });
  }

  async #claim(we: Holder, signal: AbortSignal): Promise<void> {
    let told = false;
    let question: { number: number; asked: number } | undefined;
    for (;;) {
      signal.throwIfAborted();
      const top = await this.#files.top();
      const holder = top && !top.isFree ? await this.#files.holder(top.number) : undefined;
      let isDead = !top || top.isFree;
      if (!isDead && top) {
        const alive = holder ? await isAlive(holder, we) : undefined;
        isDead = alive === false;
        if (alive === undefined) {
          if (question?.number !== top.number || !(await this.#files.isAsked(top.number, we.token))) {
            await this.#files.ask(top.number, we.token);
            question = { number: top.number, asked: performance.now() };
          }
          isDead = performance.now() - question.asked > PATIENCE * this.#beat;
        }
      }
      if (isDead) {
        if (await this.#take((top?.number ?? 0) + 1, we)) return;
        continue; // somebody else was quicker
      }
      if (!told) this.#options.onHeld(holder);
      told = true;
      await pause(Math.min(LOOK, this.#beat), signal);
    }
  }

  /** Creates the file of a number. Gives whether that was us, and the number is still the highest. */
  async #take(number: number, we: Holder): Promise<boolean> {
    try {
      await this.#files.create(number, we);
    } catch (error) {
      if (codeOf(error) === "EEXIST" || codeOf(error) === "ENOENT") return false;
      throw error;
    }
    const top = await this.#files.top();
    if (top?.number !== number || top.isFree) {
      await this.#files.remove(number);
      return false;
    }
    this.#number = number;
    this.#seen = performance.now();
    await this.#files.sweep(number);
    return true;
  }

  /** Shows those who ask that we live, and sees whether we still hold the lock. */
  async #answer(): Promise<void> {
    const number = this.#number;
    if (number === undefined || !(await this.isHeld())) return;
    await this.#files.answer(number).catch(() => {}); // the next beat tries again
  }
}
