import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { type Control, remember } from "../control";
import type { DeliveryQueue } from "../delivery/delivery-queue";
import { ApiError, textOf } from "../errors";
import type { JobOptions } from "../options/validate";
import { type Recogniser, UnreadableAudio } from "../recogniser/types";
import type { AddOns } from "../result/addons";
import { buildResult } from "../result/build";
import { write } from "../result/write";
import type { Script, ScriptedAudio } from "../scripts";
import { download } from "./download";
import type { FileStore, StoredFile } from "./files";
import type { Job, JobFile } from "./job";
import type { JobStore } from "./store";

/** What a runner works with. `concurrency`: jobs recognised at once. */
interface RunnerParts {
  jobs: JobStore;
  files: FileStore;
  recogniser: Recogniser;
  addOns: AddOns;
  control: Control;
  deliveries: DeliveryQueue;
  concurrency: number;
  log: (line: string) => void;
}

/** The part of a stored file that jobs show. */
export function shown({ id, filename, source, audio_duration, number_of_channels }: StoredFile): JobFile {
  return { id, filename, source, audio_duration, number_of_channels };
}

/** The error code of a job that ended with this error: that of audio nobody can read, or 500. */
function codeOf(error: unknown): number {
  return error instanceof UnreadableAudio || error instanceof ApiError ? error.status : 500;
}

/** Takes jobs from queued to done or error, first come, first served. */
export class Runner {
  private readonly waiting: Job[] = [];
  private readonly running = new Set<Promise<void>>();
  private readonly ending = new AbortController();
  private readonly stages = new Map<string, string>();

  constructor(private readonly parts: RunnerParts) {
    setMaxListeners(0, this.ending.signal); // each job that runs listens
  }

  /** Puts a job in the queue; returns at once. */
  enqueue(job: Job): void {
    this.waiting.push(job);
    this.next();
  }

  /** What the recogniser is doing for a job just now. */
  stage(job: Job): string | undefined {
    return this.stages.get(job.id);
  }

  /**
   * Takes in audio from someone else's address.
   * @throws ApiError or UnreadableAudio when it cannot be had or read
   */
  async fetch(source: string, signal: AbortSignal): Promise<StoredFile> {
    const { files, recogniser, control } = this.parts;
    const { chunks, filename } = await download(source, signal);
    const facts = { filename, source, limit: control.settings.maxUpload, signal };
    const file = await files.receive(chunks, facts, (path) => recogniser.probe(path));
    const { id, size, sha256 } = file;
    remember(control.uploads, { id, filename, size, sha256 });
    return file;
  }

  /** Stops; jobs that are not final stay as they are and are taken up after the next start. */
  async close(): Promise<void> {
    this.ending.abort();
    this.waiting.length = 0;
    await Promise.all(this.running);
  }

  private next(): void {
    while (this.running.size < this.parts.concurrency && !this.ending.signal.aborted) {
      const job = this.waiting.shift();
      if (job === undefined) return;
      const run = this.run(job).finally(() => {
        this.running.delete(run);
        this.stages.delete(job.id);
        this.next();
      });
      this.running.add(run);
    }
  }

  private async run(job: Job): Promise<void> {
    const { jobs, deliveries, log } = this.parts;
    const { signal } = this.ending;
    try {
      await this.transcribe(job, signal);
    } catch (error) {
      if (signal.aborted) return;
      log(`job ${job.id} failed: ${textOf(error)}`);
      const due = deliveries.due("transcription.error", job.request_params);
      await jobs
        .fail(job, codeOf(error), textOf(error), due)
        .catch((failure) => log(`job ${job.id} could not be kept: ${textOf(failure)}`));
    }
    deliveries.dispatch(job);
  }

  private async transcribe(job: Job, signal: AbortSignal): Promise<void> {
    const { jobs, recogniser, addOns, control, deliveries, log } = this.parts;
    const options = optionsOf(job);
    const known = await this.known(job);
    // A scripted wait is one in the queue, so audio that is still to be fetched has no script for it.
    let script = known === undefined ? undefined : control.takeScript(this.audio(known, job, options));
    if (script?.queued !== undefined) await sleep(script.queued, undefined, { signal });
    job.status = "processing";
    const file = known ?? (await this.obtain(job, signal));
    const audio = this.audio(file, job, options);
    script ??= control.takeScript(audio);
    const since = performance.now();
    if (script.processing !== undefined) await sleep(script.processing, undefined, { signal });
    if (script.error !== undefined) throw new ApiError(script.error.code, script.error.message ?? "scripted error");
    const told = { signal, script, audio, onStage: (stage: string) => this.stages.set(job.id, stage) };
    const recognition = await recogniser.transcribe(audio.path, told);
    const forced: Script = { ...script, stringResults: script.stringResults ?? control.settings.stringResults };
    const seconds = (performance.now() - since) / 1000;
    const result = await buildResult(recognition, options, addOns, seconds, forced);
    const text = await write(result);
    for (const warning of recognition.warnings) log(`job ${job.id}: ${warning}`);
    signal.throwIfAborted();
    const due = deliveries.due("transcription.success", job.request_params);
    await jobs.finish(job, text, recognition.warnings, due);
  }

  private audio(file: StoredFile, job: Job, options: JobOptions): ScriptedAudio {
    return { ...file, path: this.parts.files.path(file), job: { id: job.id, options } };
  }

  /** The job's audio when it is held already. */
  private async known(job: Job): Promise<StoredFile | undefined> {
    const { files } = this.parts;
    return job.file === null ? undefined : files.find(job.file.id);
  }

  /** Fetches the job's audio. */
  private async obtain(job: Job, signal: AbortSignal): Promise<StoredFile> {
    if (job.file !== null) throw new ApiError(404, "The audio of this job is gone");
    const file = await this.fetch(optionsOf(job).audio_url, signal);
    await this.parts.jobs.update(job, () => ({ file: shown(file) }));
    return file;
  }
}

/** A job's request as it was sent. */
function optionsOf(job: Job): JobOptions {
  const { request_params, custom_metadata } = job;
  return { ...request_params, ...(custom_metadata === null ? {} : { custom_metadata }) } as JobOptions;
}
