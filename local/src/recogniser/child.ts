import { type ChildProcess, fork } from "node:child_process";
import type { Socket } from "node:net";
import { extname, join } from "node:path";
import type { Progress, Reply, Request, Work } from "./protocol";
import { UnreadableAudio } from "./types";

/** How long a child may take to stop a job before it is killed, ms. */
const GRACE = 3000;

interface Pending {
  resolve: (result: never) => void;
  reject: (error: unknown) => void;
  onProgress: (progress: Progress) => void;
}

/** The process that recognises: started at the first request, killed when idle, replaced after a crash. */
export class WorkerProcess {
  private child: ChildProcess | undefined;
  private readonly pending = new Map<number, Pending>();
  private idle: NodeJS.Timeout | undefined;
  private stderr = "";
  private count = 0;

  /** @param idleSeconds after so long without a request the process is ended and its memory given back */
  constructor(private readonly idleSeconds: number) {}

  /** The process's id while it lives. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  /**
   * Has the child do something.
   *
   * @returns its result; rejects with UnreadableAudio, the signal's reason, or an Error if the child died
   */
  request<Result>(
    make: (id: number) => Work,
    onProgress: (progress: Progress) => void = () => {},
    signal?: AbortSignal,
  ): Promise<Result> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    clearTimeout(this.idle);
    const child = this.alive();
    const id = ++this.count;
    const done = new Promise<Result>((resolve, reject) => {
      this.pending.set(id, { resolve, reject, onProgress });
      child.send(make(id), (error) => error && this.fail(id, error));
    });
    const stop = () => {
      child.connected && child.send({ type: "abort", id } satisfies Request);
      setTimeout(() => this.pending.has(id) && child.kill("SIGKILL"), GRACE).unref();
    };
    signal?.addEventListener("abort", stop, { once: true });
    return done
      .catch((error: unknown) => {
        throw signal?.aborted ? signal.reason : error;
      })
      .finally(() => signal?.removeEventListener("abort", stop));
  }

  /** Tells the child something about a request under way; nothing if it is over. */
  tell(message: Exclude<Request, Work>): void {
    if (this.pending.has(message.id) && this.child?.connected) this.child.send(message, () => {});
  }

  /** Ends the process and whatever it was doing. */
  async close(): Promise<void> {
    clearTimeout(this.idle);
    const { child } = this;
    if (!child) return;
    // A request that comes from now on gets a new process.
    this.lose(child, new Error("The speech engine was closed."));
    if (child.exitCode !== null || child.signalCode !== null) return;
    // While idle it was not waited for.
    child.ref();
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  }

  private alive(): ChildProcess {
    if (this.child && !this.child.connected) this.lose(this.child, new Error("The speech engine has ended."));
    if (!this.child) this.child = this.start();
    this.child.ref();
    this.child.channel?.ref();
    (this.child.stderr as Socket | null)?.ref();
    return this.child;
  }

  private start(): ChildProcess {
    const extension = extname(__filename);
    const child = fork(join(__dirname, `worker${extension}`), {
      execArgv: extension === ".ts" ? ["--require", require.resolve("tsx/cjs")] : [],
      serialization: "advanced",
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    this.stderr = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr = (this.stderr + text).slice(-2000);
    });
    child.on("message", (reply: Reply) => this.receive(reply));
    child.once("error", (error) => this.lose(child, error));
    child.once("close", (code, signal) => {
      const last = this.stderr.trim().split("\n").at(-1);
      const how = signal ? `signal ${signal}` : `exit code ${code}`;
      this.lose(child, new Error(`The speech engine ended unexpectedly (${how})${last ? `: ${last}` : ""}.`));
    });
    return child;
  }

  private receive(reply: Reply): void {
    const pending = this.pending.get(reply.id);
    if (!pending) return;
    if (reply.type === "stage" || reply.type === "live") {
      pending.onProgress(reply);
      return;
    }
    this.pending.delete(reply.id);
    if (reply.type === "done") pending.resolve(reply.result as never);
    else pending.reject(reply.status ? new UnreadableAudio(reply.message, reply.status) : new Error(reply.message));
    this.rest();
  }

  private fail(id: number, error: Error): void {
    this.pending.get(id)?.reject(error);
    this.pending.delete(id);
  }

  private lose(child: ChildProcess, error: Error): void {
    if (this.child !== child) return;
    this.child = undefined;
    for (const id of [...this.pending.keys()]) this.fail(id, error);
  }

  /** Nothing to do: the process may be ended later, and does not keep its parent alive meanwhile. */
  private rest(): void {
    const { child } = this;
    if (this.pending.size > 0 || !child) return;
    child.unref();
    child.channel?.unref();
    (child.stderr as Socket | null)?.unref();
    this.idle = setTimeout(() => void this.close(), this.idleSeconds * 1000).unref();
  }
}
