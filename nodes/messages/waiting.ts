import type { Node, NodeAPI } from "node-red";
import { jobFailure } from "../../src/jobs/failure";
import type { Progress } from "../../src/jobs/tracker";
import type { Output } from "../../src/output";
import type { Job } from "../../src/types";
import { translate } from "../shared/texts";
import type { Context } from "./input";
import { gather, type Message, putResult } from "./message";

/** Gap between two progress messages of the same stage, in milliseconds. */
const GAP = 1000;
/** A thousand messages may wait at once. */
const WAITING_GAP = 5000;

/** Tells the second output and the status where a message stands. */
export class ProgressReport {
  readonly #msg: Message;
  readonly #context: Context;
  readonly #began = performance.now();
  #last = "";
  #at = 0;

  constructor(msg: Message, context: Context) {
    this.#msg = msg;
    this.#context = context;
  }

  /** The message waits for a slot, at this place of the account's queue. */
  waiting(position: number): void {
    this.#context.seen({ state: "waiting" });
    this.#context.status.stage("waiting", { position });
    this.#send("waiting", WAITING_GAP, { status: "queued", position });
  }

  tell(status: "uploading" | Progress["status"], id: string | undefined): void {
    this.#context.seen({ state: status, ...(id === undefined ? {} : { id }) });
    this.#context.status.stage(status, { elapsed: this.#elapsed(), id });
    this.#send(status, GAP, { id, status });
  }

  #elapsed(): number {
    return Math.round((performance.now() - this.#began) / 100) / 10;
  }

  #send(stage: string, gap: number, progress: object): void {
    const now = performance.now();
    if (stage === this.#last && now - this.#at < gap) return;
    this.#last = stage;
    this.#at = now;
    const { topic, _msgid } = this.#msg;
    const payload = { ...progress, elapsed: this.#elapsed() };
    this.#context.progress({ _msgid, ...(topic === undefined ? {} : { topic }), payload });
  }
}

interface WaitSettings {
  output: Output;
  deadline?: number | undefined;
  interval?: number | undefined;
}

/** Waits for a job and puts its result on the message. @throws GladiaError */
export async function waitForResult(
  id: string,
  msg: Message,
  context: Context,
  settings: WaitSettings & { report: ProgressReport; RED: NodeAPI; node: Node },
): Promise<void> {
  const { report, RED, node, output, deadline, interval } = settings;
  context.waitsFor(id);
  gather(msg, { id });
  const job = await context.account.wait(id, {
    signal: context.signal,
    deadline,
    interval,
    onProgress: ({ status }) => report.tell(status, id),
  });
  await finish(RED, node, msg, job, output);
}

/** Puts a final job on the message. @throws GladiaError GLADIA_JOB for a job that failed */
export async function finish(RED: NodeAPI, node: Node, msg: Message, job: Job, output: Output): Promise<void> {
  if (job.status === "error") {
    gather(msg, { id: job.id, job });
    throw jobFailure(job);
  }
  await putResult(msg, job, output, (name, message) => translate(RED, "warning-add-on", { name, message }));
  for (const warning of msg.gladia?.warnings ?? []) node.warn(warning);
}
