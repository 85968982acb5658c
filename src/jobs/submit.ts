import { AudioDigest, digestOf } from "../audio/digest";
import type { Audio } from "../audio/source";
import type { CallbackHandler } from "../callbacks/handler";
import type { GladiaClient } from "../client";
import type { Options } from "../options/merge";
import type { Job, UploadAnswer } from "../types";
import type { Budget } from "./budget";
import { createOnce, findEarlier } from "./create";
import type { KnownJob, ResultCache } from "./result-cache";
import type { Tracker } from "./tracker";
import type { CreatingItem, UploadedItem, WorkItem } from "./work-item";
import type { WorkStore } from "./work-store";

/** Where a message stands before its job exists. */
export type Stage = { status: "waiting"; position: number } | { status: "uploading"; bytes: number };

/** What jobs of an account are made with. */
export interface SubmitDeps {
  client: GladiaClient;
  tracker: Tracker;
  workStore: WorkStore;
  budget: Budget;
  /** Gives the known results of audio that was sent before; undefined: each is paid for. */
  cache: ResultCache | undefined;
  retries: number;
  /** Seconds in which a busy server is asked again. */
  deadline: number;
  /** Where Gladia sends results; undefined: they are asked for. */
  callback?: Pick<CallbackHandler, "url" | "created" | "repeated"> | undefined;
}

export interface Submission {
  /** The work, with the options to send; its steps are kept as they are done. */
  item: WorkItem;
  /** Its audio, or what gives it when it is needed: not once it is uploaded, nor when the job is found. */
  audio: Audio | (() => Promise<Audio>);
  signal: AbortSignal;
  /** Makes a job also where one is known. */
  isFresh?: boolean | undefined;
  onStage?: (stage: Stage) => void;
}

export interface Submitted {
  id: string;
  audio_url: string | undefined;
  result_url: string | undefined;
  audio_metadata: UploadAnswer["audio_metadata"] | undefined;
  /** The job is another work's, which was paid for. */
  cached?: true;
  /** Its result, where it is known. */
  job?: Job | undefined;
}

/**
 * Brings audio to a job: waits for a slot, uploads what is not a link, creates the job once, and leaves it with the
 * tracker, which holds the slot until the job is final. Takes up where an earlier run stopped: its job is looked for
 * first, however far it is said to have come, since its last steps may not have been kept. What was created already is
 * not stopped by the budget.
 * @throws GladiaError; the signal's reason
 */
export async function submit(deps: SubmitDeps, submission: Submission): Promise<Submitted> {
  const { client, tracker, workStore, budget } = deps;
  const { item, audio: given, signal, onStage } = submission;
  const mayExist = item.state === "creating" || workStore.takenOver(item.key) !== undefined;
  let audio = typeof given === "function" ? undefined : given;
  let release: (() => void) | undefined;
  try {
    if (!mayExist && !looksFirst(deps, submission)) budget.check();
    release = await tracker.slots.acquire(signal, (position) => onStage?.({ status: "waiting", position }));
    const settled = workStore.takenOver(item.key);
    const found = mayExist ? await findEarlier(client, item, signal, settled) : undefined;
    if (found) {
      const { audio_url = found.audio_url, since = client.now } = item;
      const created = await workStore.update(item, { state: "created", id: found.id, since, audio_url });
      follow(deps, created, release);
      return { id: found.id, audio_url, result_url: undefined, audio_metadata: undefined };
    }
    if (item.state === "accepted") audio ??= await (given as () => Promise<Audio>)();
    const known = await findKnown(deps, submission, audio);
    if (known) {
      const audio_url = known.job?.request_params?.audio_url ?? undefined;
      return { ...(await useKnown(deps, item, known, release)), audio_url, audio_metadata: undefined };
    }
    budget.check(); // others may have used it up meanwhile
    const { uploaded, audio_metadata } = await upload(deps, submission, audio);
    return {
      ...(await findOrCreate(deps, uploaded, submission, release)),
      audio_url: uploaded.audio_url,
      audio_metadata,
    };
  } catch (error) {
    release?.();
    throw error;
  } finally {
    if (audio?.kind === "stream") await audio.close();
  }
}

/** Whether a known result will do, which costs nothing and is looked for before anything is sent. */
function looksFirst(deps: SubmitDeps, { item, isFresh = false }: Submission): boolean {
  return !isFresh && item.state === "accepted" && mayBeKnown(deps, item);
}

/** The known job of audio that can be told before it is sent: what is read again costs less than an upload. */
async function findKnown(
  deps: SubmitDeps,
  submission: Submission,
  audio: Audio | undefined,
): Promise<KnownJob | undefined> {
  const { client, cache, tracker } = deps;
  const { item, signal } = submission;
  if (!cache || !audio || !looksFirst(deps, submission)) return undefined;
  let content: string | undefined;
  if (audio.kind === "link") content = client.isUpload(audio.url) ? audio.url : undefined;
  else if (audio.replayable) {
    const wants = (bytes: number) => cache.hasBytes(bytes);
    content = await digestOf(audio, new AudioDigest(client.customer), signal, wants);
  }
  const key = cacheKey(deps, { ...item, content });
  return key ? cache.known(key, { signal, follows: (id) => tracker.follows(id) }) : undefined;
}

/** The job of audio that was sent before, or one that is created now. @throws GladiaError; the signal's reason */
async function findOrCreate(
  deps: SubmitDeps,
  item: UploadedItem | CreatingItem,
  { signal, isFresh = false }: Submission,
  slot: () => void,
): Promise<Pick<Submitted, "id" | "result_url" | "cached" | "job">> {
  const { cache, tracker } = deps;
  const create = () => createJob(deps, item, slot, signal);
  const key = cacheKey(deps, item);
  if (!cache || !key || !item.content) return create();
  const follows = (id: string) => tracker.follows(id);
  const found = await cache.find(key, !isFresh, { signal, follows, create, content: item.content });
  return "created" in found ? found.created : useKnown(deps, item, found.known, slot);
}

/** Gives an item the job that another has paid for. It needs no slot. */
async function useKnown(
  deps: SubmitDeps,
  item: WorkItem,
  { id, job }: KnownJob,
  slot: () => void,
): Promise<Pick<Submitted, "id" | "result_url" | "cached" | "job">> {
  const { workStore, callback } = deps;
  await workStore.update(item, { state: "created", id });
  slot();
  if (job && callbackFor(deps, item)) callback?.repeated(job, item.key);
  return { id, job, cached: true, result_url: undefined };
}

/** Creates the job once, keeps that, and leaves it with the tracker. @throws GladiaError; the signal's reason */
async function createJob(
  deps: SubmitDeps,
  item: UploadedItem | CreatingItem,
  slot: () => void,
  signal: AbortSignal,
): Promise<{ id: string; result_url: string | undefined }> {
  const { client, workStore, budget, retries, deadline } = deps;
  budget.checkLength(item.duration);
  const creating = await workStore.update(item, { state: "creating", since: client.now });
  const { key, audio_url, options } = creating;
  const { id, result_url } = await createOnce(
    client,
    { ...options, ...callbackFor(deps, creating), audio_url },
    { key, retries, deadline: performance.now() + deadline * 1000, signal },
  );
  const created = await workStore.update(creating, { state: "created", id, since: creating.since });
  follow(deps, created, slot);
  return { id, result_url };
}

/** What a job is known by; undefined where each is to be made: a callback of the user's comes of a new one only. */
function cacheKey(deps: SubmitDeps, item: WorkItem): string | undefined {
  const { content, options = {} } = item;
  return content && mayBeKnown(deps, item) ? deps.cache?.keyOf(content, options) : undefined;
}

function mayBeKnown({ cache }: SubmitDeps, { options = {}, isTrial }: WorkItem): boolean {
  return cache !== undefined && !isTrial && !("callback" in options) && !("callback_config" in options);
}

/**
 * Has the tracker follow the job of an item, so that its slot is counted. Where a callback is expected, it may take its
 * time with a job that was just created; one of an earlier run may be long over.
 * @param slot frees the slot of a job that was just created; left out for one of an earlier run
 */
export function follow(deps: SubmitDeps, item: WorkItem, slot?: () => void): void {
  const { tracker, workStore, callback } = deps;
  const { id, since, message, duration } = item;
  if (id === undefined) return;
  if (since === undefined) {
    if (!message) void workStore.finish(item); // nobody waits for it, and its slot is another's
    return;
  }
  if (!slot && tracker.holds(id)) return;
  const known = slot ? undefined : cacheKey(deps, item);
  if (known && item.content) void deps.cache?.put(known, item.content, id); // the earlier run may have ended before it could
  const isExpected = callbackFor(deps, item) !== undefined;
  const release = slot ?? tracker.slots.occupy();
  tracker.started(id, free(workStore, item, release), duration, slot && isExpected);
  callback?.created(id, isExpected);
}

/** Our own callback, unless the user has one. It is not kept: another start may have another address. */
function callbackFor({ callback }: SubmitDeps, { options = {}, isTrial }: WorkItem): Options | undefined {
  if (!callback || isTrial || "callback" in options || "callback_config" in options) return undefined;
  return { callback: true, callback_config: { url: callback.url, method: "POST" } };
}

/**
 * What to do when a job is final: its slot is free, and what it cost is counted, which no restart does again. An item whose
 * message has gone on is of no more use.
 */
function free(workStore: WorkStore, { key }: WorkItem, release: () => void): () => void {
  return () => {
    release();
    const item = workStore.get(key);
    if (!item) return;
    if (item.message === undefined) void workStore.finish(item);
    else void workStore.update(item, { since: undefined });
  };
}

async function upload(
  { client, workStore, cache }: SubmitDeps,
  { item, signal, onStage }: Submission,
  audio: Audio | undefined,
): Promise<{ uploaded: UploadedItem | CreatingItem; audio_metadata?: UploadAnswer["audio_metadata"] | undefined }> {
  if (item.state === "created") throw new Error("This item has a job already");
  if (item.state !== "accepted") return { uploaded: item };
  if (!audio) throw new Error("This item has no audio");
  if (audio.kind === "link") {
    const { url: audio_url } = audio;
    const content = cache && client.isUpload(audio_url) ? audio_url : undefined;
    return { uploaded: await workStore.update(item, { state: "uploaded", audio_url, content }) };
  }
  onStage?.({ status: "uploading", bytes: 0 });
  const onBytes = (bytes: number) => onStage?.({ status: "uploading", bytes });
  // What was told before it was sent may have changed since: what counts is what was sent.
  const hash = cache && (() => new AudioDigest(client.customer));
  const { audio_url, audio_metadata, digest } = await client.upload(audio, { signal, onBytes, hash });
  const duration = audio_metadata?.audio_duration;
  const step = { state: "uploaded", audio_url, duration, content: digest } as const;
  return { uploaded: await workStore.update(item, step), audio_metadata };
}
