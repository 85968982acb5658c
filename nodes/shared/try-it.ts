import { randomUUID } from "node:crypto";
import type { Request, Response } from "express";
import type { NodeAPI } from "node-red";
import { bufferAudio } from "../../src/audio/buffer";
import type { GladiaClient } from "../../src/client";
import { GladiaError } from "../../src/errors";
import { createOnce } from "../../src/jobs/create";
import { jobFailure } from "../../src/jobs/failure";
import type { JobRecord } from "../../src/jobs/history";
import { Tracker } from "../../src/jobs/tracker";
import { type Options, readOptions } from "../../src/options";
import { textOf } from "../../src/output";
import { jsonPieces } from "../../src/output/json";
import type { Job } from "../../src/types";
import type { AccountNode } from "./account";
import { type AccountValues, withClient } from "./account-test";
import { tellError } from "./admin";
import { watchOf } from "./job-watch";

/** What a dialog sends before the audio, as one line of JSON. */
interface Trial {
  node: string;
  account: AccountValues & { options?: Options };
  options?: Options;
  filename?: string;
}

/** Bytes of audio that a trial may have. It stands in memory while it is sent on. */
export const MOST = 25_000_000;
/** Bytes that the line before it may have. */
const LINE = 1_000_000;
/** Seconds. */
const DEADLINE = 900;

/**
 * Transcribes a short clip with a dialog's options as they stand. The answer is a line of JSON for each step, the last
 * with the job or with what went wrong. Whoever stops listening ends the wait.
 */
export function serveTry(RED: NodeAPI): void {
  RED.httpAdmin.post(
    "/gladia/try",
    RED.auth.needsPermission("gladia.write"),
    (request: Request, response: Response) => {
      const leave = new AbortController();
      response.once("close", () => leave.abort(new GladiaError("GLADIA_CANCELLED", "cancelled")));
      const tell = (line: object) => {
        if (!response.destroyed) response.write(`${JSON.stringify(line)}\n`);
      };
      response.set({ "content-type": "application/x-ndjson", "cache-control": "no-store", "x-accel-buffering": "no" });
      read(request)
        .then(({ trial, audio }) => run(RED, trial, audio, { signal: leave.signal, tell }))
        .then(async (job) => {
          for await (const piece of jsonPieces({ job, text: textOf(job) ?? "" })) {
            if (!response.destroyed) response.write(piece);
          }
          if (!response.destroyed) response.write("\n");
        })
        .catch((error: unknown) => tell({ error: tellError(RED, error) }))
        .finally(() => response.end());
    },
  );
}

async function read(request: Request): Promise<{ trial: Trial; audio: Buffer }> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= MOST + LINE) chunks.push(chunk); // the rest is read too: a browser hears no answer before
  }
  const body = Buffer.concat(chunks);
  const end = body.indexOf("\n");
  const audio = body.subarray(end + 1);
  if (size > MOST + LINE || audio.length > MOST) {
    throw new GladiaError("GLADIA_AUDIO", "try-too-large", { most: MOST / 1_000_000 });
  }
  return { trial: JSON.parse(body.toString("utf8", 0, Math.max(0, end))) as Trial, audio };
}

interface Listener {
  signal: AbortSignal;
  tell(line: object): void;
}

async function run(RED: NodeAPI, trial: Trial, bytes: Buffer, { signal, tell }: Listener): Promise<Job> {
  const { account: values, node } = trial;
  const { options } = readOptions({ account: values.options, node: trial.options });
  const audio = bufferAudio(bytes, trial.filename);
  const deployed = RED.nodes.getNode(values.id ?? "") as AccountNode | null;
  const account = await deployed?.account?.().catch(() => undefined);
  account?.budget.check();
  const watch = account && deployed ? watchOf(RED, deployed.id) : undefined;
  const key = randomUUID();
  const began = Date.now();
  const note = (change: Partial<JobRecord>) => {
    watch?.history.note({ key, node, began, filename: audio.name }, { ...change, held: false });
    tell(change);
  };
  try {
    const job = await withClient(RED, values, { retries: 3, timeout: 60 }, async (client) => {
      note({ state: "uploading" });
      const { audio_url } = await client.upload(audio, { signal });
      const created = { key, retries: 3, deadline: began + DEADLINE * 1000, signal };
      const { id } = await createOnce(client, { ...options, audio_url }, created);
      note({ state: "queued", id });
      return wait(client, id, signal, (state) => note({ state }));
    });
    await account?.budget.count(job);
    if (watch) watch.used = account?.budget.used;
    watch?.history.leave(key, job);
    if (job.status === "error") throw jobFailure(job);
    return job;
  } catch (error) {
    watch?.history.fail(key, signal.aborted, tellError(RED, error).message);
    throw error;
  }
}

async function wait(
  client: GladiaClient,
  id: string,
  signal: AbortSignal,
  onStatus: (state: "queued" | "processing") => void,
): Promise<Job> {
  const tracker = new Tracker({ client, concurrency: 1, queueLimit: 0, deadline: DEADLINE, retries: 3 });
  try {
    return await tracker.wait(id, { signal, onProgress: ({ status }) => onStatus(status) });
  } finally {
    tracker.close();
  }
}
