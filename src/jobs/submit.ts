import type { Audio } from "../audio/source";
import type { CallbackHandler } from "../callbacks/handler";
import type { GladiaClient } from "../client";
import type { Options } from "../options/merge";
import type { UploadAnswer } from "../types";
import type { Budget } from "./budget";
import { createOnce, findEarlier } from "./create";
import type { CreatingItem, UploadedItem, WorkItem } from "./entry";
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
  entry: WorkItem;
  /** Its audio, or what gives it when it is needed: not once it is uploaded, nor when the job is found. */
  audio: Audio | (() => Promise<Audio>);
  signal: AbortSignal;
  onStage?: (stage: Stage) => void;
}

export interface Submitted {
  id: string;
  audio_url: string | undefined;
  result_url: string | undefined;
  audio_metadata: UploadAnswer["audio_metadata"] | undefined;
}

/**
 * Brings audio to a job: waits for a slot, uploads what is not a link, creates the job once, and leaves it with the
 * tracker, which holds the slot until the job is final. Takes up where an earlier run stopped: its job is looked for
 * first, however far it is said to have come, since its last steps may not have been kept. What was created already is
 * not stopped by the budget.
 * @throws GladiaError; the signal's reason
 */
export async function submit(workshop: Workshop, submission: Submission): Promise<Submitted> {
  const { client, tracker, ledger, budget } = workshop;
  const { entry: item, audio, signal, onStage } = submission;
  const mayExist = item.state === "creating" || ledger.isEarlier(item.key);
  let release: (() => void) | undefined;
  try {
    if (!mayExist) budget.check();
    release = await tracker.slots.acquire(signal, (position) => onStage?.({ status: "waiting", position }));
    const found = mayExist ? await findEarlier(client, item, signal) : undefined;
    if (found) {
      const { audio_url = found.request_params?.audio_url ?? undefined, since = Date.now() } = item;
      const created = await ledger.update(item, { state: "created", id: found.id, since, audio_url });
      follow(workshop, created, release);
      return { id: found.id, audio_url, result_url: undefined, audio_metadata: undefined };
    }
    budget.check(); // others may have used it up meanwhile
    const { uploaded, audio_metadata } = await upload(workshop, item, submission);
    const creating = await ledger.update(uploaded, { state: "creating", since: Date.now() });
    const { audio_url } = creating;
    const callback = callbackFor(workshop, creating);
    const { id, result_url } = await createOnce(
      client,
      { ...creating.options, ...callback, audio_url },
      {
        key: creating.key,
        retries: workshop.retries,
        deadline: performance.now() + workshop.deadline * 1000,
        signal,
      },
    );
    const created = await ledger.update(creating, { state: "created", id, since: creating.since });
    follow(workshop, created, release);
    return { id, result_url, audio_url, audio_metadata };
  } catch (error) {
    release?.();
    throw error;
  } finally {
    if (typeof audio !== "function" && audio.kind === "stream") await audio.close();
  }
}

/**
 * Has the tracker follow the job of an item, so that its slot is counted. Where a callback is expected, it may take its
 * time with a job that was just created; one of an earlier run may be long over.
 * @param slot frees the slot of a job that was just created; left out for one of an earlier run
 */
export function follow(workshop: Workshop, item: WorkItem, slot?: () => void): void {
  const { tracker, ledger, callback } = workshop;
  const { id, since, message, duration } = item;
  if (id === undefined) return;
  if (since === undefined) {
    if (!message) void ledger.finish(item); // nobody waits for it, and its slot is another's
    return;
  }
  if (!slot && tracker.holds(id)) return;
  const isExpected = callbackFor(workshop, item) !== undefined;
  const release = slot ?? tracker.slots.occupy();
  tracker.started(id, free(ledger, item, release), duration, slot && isExpected);
  callback?.created(id, isExpected);
}

/** Our own callback, unless the user has one. It is not kept: another start may have another address. */
function callbackFor({ callback }: Workshop, { options = {}, isTrial }: WorkItem): Options | undefined {
  if (!callback || isTrial || "callback" in options || "callback_config" in options) return undefined;
  return { callback: true, callback_config: { url: callback.url, method: "POST" } };
}

/** What to do when a job is final: its slot is free; an item whose message has gone on is of no more use. */
function free(ledger: Ledger, { key }: WorkItem, release: () => void): () => void {
  return () => {
    release();
    const item = ledger.get(key);
    if (item && item.message === undefined) void ledger.finish(item);
  };
}

async function upload(
  { client, ledger }: Workshop,
  item: WorkItem,
  { audio: given, signal, onStage }: Submission,
): Promise<{ uploaded: UploadedItem | CreatingItem; audio_metadata?: UploadAnswer["audio_metadata"] | undefined }> {
  if (item.state === "created") throw new Error("This item has a job already");
  if (item.state !== "accepted") return { uploaded: item };
  const audio = typeof given === "function" ? await given() : given;
  if (audio.kind === "link")
    return { uploaded: await ledger.update(item, { state: "uploaded", audio_url: audio.url }) };
  try {
    onStage?.({ status: "uploading", bytes: 0 });
    const onBytes = (bytes: number) => onStage?.({ status: "uploading", bytes });
    const { audio_url, audio_metadata } = await client.upload(audio, { signal, onBytes });
    const step = { state: "uploaded", audio_url, duration: audio_metadata?.audio_duration } as const;
    return { uploaded: await ledger.update(item, step), audio_metadata };
  } finally {
    if (audio !== given && audio.kind === "stream") await audio.close();
  }
}
