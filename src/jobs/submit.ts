import type { Audio } from "../audio/source";
import type { CallbackHandler } from "../callbacks/handler";
import type { GladiaClient } from "../client";
import type { Options } from "../options/merge";
import type { UploadAnswer } from "../types";
import type { Budget } from "./budget";
import { createOnce } from "./create";
import type { Entry } from "./entry";
import type { Ledger } from "./ledger";
import type { Tracker } from "./tracker";

/** Where a message stands before its job exists. */
export type Stage = { status: "waiting"; position: number } | { status: "uploading"; bytes: number };

/** What jobs of an account are made with. */
export interface Workshop {
  client: GladiaClient;
  tracker: Tracker;
  ledger: Ledger;
  budget: Budget;
  retries: number;
  /** Seconds in which a busy server is asked again. */
  deadline: number;
  /** Where Gladia sends results; undefined: they are asked for. */
  callback?: Pick<CallbackHandler, "url" | "created"> | undefined;
}

export interface Submission {
  /** The work, with the options to send; its steps are kept as they are done. */
  entry: Entry;
  /** Not needed once the entry has an `audio_url`. */
  audio: Audio | undefined;
  signal: AbortSignal;
  onStage?: (stage: Stage) => void;
}

export interface Submitted {
  id: string;
  audio_url: string;
  result_url: string | undefined;
  audio_metadata: UploadAnswer["audio_metadata"] | undefined;
}

/**
 * Brings audio to a job: waits for a slot, uploads what is not a link, creates the job once, and leaves it with the
 * tracker, which holds the slot until the job is final. Takes up where an earlier run stopped. What may have been
 * created already is not stopped by the budget.
 * @throws GladiaError; the signal's reason
 */
export async function submit(workshop: Workshop, { entry, audio, signal, onStage }: Submission): Promise<Submitted> {
  const { client, tracker, ledger, budget } = workshop;
  let release: (() => void) | undefined;
  try {
    if (entry.state !== "creating") budget.check();
    release = await tracker.slots.acquire(signal, (position) => onStage?.({ status: "waiting", position }));
    if (entry.state !== "creating") budget.check(); // others may have used it up meanwhile
    const audio_metadata = await upload(workshop, entry, audio, signal, onStage);
    const audio_url = entry.audio_url ?? "";
    const looked = entry.state === "creating" ? entry.since : undefined;
    await ledger.update(entry, { state: "creating", since: entry.since ?? Date.now() });
    const callback = callbackFor(workshop, entry.options);
    const created = await createOnce(
      client,
      { ...entry.options, ...callback, audio_url },
      {
        key: entry.key,
        retries: workshop.retries,
        deadline: Date.now() + workshop.deadline * 1000,
        signal,
        since: looked,
      },
    );
    await ledger.update(entry, { state: "created", id: created.id });
    tracker.started(created.id, free(ledger, entry, release), entry.duration, callback !== undefined);
    workshop.callback?.created(created.id, callback !== undefined);
    return { id: created.id, result_url: created.result_url, audio_url, audio_metadata };
  } catch (error) {
    release?.();
    throw error;
  } finally {
    if (audio?.kind === "stream") await audio.close();
  }
}

/** Our own callback, unless the user has one. It is not kept: another start may have another address. */
function callbackFor({ callback }: Workshop, options: Options = {}): Options | undefined {
  if (!callback || "callback" in options || "callback_config" in options) return undefined;
  return { callback: true, callback_config: { url: callback.url, method: "POST" } };
}

/** Has the tracker watch a job that an earlier run created, so that its slot is counted. */
export function takeUp(workshop: Workshop, entry: Entry): void {
  const { tracker, ledger, callback } = workshop;
  if (entry.id && entry.since && !tracker.holds(entry.id)) {
    tracker.started(entry.id, free(ledger, entry, tracker.slots.occupy()), entry.duration);
    callback?.created(entry.id, callbackFor(workshop, entry.options) !== undefined);
  }
}

/** What to do when a job is final: its slot is free; an entry whose message has gone on is of no more use. */
function free(ledger: Ledger, entry: Entry, release: () => void): () => void {
  return () => {
    release();
    if (entry.message === undefined) void ledger.finish(entry);
  };
}

async function upload(
  { client, ledger }: Workshop,
  entry: Entry,
  audio: Audio | undefined,
  signal: AbortSignal,
  onStage: Submission["onStage"],
): Promise<UploadAnswer["audio_metadata"] | undefined> {
  if (entry.audio_url || !audio) return undefined;
  if (audio.kind === "link") {
    await ledger.update(entry, { audio_url: audio.url });
    return undefined;
  }
  onStage?.({ status: "uploading", bytes: 0 });
  const onBytes = (bytes: number) => onStage?.({ status: "uploading", bytes });
  const { audio_url, audio_metadata } = await client.upload(audio, { signal, onBytes });
  await ledger.update(entry, { state: "uploaded", audio_url, duration: audio_metadata?.audio_duration });
  return audio_metadata;
}
