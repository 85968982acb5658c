import type { Request, Response } from "express";
import type { NodeAPI } from "node-red";
import { bufferAudio } from "../../src/audio/buffer";
import { GladiaError } from "../../src/errors";
import { jobFailure } from "../../src/jobs/failure";
import type { JobRecord } from "../../src/jobs/history";
import { readOptions } from "../../src/options";
import { textOf } from "../../src/output";
import { jsonPieces } from "../../src/output/json";
import type { Job } from "../../src/types";
import type { AccountNode } from "../account/account";
import { named } from "../account/settings";
import { type Field, requestedAccount } from "./requested-account";
import { tellError } from "./route";
import { linger, readTryBody, type TryRequest } from "./try-body";

/** Clips that are tried at once in one Node-RED: each stands in memory. */
const AT_ONCE = 2;
/** Seconds that a trial may take, its wait for a slot included; less where the account waits less for a job. */
const DEADLINE = 900;
/** What must be deployed as the dialog shows it. */
const FIELDS: readonly Field[] = ["apiUrl", "apiKey", "proxy", "tls"];

/** Trials under way, by account. */
const running = new Map<string, Set<AbortController>>();
let taken = 0;

/**
 * Transcribes a short clip with a dialog's options as they stand, by the account as it is deployed. The answer is a line
 * of JSON for each step, the last with the job or with what went wrong. Whoever stops listening ends the wait.
 */
export function serveTry(RED: NodeAPI): void {
  RED.httpAdmin.post("/gladia-transcribe/try", RED.auth.needsPermission("gladia.write"), (request, response) => {
    response.set({ "content-type": "application/x-ndjson", "cache-control": "no-store", "x-accel-buffering": "no" });
    void serve(RED, request, response);
  });
}

/** The account is deployed anew or removed: its trials are over. */
export function endTrials(account: string): void {
  for (const abort of running.get(account) ?? []) {
    abort.abort(new GladiaError("GLADIA_CANCELLED", "try-closed", {}, { retryable: true }));
  }
}

async function serve(RED: NodeAPI, request: Request, response: Response): Promise<void> {
  const leave = new AbortController();
  response.once("close", () => leave.abort(new GladiaError("GLADIA_CANCELLED", "cancelled")));
  const tell = (line: object) => {
    if (!response.destroyed) response.write(`${JSON.stringify(line)}\n`);
  };
  let isFree = false;
  try {
    if (taken >= AT_ONCE) {
      throw new GladiaError("GLADIA_QUEUE_FULL", "try-busy", { most: AT_ONCE }, { retryable: true });
    }
    taken++;
    isFree = true;
    const { trial, audio } = await readTryBody(request);
    const job = await run(RED, request, trial, audio, { leave, tell });
    for await (const piece of jsonPieces({ job, text: textOf(job) ?? "" })) {
      if (!response.destroyed) response.write(piece);
    }
    if (!response.destroyed) response.write("\n");
  } catch (error) {
    tell({ error: tellError(RED, error) });
    await linger(request);
  } finally {
    if (isFree) taken--;
    response.end(() => {
      if (!request.complete) request.socket.destroy();
    });
  }
}

interface Listener {
  leave: AbortController;
  tell(line: object): void;
}

/** @throws GladiaError */
async function run(RED: NodeAPI, request: Request, trial: TryRequest, bytes: Buffer, to: Listener): Promise<Job> {
  const { options } = readOptions({ account: trial.accountOptions, node: trial.options });
  const audio = bufferAudio(bytes, trial.filename);
  const { node, changed } = await requestedAccount(RED, request, trial.account, FIELDS);
  if (!node) throw new GladiaError("GLADIA_CONFIG", "try-deploy");
  if (node.heldBy) throw node.heldBy;
  const [first] = Object.keys(changed) as Field[];
  if (first) throw new GladiaError("GLADIA_CONFIG", "try-changed", { field: named(RED, {}, first) });
  const begun = begin(node, to.leave);
  try {
    return await transcribe(RED, node, { trial, audio, options }, to);
  } finally {
    begun();
  }
}

/** Counts a trial as work of its account; the function it gives counts it out. */
function begin(node: AccountNode, abort: AbortController): () => void {
  const trials = running.get(node.id) ?? new Set();
  running.set(node.id, trials.add(abort));
  const leave = node.enter();
  return () => {
    trials.delete(abort);
    if (trials.size === 0) running.delete(node.id);
    leave();
  };
}

interface Clip {
  trial: TryRequest;
  audio: ReturnType<typeof bufferAudio>;
  options: ReturnType<typeof readOptions>["options"];
}

/** @throws GladiaError */
async function transcribe(RED: NodeAPI, node: AccountNode, clip: Clip, { leave, tell }: Listener): Promise<Job> {
  const account = await node.account();
  account.checkBudget();
  const { trial, audio, options } = clip;
  const entry = await account.begin({ node: trial.node, filename: audio.name, options, isTrial: true });
  const seconds = Math.min(DEADLINE, account.settings.deadline);
  const late = setTimeout(() => {
    leave.abort(new GladiaError("GLADIA_TIMEOUT", "try-late", { seconds }, { retryable: true }));
  }, seconds * 1000);
  const note = (change: Partial<JobRecord>) => {
    account.report(entry, change, leave);
    tell(change);
  };
  try {
    const job = await account.runTrial(entry, {
      audio,
      deadline: DEADLINE,
      signal: leave.signal,
      onStage: ({ status }) => note({ state: status }),
      onProgress: ({ id, status }) => note({ state: status, id }),
    });
    account.history.leave(entry.key, job);
    if (job.status === "error") throw jobFailure(job);
    return job;
  } catch (error) {
    const { code, message } = tellError(RED, error);
    account.history.fail(entry.key, code === "GLADIA_CANCELLED", message);
    throw error;
  } finally {
    clearTimeout(late);
    account.history.suspend(entry.key);
  }
}
